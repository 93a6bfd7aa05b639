"""Chapter 11: answers that are longer than any in training."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from experiments import counting, counting_whole
from progtx_core import plots, rasp
from progtx_core.evaluation.generation import exact_match, greedy
from progtx_core.models.attention import patterns
from progtx_core.models.transformer import Transformer
from progtx_core.rasp import programs
from progtx_core.tasks.base import in_split
from progtx_core.tasks.counting import PROMPT, Counting
from progtx_core.tools import recorded
from progtx_core.training import Callback
from progtx_core.training.callbacks import Training
from progtx_core.types import Batch

from parts.comparing import ComparingTransformer
from parts.intervals import spread
from parts.samples import until


def question(trained: int, asked: tuple[int, int]):
    """What training shows, and an answer that goes on where training ends.

    trained: tokens of the longest sequence in training; asked: a and b of the answer
    """
    figure, (ax,) = plots.panels(width=5.0, height=2.5)
    ax.axvspan(0, trained, color="#999999", alpha=0.15, linewidth=0)
    for a, b in ((5, 16), (60, 30), (100, 150), (170, 122), (84, 70), (180, 198)):
        ax.plot(*written(a, b), color="0.5", linewidth=1.2)
    place, number = written(*asked)
    within = place <= trained
    ax.plot(place[within], number[within], label=f"SoS {asked[0]} {asked[1]} >", lw=2.2)
    ax.plot(place[~within], number[~within], color="C0", linestyle=":", linewidth=1.2)
    ax.text(trained + 25, asked[0] + trained + 32, "?", fontsize=22, color="C0")
    ax.text(0.8 * trained, 208, "training", ha="center", va="top", fontsize=8)
    ax.set(xlim=(0, 155), ylim=(-5, 212), xlabel="token of the sequence")
    ax.set(ylabel="number written", title="Counting, token by token")
    ax.legend(loc="lower right")
    return figure


def written(a: int, b: int) -> tuple[np.ndarray, np.ndarray]:
    """At which tokens of its sequence an answer stands, and its numbers."""
    numbers = np.arange(a, b + 1) if a <= b else np.arange(a, b - 1, -1)
    return PROMPT + 1 + np.arange(len(numbers)), numbers


def by_length(panels: dict[str, dict[str, dict[int, np.ndarray]]], trained: int):
    """Exact match over the length, the training range shaded.

    panels: title to lines by name, each a value a seed by length; the median of the
    seeds is a thick line, and every seed a thin one
    """
    n_rows = -(-len(panels) // 2)  # two beside each other: small print stays legible
    figure, axes = plots.panels(
        min(2, len(panels)), n_rows, width=3.1, height=2.5, sharey=True
    )
    for ax in axes[len(panels) :]:
        ax.remove()
    for ax, (title, lines) in zip(axes, panels.items()):
        ax.axvspan(0, trained, color="#999999", alpha=0.15, linewidth=0)
        for number, (name, values) in enumerate(lines.items()):
            look, lengths = plots.line(number), list(values)
            seeds = np.array([values[n] for n in lengths])  # (length, seed)
            ax.plot(lengths, seeds, color=look["color"], linewidth=0.6, alpha=0.5)
            ax.plot(lengths, np.median(seeds, 1), label=name, marker=".", **look)
        first = min(min(values) for values in lines.values())
        ax.set(title=title, xlabel="tokens", ylim=(-0.03, 1.03), xlim=(first - 8, None))
        ax.legend(loc="lower left", fontsize=7)
    for ax in axes[::2]:
        ax.set_ylabel("answers without an error, share")
    return figure


def agreement(
    model: torch.nn.Module, task: Counting, batches: list[Batch], seed: int
) -> dict[str, float]:
    """How often model and program go on alike: after right prefixes, and after others.

    In the others the last number is replaced by one between a and b, or by one outside.
    """
    marks = {task.start: programs.START, task.go: programs.GO}
    draw, found = np.random.default_rng(seed), {"right": [], "inside": [], "outside": []}
    for batch in batches:
        for row in batch.inputs[draw.permutation(len(batch))[:20]].tolist():
            prefix = row[: draw.integers(PROMPT + 2, len(row) - 1)]
            for kind, same in found.items():
                line = prefix
                if kind != "right":
                    low, high = sorted(prefix[1:3])
                    inside = [low <= t <= high for t in range(1, task.n_numbers + 1)]
                    pool = [
                        t
                        for t, within in enumerate(inside, 1)
                        if t != prefix[-1] and within == (kind == "inside")
                    ]
                    line = [*prefix[:-1], draw.choice(pool)]
                said = programs.count([marks.get(t, t - 1) for t in line])[-1]
                wanted = task.end if said == programs.END else int(said) + 1
                with torch.no_grad():
                    made = model(torch.tensor([line]))[0, -1].argmax()
                same.append(int(made) == wanted)
    return {kind: float(np.mean(same)) for kind, same in found.items()}


def beside_program(model: Transformer, task: Counting, ends: tuple[int, int]):
    """The program's selections of a and of b, and the head that attends there most.

    Returns: both matrices by letter and head; the weight that each head gives there by
    the same name; the words along the sides
    """
    line = task.write(torch.tensor([ends]))[:, :11]
    words = task.tokenizer.read(line[0].tolist())
    heads = {
        f"{name.split('.')[-2]}.{h}": pattern[0, h].numpy()
        for name, pattern in patterns(model, line).items()
        for h in range(pattern.shape[1])
    }
    with rasp.record_selections() as selected:
        numbers = map(int, words[PROMPT:])
        programs.count([programs.START, *ends, programs.GO, *numbers])
    pairs, weights = {}, {}
    # [0] finds SoS; a is needed at >, b at every number after it
    for letter, one, at in (
        ("a", selected[1], slice(3, 4)),
        ("b", selected[2], slice(4, -1)),
    ):
        on = {h: float((p * one.matrix)[at].sum(1).mean()) for h, p in heads.items()}
        head = max(on, key=lambda h: on[h])
        pairs[f"{letter}, head {head}"] = one.matrix, heads[head]
        weights[f"{letter}, head {head}"] = on[head]
    return pairs, weights, words


class Printer(Callback):
    """Prints some curves and all texts at every evaluation."""

    shared = True

    def __init__(self, curves: Sequence[str] = ("val/loss", "val/accuracy")) -> None:
        self.curves = curves

    def on_eval(self, training: Training) -> None:
        found = ", ".join(f"{name} {training.measured[name]:.3f}" for name in self.curves)
        print(f"step {training.step}, {training.label}" + (f": {found}" if found else ""))
        for name, value in training.measured.items():
            if isinstance(value, str):
                print(f"    {name}: {value}")


def ranges(schemes: dict[str, dict[int, np.ndarray]], length: int) -> str:
    """In words: which schemes lie below all seeds of the first, and which do not."""
    first, *others = schemes
    floor = schemes[first][length].min()
    below = [name for name in others if schemes[name][length].max() < floor]
    spread = [
        f"`{name}` ({schemes[name][length].min():.2f} to {schemes[name][length].max():.2f})"
        for name in ("alibi", "none")
    ]
    return (
        "With three seeds, let a difference count only if the ranges of the seeds do not "
        f"overlap. At {length} tokens those of {', '.join(below)} lie below all five seeds "
        f"of `{first}`, whose worst is {floor:.2f}. Between {' and '.join(spread)}, as "
        "between many others, three seeds show no order."
    )


def halves(schemes: dict[str, dict[int, np.ndarray]], length: int) -> dict[str, dict]:
    """Two panels of schemes, by their median at a length."""
    order = sorted(schemes, key=lambda name: -np.median(schemes[name][length]))
    titles = ("the five higher medians", "the five lower medians")
    return {
        title: {name: schemes[name] for name in half}
        for title, half in zip(titles, np.array_split(order, 2), strict=True)
    }


def goes_on(model: Transformer, task: Counting, a: int, x: int, b: int) -> str:
    """What is written after `SoS a b >` and the numbers from a to x, whatever b is."""
    numbers = written(a, x)[1]
    line = torch.cat([task.prompts(torch.tensor([[a, b]]))[0], torch.tensor(numbers) + 1])
    found = greedy(model, line[None], 150, task.end)[0].tolist()
    return task.tokenizer.decode(until(found, task.end))


def comparison(model: ComparingTransformer, n_numbers: int):
    """What `Compare` has learned: the level of every number, and what it compares with."""
    figure, (left, right) = plots.panels(2, width=3.1, height=2.4)
    with torch.no_grad():
        levels = model.levels.weight[0, 1 : n_numbers + 1].detach()
        pattern = model.compare.pattern(model.where(PROMPT + 1))
    left.plot(levels.numpy(), linewidth=1)
    left.set(title="the level of each number", xlabel="number", ylabel="level")
    names = ["SoS", "a", "b", ">", "later"]
    how = {"annot": True, "fmt": ".2f", "vmin": 0, "vmax": 1}
    plots.heat(right, pattern, xticklabels=names[:-1], yticklabels=names, **how)
    right.set(title="attention, by position", xlabel="key", ylabel="query")
    return figure


def in_order(model: ComparingTransformer, n_numbers: int, beyond: int = 0) -> float:
    """Share of the pairs, more than `beyond` apart, whose levels stand in their order."""
    levels = model.levels.weight[0, 1 : n_numbers + 1]
    above = (levels.unsqueeze(1) < levels).triu(beyond + 1)  # (smaller, larger)
    share = above.sum().item() / torch.ones_like(above).triu(beyond + 1).sum().item()
    return max(share, 1 - share)  # all of them may be upside down


class Recorded:
    """The recorded tables by row: whole sequences only, and with truncated ones.

    A row of the first may be followed by ", whole sequences only", one of the second is by
    ", truncated".
    """

    def __init__(self) -> None:
        names = counting.EXPERIMENT.name, counting_whole.EXPERIMENT.name
        self.truncated, self.whole = map(recorded.read, names)

    def column(self, row: str, name: str) -> np.ndarray:
        """A value a seed."""
        frame = self.truncated if row.endswith("truncated") else self.whole
        row = row.removesuffix(", whole sequences only")
        return recorded.values(frame, row, "counting", name)

    def by_length(self, row: str, direction: str) -> dict[int, np.ndarray]:
        """Length to exact match, a value a seed."""
        lengths = counting.TEST_LENGTHS
        return {n: self.column(row, f"{direction}_{n}") for n in lengths}

    def at_150(self, row: str, direction: str, what: str = "") -> float:
        """Median of the seeds at 150 tokens; what: "near_", "early_" and the like."""
        return float(np.median(self.column(row, f"{what}{direction}_150")))

    def hardest(self, row: str, of: Callable) -> float:
        """The median, or the worst seed, at the length and direction where it is least."""
        directions = ("up",) if ", up" in row else ("up", "down")
        return min(of(v) for d in directions for v in self.by_length(row, d).values())

    def panels(self, live: dict[str, dict], trained: str) -> dict[str, dict]:
        """With truncated ones: title to lines, as `by_length` draws them.

        live: direction to what a model of now has; trained: the directions it learned
        """
        found = {}
        for what, d in (("up", "up"), ("both", "up"), ("both", "down")):
            lines = {"windowed": self.by_length(f"windowed, {what}, truncated", d)}
            lines |= {"now": live[d]} if what == trained else {}
            found[f"trained {what}, counts {d}"] = lines
        return found

    def causes(self, rows: Sequence[tuple[str, str]]) -> list[list]:
        """Rows of a table, from rows and directions: right at 150 tokens; why if not.

        What a swap changes is told by the seeds that had an answer to swap in.
        """
        found = []
        for row, d in rows:
            line = [row, d, spread(self.column(row, f"{d}_150"))]
            line += [self.at_150(row, d, name) for name in ("early_", "turned_")]
            found.append([*line, *self.still(row, d)])
        return found

    def still(self, row: str, d: str) -> tuple[float, float]:
        """Median shares of early ends that stay: with another a, with another b."""
        had = self.column(row, f"swapped_{d}_150") > 0
        names = f"another_a_{d}_150", f"another_b_{d}_150"
        values = [self.column(row, name)[had] for name in names]
        return tuple(float(np.median(v)) if had.any() else np.nan for v in values)

    def ideas(self, every: int) -> list[list]:
        """Of whole sequences, both directions: rows of a table, every so many lengths."""
        rows = [row for row in self.whole.model.unique() if not row.endswith(", up")]
        return [
            [row, d, len(self.column(row, "up_60"))]
            + [spread(v) for v in [*self.by_length(row, d).values()][::every]]
            for row in rows
            for d in ("up", "down")
        ]


def worst(panels: dict[str, dict]) -> list[list[str]]:
    """Rows of a table: each line of `by_length` with its median and its worst seed."""
    return [
        [f"{title}: {name}"]
        + [f"{np.median(v):.2f}, {v.min():.2f}" for v in values.values()]
        for title, lines in panels.items()
        for name, values in lines.items()
    ]


def held_out(model: torch.nn.Module, task: Counting, tests: dict) -> dict[int, np.ndarray]:
    """Length to whether each answer is right, for prompts that training never drew.

    tests: direction and length to a batch; a prompt of one is held out if it belongs to
    another split of the task than training's
    """
    found: dict[int, list] = {}
    for (_, length), batch in tests.items():
        unseen = ~in_split(task.split_key(batch.inputs[:, : task.max_len]), "train")
        found.setdefault(length, []).append(exact_match(model, batch)[unseen])
    return {length: np.concatenate(hits) for length, hits in found.items()}
