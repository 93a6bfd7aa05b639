"""Chapter 12: what is predicted of a task before it is trained, and what was measured."""

import numpy as np
import torch
from experiments.extending import (
    EXTENDS,
    FAILS,
    LEARNED,
    ROWS,
    SCHEMES,
    cell,
    row_of,
    task_of,
)
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from progtx_core import plots, tasks
from progtx_core.plots import COLOURS
from progtx_core.rasp.extending import PLUS
from progtx_core.rasp.programs import END, GO, START
from progtx_core.tasks.languages import Language
from progtx_core.tasks.prompts import PromptTask
from progtx_core.types import Batch

from parts import distilling

NOTES = {"random_offset": "positions, from a random start", "none": "no positions"}
SHORTEST = 4  # symbols or numbers of the examples that are shown


def question(names: list[str], trained: int, longest: int):
    """A bar a task as far as it is trained, and what is asked beyond."""
    figure, (ax,) = plots.panels(width=5.0, height=3.2)
    places = np.arange(len(names))
    ax.barh(places, trained, color=COLOURS[0], height=0.55)
    ax.barh(
        places, longest - trained, left=trained, height=0.55, color="none",
        edgecolor="0.6", linestyle=":",
    )  # fmt: skip
    for place in places:
        ax.text((trained + longest) / 2, place, "?", ha="center", va="center", fontsize=9)
    ax.set(yticks=places, yticklabels=names, xlim=(0, longest), xlabel="length")
    ax.set(title="Learned on short inputs (blue). And on longer ones?")
    ax.invert_yaxis()
    ax.grid(visible=False)
    return figure


def example(name: str, seed: int = 66) -> tuple[str, str]:
    """A short input of a row, and what is to be answered, in words."""
    row = ROWS[name]
    sizes = {"longest": SHORTEST, "shortest": SHORTEST}
    task = tasks.get(row.task, **row.arguments | sizes)
    line = task.sample_inputs(1, torch.Generator().manual_seed(seed))[0]
    words = task.tokenizer.read(line[line != task.spec.pad].tolist())
    if isinstance(task, Language):
        sets = [task.sets[n] for n in task.labels(line[None])[0].tolist() if n >= 0]
        return " ".join(words[1:]), ", ".join(sets[1:])
    mark = words.index(">")
    return " ".join(words[1:mark]), " ".join(words[mark + 1 :])


def baseline(batch: Batch) -> float:
    """The share of faultless answers of who always gives the most frequent one."""
    answers = [tuple(t[m].tolist()) for t, m in zip(batch.targets, batch.mask)]
    return max(map(answers.count, set(answers))) / len(answers)


def trained_as(name: str) -> list:
    """Of a row: its name, layers, heads, width, parameters, tokens, updates, and rate."""
    row, made = ROWS[name], cell(name, SCHEMES[0])
    task = task_of(row)
    n = sum(p.numel() for p in made.make()(task.spec).parameters())
    sizes = [row.sizes[key] for key in ("n_layers", "n_heads", "d_model")]
    config = made.config()
    rate = f"{config.learning_rate:g}"
    return [name, *sizes, n, task.spec.d_vocab, config.steps, rate]


def right_programs(name: str, batch: Batch) -> float:
    """The share of inputs that the program of a row answers as the task does."""
    row, task = row_of(name), task_of(row_of(name), "bin_150")
    found = [agrees(row.program, task, line) for line in batch.inputs]
    return float(np.mean(found))


def agrees(program, task: tasks.Task, line: torch.Tensor) -> bool:
    """Whether a program gives the answer to one input."""
    tokens = [t for t in line.tolist() if t != task.spec.pad]
    if isinstance(task, Language):
        x = [START, *(t - 1 for t in tokens[1:])]
        return program(x).tolist() == task.labels(torch.tensor([tokens]))[0].tolist()
    assert isinstance(task, PromptTask)
    plus = task.tokenizer.ids.get("+")
    x = [
        PLUS if token == plus else number
        for token, number in zip(tokens, distilling.numbers(task, line))
    ]
    go = x.index(GO)  # of an answer that is right so far, the next token is read off
    return program(x).tolist()[go:-1] == x[go + 1 :]


def evidence(found: list[dict], seeds: dict[tuple[str, str], np.ndarray]):
    """Each row's seeds and their mean beyond training, where the prediction puts it.

    found: of `extending.judged`; seeds: of each row and encoding, in the worse bin
    """
    figure, axes = plots.panels(2, 1, width=3.3, height=4.6, sharey=True)
    for ax, scheme in zip(axes, SCHEMES):
        for place, row in enumerate(r for r in found if r["encoding"] == scheme):
            low, high = (EXTENDS, 1.0) if row["predicted"] else (0.0, FAILS)
            ax.barh(place, high - low, left=low, height=0.8, color="0.86", linewidth=0)
            face = "white" if row["all"]["bin_50"] < LEARNED else COLOURS[5]
            how = {"ms": 6, "color": COLOURS[5], "markerfacecolor": face}
            ax.plot(row["beyond"], place, "D", **how)
            values = np.sort(seeds[row["row"], scheme])
            heights = place + np.linspace(-0.3, 0.3, len(values))  # all can be seen
            ax.plot(values, heights, "o", ms=2.5, color=COLOURS[0])
            if row["published"]:
                last = min(row["published"][1:]) / 100
                ax.plot(last, place, "|", ms=12, mew=1.8, color="black")
        names = [*dict.fromkeys(row["row"] for row in found)]
        ax.set(yticks=range(len(names)), yticklabels=names, xlim=(-0.05, 1.05))
        ax.set(title=NOTES[scheme], xlabel="faultless answers, share")
        ax.grid(visible=False, axis="y")
    axes[0].invert_yaxis()
    red = {"color": COLOURS[5], "linestyle": ""}
    keys = [
        Patch(color="0.86", label="predicted"),
        Line2D([], [], marker="o", ms=3, linestyle="", color=COLOURS[0], label="a seed"),
        Line2D([], [], marker="D", label="mean", **red),
        Line2D([], [], marker="D", markerfacecolor="white", label="not learned", **red),
        Line2D([], [], marker="|", ms=10, linestyle="", color="black", label="published"),
    ]
    figure.legend(handles=keys, loc="outside lower center", ncols=5, fontsize=7)
    return figure


def twins(task: Language, n_twos: int, n: int = 100, seed: int = 0) -> torch.Tensor:
    """Strings of {0,1,2} with so many 2 at their end, (2 n, seq).

    Of each two, which differ in the symbol before these 2 alone, one may end and one may
    not.
    """
    generator = torch.Generator().manual_seed(seed)
    ids = [task.tokenizer.ids[symbol] for symbol in "012"]
    before = torch.tensor(ids)[torch.randint(3, (n, 8), generator=generator)]
    twos = torch.full((n, n_twos), ids[2])
    start = torch.full((n, 1), task.start)
    both = [torch.cat([start, before, torch.full((n, 1), i), twos], 1) for i in ids[:2]]
    return torch.cat(both)


@torch.no_grad()
def right_at_the_end(model: torch.nn.Module, task: Language, inputs: torch.Tensor) -> float:
    """The share of strings after which a model says rightly what may be next."""
    return (
        (model(inputs)[:, -1].argmax(-1) == task.labels(inputs)[:, -1])
        .double()
        .mean()
        .item()
    )


def by_distance(lines: dict[str, dict[int, float]], trained: int):
    """The share right over how far back the symbol lies that decides."""
    figure, (ax,) = plots.panels(width=4.6, height=2.6)
    ax.axvspan(0, trained, color="#999999", alpha=0.15, linewidth=0)
    for number, (name, of) in enumerate(lines.items()):
        ax.plot([*of], [*of.values()], label=name, marker=".", **plots.line(number))
    ax.axhline(0.5, color="0.4", linestyle=":", linewidth=1, label="a coin")
    ax.set(xlabel="so many 2 behind the symbol that decides", ylabel="right, share")
    ax.set(ylim=(-0.03, 1.03))
    ax.legend()
    return figure


def parted(reading, model, task: PromptTask, batch: Batch, n: int = 4) -> list[list[str]]:
    """Prompts that model and program answer otherwise, at most n of them."""
    found = []
    for tokens, answers in zip(batch.inputs, distilling.said(model, task, batch.inputs)):
        x = distilling.numbers(task, tokens)
        here = slice(x.index(GO), len(x) - 1)
        lines = reading(x).tolist()[here], answers[here]
        if lines[0] != lines[1]:
            words = [" ".join(map(word, line)) for line in (x[1 : here.start], *lines)]
            found.append(words)
    return found[:n]


def word(number: int) -> str:
    """A number of a program as it is read."""
    return {START: "SoS", GO: ">", END: "EoS"}.get(number, str(number))
