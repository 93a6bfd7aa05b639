"""From weights to a program: what a trained model does, in the words of RASP-L.

Three steps, each of which is measured. Parts whose output may be a constant are taken
away. The pattern of each head that is left is replaced by a selection of the language, the
one that keeps the most answers right. What is then looked up is read off: a number for each
token that the last head fetches.

Source: Friedman, Wettig and Chen, "Learning transformer programs", 2023, ask for models
that can be read so; here one is that was trained as any other.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from progtx_core import rasp
from progtx_core.evaluation.generation import exact_match
from progtx_core.models.attention import activation, intervene
from progtx_core.models.transformer import Transformer
from progtx_core.rasp.library import NOTHING
from progtx_core.rasp.programs import END, GO, START, is_go
from progtx_core.tasks.prompts import PromptTask
from progtx_core.types import Batch

Part = tuple[str, int | None]  # a module's name, and one of its heads


def asked(x) -> np.ndarray:
    """What a copier looks for: the number at hand; at the mark > what comes first."""
    return rasp.where(is_go(x), rasp.full(x, START), x)


def before(x) -> np.ndarray:
    """The number one position before."""
    return rasp.shift_right(x, 1, NOTHING)


def later(n: int) -> Callable:
    """Selects what stands n positions before."""
    return lambda x: rasp.select(
        rasp.tok_map(rasp.indices(x), lambda i: i + n), rasp.indices(x), rasp.equals
    )


# What a head may select, and how the program says it.
SELECTIONS: dict[str, Callable] = {
    "select(indices(x), indices(x), equals)": later(0),
    "select(indices(x) + 1, indices(x), equals)": later(1),
    "select(indices(x) + 2, indices(x), equals)": later(2),
    "select(indices(x), full(x, 0), equals)": lambda x: rasp.select(
        rasp.indices(x), rasp.full(x, 0), rasp.equals
    ),
    "select(x, full(x, GO), equals)": lambda x: rasp.select(
        x, rasp.full(x, GO), rasp.equals
    ),
    "select(x, x, equals)": lambda x: rasp.select(x, x, rasp.equals),
    "select(before(x), x, equals)": lambda x: rasp.select(before(x), x, rasp.equals),
    "select(before(x), asked(x), equals)": lambda x: rasp.select(
        before(x), asked(x), rasp.equals
    ),
}


def numbers(task: PromptTask, tokens: torch.Tensor) -> list[int]:
    """The tokens of one sequence as a program reads them, without padding."""
    marks = {task.start: START, task.go: GO, task.end: END}
    return [marks.get(t, t - 1) for t in tokens.tolist() if t != task.spec.pad]


def parts_of(model: Transformer) -> list[Part]:
    """Heads and MLPs, from the last layer to the first."""
    found: list[Part] = []
    for i, block in reversed([*enumerate(model.blocks)]):
        found.append((f"blocks.{i}.mlp", None))
        found += [(f"blocks.{i}.attention", h) for h in range(block.attention.n_heads)]
    return found


@contextmanager
def constant(model: Transformer, parts: list[Part], inputs: torch.Tensor) -> Iterator[None]:
    """While it lasts, each part says what it says on average over some inputs."""
    real = inputs != model.spec.pad
    means = [activation(model, name, inputs, head)[real].mean(0) for name, head in parts]
    with ExitStack() as stack:
        for (name, head), mean in zip(parts, means):
            stack.enter_context(intervene(model, name, Always(mean), head))
        yield


@dataclass
class Always:
    """A change to one and the same vector."""

    mean: torch.Tensor

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return self.mean.expand_as(x)


@contextmanager
def selecting(
    model: Transformer, task: PromptTask, head: tuple[str, int], selection: Callable
) -> Iterator[None]:
    """While it lasts, a head attends where a selection says, evenly.

    A query that selects nothing attends to the first position.
    """
    attention = model.get_submodule(head[0])
    kept: dict[str, torch.Tensor] = {}

    def change(mixed: torch.Tensor) -> torch.Tensor:
        values = kept["values"].chunk(attention.n_heads, -1)[head[1]]
        return pattern(task, kept["inputs"], selection) @ values

    hooks = [
        model.register_forward_pre_hook(lambda _, given: kept.update(inputs=given[0])),
        attention.W_V.register_forward_hook(lambda *passed: kept.update(values=passed[2])),
    ]
    try:
        with intervene(model, head[0], change, head[1]):
            yield
    finally:
        for hook in hooks:
            hook.remove()


def pattern(task: PromptTask, inputs: torch.Tensor, selection: Callable) -> torch.Tensor:
    """The attention of a selection, (batch, query, key); padding attends to the first."""
    made = torch.zeros(*inputs.shape, inputs.shape[1])
    for row, tokens in zip(made, inputs):
        x = numbers(task, tokens)
        row[: len(x), : len(x)] = torch.from_numpy(selection(x))
    made[..., 0] += made.sum(-1) == 0
    return made / made.sum(-1, keepdim=True)


@dataclass
class Reading:
    """What was read from a model; it is a program itself, and can be called on numbers."""

    removed: list[Part]  # parts that may be constants
    heads: dict[tuple[str, int], str]  # of the others, what each selects
    answers: dict[int, int]  # for what the last one fetches
    kept: list[tuple[str, float]]  # exact match, step by step

    def fetched(self, x) -> np.ndarray:
        """What the last head fetches at every position."""
        last = [*self.heads.values()][-1]
        there = rasp.aggr_min(SELECTIONS[last](x), rasp.indices(x), -1)
        return rasp.index_select(x, there, default=NOTHING)

    def __call__(self, x) -> np.ndarray:
        return rasp.tok_map(self.fetched(x), lambda v: self.answers.get(v, v))

    def __str__(self) -> str:
        *earlier, last = self.heads.items()
        lines = ["def program(x):"]
        lines += [f"    # {name}, head {h}: {said}" for (name, h), said in earlier]
        lines += [f"    # {last[0][0]}, head {last[0][1]}:"]
        lines += [f"    there = aggr_min({last[1]}, indices(x), -1)"]
        lines += ["    found = index_select(x, there)"]
        for fetched, answer in self.answers.items():
            if fetched != answer:
                names = {START: "START", GO: "GO", END: "END"}
                shown = [names.get(n, n) for n in (fetched, answer)]
                test = f"tok_map(found, lambda v: v == {shown[0]})"
                lines += [f"    found = where({test}, full(x, {shown[1]}), found)"]
        return "\n".join([*lines, "    return found"])


def read(
    model: Transformer, task: PromptTask, batch: Batch, least: float = 0.95
) -> Reading:
    """Read a program off a trained model.

    least: share of the answers that have to stay right when a part is made constant
    """
    made = Reading([], {}, {}, [("the model", score(model, batch))])
    for part in parts_of(model):
        with constant(model, [*made.removed, part], batch.inputs):
            now = score(model, batch)
        if now >= least:
            made.removed.append(part)
            made.kept.append((f"constant: {part[0]}", now))
    heads = [part for part in reversed(parts_of(model)) if part not in made.removed]
    for name, head in [(name, head) for name, head in heads if head is not None]:
        tried = {}
        for said, selection in SELECTIONS.items():
            with ExitStack() as stack:
                stack.enter_context(constant(model, made.removed, batch.inputs))
                for other, chosen in made.heads.items():
                    how = selecting(model, task, other, SELECTIONS[chosen])
                    stack.enter_context(how)
                stack.enter_context(selecting(model, task, (name, head), selection))
                tried[said] = score(model, batch)
        made.heads[name, head] = max(tried, key=tried.__getitem__)
        made.kept.append((f"{name}, head {head}: selected", max(tried.values())))
    made.answers = looked_up(made, model, task, batch)
    return made


def score(model: Transformer, batch: Batch) -> float:
    """The share of whole answers that are right."""
    return exact_match(model, batch).float().mean().item()


def said(model: Transformer, task: PromptTask, inputs: torch.Tensor) -> list[list[int]]:
    """What the model answers to each row, at every position, as numbers."""
    with torch.no_grad():
        answers = model(inputs).argmax(-1)
    marks = {task.start: START, task.go: GO, task.end: END}
    return [[marks.get(t, t - 1) for t in row] for row in answers.tolist()]


def looked_up(made: Reading, model, task, batch: Batch) -> dict[int, int]:
    """For each number that is fetched, what the model mostly answers then."""
    counts: dict[int, dict[int, int]] = {}
    for tokens, answers in zip(batch.inputs, said(model, task, batch.inputs)):
        x = numbers(task, tokens)
        for v, answer in list(zip(made.fetched(x).tolist(), answers))[x.index(GO) : -1]:
            seen = counts.setdefault(v, {})
            seen[answer] = seen.get(answer, 0) + 1
    return {v: max(seen, key=seen.__getitem__) for v, seen in sorted(counts.items())}


def agreement(made: Reading, model: Transformer, task: PromptTask, batch: Batch) -> float:
    """On how many prompts program and model say the same, right or wrong, to the end."""
    same = []
    for tokens, answers in zip(batch.inputs, said(model, task, batch.inputs)):
        x = numbers(task, tokens)
        here = slice(x.index(GO), len(x) - 1)
        same.append(made(x).tolist()[here] == answers[here])
    return float(np.mean(same))
