"""How a chapter opens: a picture of its question, and the chapter at a glance."""

import matplotlib
import torch
from matplotlib.axes import Axes
from progtx_core import models, plots
from progtx_core.tasks import Task
from progtx_core.tasks.signals import SignalTask
from progtx_core.tools import page, paths
from torch import nn

GITHUB = "https://github.com/"
BINDER = "https://mybinder.org/v2/gh/"
COLAB = "https://colab.research.google.com/github/"


def ask(
    task: Task, alt: str, inputs: torch.Tensor | None = None, names: tuple[str, ...] = ()
) -> None:
    """Show four inputs, a panel each: the answers of three, and a question mark.

    Args:
        task: whose inputs these are.
        alt: what a screen reader reads; it holds no measured digits.
        inputs: the four, `(4, seq, ...)`; by default the first of a drawn batch whose
            neighbours have different answers.
        names: what the answers are called, "no" and "yes"; by default their numbers.
    """
    if inputs is None:
        inputs = alternating(task)
    answers = task.labels(inputs).flatten().tolist()
    titles = [names[answer] if names else str(answer) for answer in answers]
    figure, axes = plots.panels(2, 2, width=3.1, height=1.3)
    for ax, one, title in zip(axes, inputs, [*titles[:3], "?"], strict=True):
        draw(ax, task, one)
        ax.set(title=title, xlabel="", ylabel="")
    page.show(figure, alt)


def at_a_glance(chapter: str, built: nn.Module | None = None, **facts: object) -> None:
    """The table that says what a chapter takes: given facts, time, launch buttons.

    Args:
        chapter: its name, `06_transformer`.
        built: an example of what is trained, whose parameters are counted.
        facts: further rows: task, model, prerequisites.
    """
    paths.check_own()
    path = f"notebooks/{chapter}.ipynb"
    try:
        seconds = paths.record_of(paths.ROOT / path).get("seconds")
    except ValueError:
        seconds = None
    if built is not None:
        facts["parameters"] = models.count_parameters(built)
    facts["measured time"] = "not measured yet"
    if seconds is not None:
        facts["measured time"] = f"{seconds:.0f} s on two cores"
    if url := paths.repository_url():  # stands in book/_config.yml
        binder = f"{url.replace(GITHUB, BINDER)}/HEAD?labpath={path}"
        colab = f"{url.replace(GITHUB, COLAB)}/blob/HEAD/{path}"
        facts["open in"] = f"[Binder]({binder}), [Colab]({colab})"
    rows = [[name.replace("_", " "), value] for name, value in facts.items()]
    page.table(["at a glance", ""], rows)


def alternating(task: Task) -> torch.Tensor:
    """Four inputs of the training split, neighbours with different answers."""
    batch = task.sample(200, torch.Generator().manual_seed(3))
    chosen: list[int] = []
    for index, answer in enumerate(batch.targets.tolist()):
        if not chosen or answer != batch.targets[chosen[-1]]:
            chosen.append(index)
    return batch.inputs[chosen[:4]]


def draw(ax: Axes, task: Task, inputs: torch.Tensor) -> None:
    """One input: the bars of a signal, a string, or a heat map of features."""
    if task.spec.d_vocab is not None:
        text = task.tokenizer.decode(inputs.tolist())  # type: ignore[attr-defined]
        ax.text(0.5, 0.5, text, ha="center", va="center", family="monospace")
        ax.axis("off")
    elif isinstance(task, SignalTask):
        signal = inputs.sum(-1).numpy()
        ax.bar(range(len(signal)), signal, color="C0")
        ax.axhline(0, color="black", lw=matplotlib.rcParams["axes.linewidth"])
        ax.set(ylabel="signal", xlabel="position")
    else:
        plots.heat(ax, inputs.T.numpy(), vmin=-3, vmax=3)
        ax.set(ylabel="feature", xlabel="position")
