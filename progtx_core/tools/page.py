"""Puts figures and computed sentences on a notebook's page."""

import base64
import io
from pathlib import Path

import numpy as np

from progtx_core.tools import paths

PIXELS_PER_INCH = 150


def show(figure, alt: str) -> None:
    """Show a figure as a small PNG, with `alt` as the text that stands in for it.

    figure: of matplotlib, or the path of a PNG

    The text is what a screen reader reads and what a terminal prints, and it is
    compared when outputs are checked; so it holds no measured digits.
    """
    from IPython.display import display

    bundle = {"image/png": base64.b64encode(png(figure)).decode(), "text/plain": alt}
    display(bundle, raw=True, metadata={"image/png": {"alt": alt}})


def png(figure) -> bytes:
    """A figure as a PNG with a palette of at most 128 colours, a third of the size."""
    from PIL import Image

    if isinstance(figure, Path):
        return figure.read_bytes()

    raw = io.BytesIO()
    figure.savefig(raw, format="png", dpi=PIXELS_PER_INCH, facecolor="white")
    picture = Image.open(raw).convert("RGB").quantize(128, dither=Image.Dither.NONE)
    small = io.BytesIO()
    picture.save(small, format="png", optimize=True)
    return small.getvalue()


def say(markdown: str) -> None:
    """Write Markdown made of measured values, so that no number is typed by hand."""
    from IPython.display import Markdown, display

    display(Markdown(markdown))


def table(head: list[str], rows: list[list]) -> None:
    """Show a Markdown table; a number with a fraction is shown with three digits.

    A bar in a cell is shown as one, and divides nothing.
    """
    lines = [head, ["---"] * len(head), *rows]
    kinds = float, np.floating
    cells = [[f"{c:.3f}" if isinstance(c, kinds) else str(c) for c in r] for r in lines]
    cells = [[cell.replace("|", "\\|") for cell in row] for row in cells]
    say("\n".join(f"| {' | '.join(row)} |" for row in cells))


def layers(model) -> None:
    """Show a model layer by layer: shapes and parameters, with their sum.

    Parameters that share the first parts of their name, "blocks.0.attention", are one
    layer.
    """
    found: dict[str, list] = {}
    for name, parameter in model.named_parameters():
        layer = ".".join(name.split(".")[:-1][:3]) or name
        found.setdefault(layer, []).append(parameter)
    counts = [sum(p.numel() for p in parameters) for parameters in found.values()]
    rows = [
        [layer, ", ".join(str(tuple(p.shape)) for p in parameters), f"{count:,}"]
        for (layer, parameters), count in zip(found.items(), counts, strict=True)
    ]
    table(["layer", "shapes", "parameters"], [*rows, ["all", "", f"{sum(counts):,}"]])


def glue(name: str, text: str) -> None:
    """Keep a sentence made of measured values under a name, for a page of the book.

    Nothing is shown here. A page shows it with the `glue` directive of MyST-NB,
    whose output format this is. Text between ** is set in bold.
    """
    from html import escape

    from IPython.display import display

    parts = [escape(part) for part in text.split("**")]
    bold = [f"<strong>{p}</strong>" if i % 2 else p for i, p in enumerate(parts)]
    prefix = "application/papermill.record/"
    display(
        {prefix + "text/html": f"<p>{''.join(bold)}</p>", prefix + "text/plain": text},
        raw=True,
        metadata={"scrapbook": {"name": name, "mime_prefix": prefix}},
    )


def chapter_header(chapter: str, **facts: object) -> None:
    """Show a chapter at a chapter_header: the given facts, its measured time, launch buttons.

    The time is that of the run whose outputs are kept in notebooks/. The buttons
    need `repository.url` in book/_config.yml; while that is empty there are none.
    """
    try:
        seconds = paths.record_of(paths.NOTEBOOKS / f"{chapter}.ipynb").get("seconds")
    except ValueError:
        seconds = None
    time = "not measured yet" if seconds is None else f"{seconds:.0f} s on two cores"
    rows = {**facts, "measured time": time}
    url = paths.repository_url()
    if url:
        path = f"notebooks/{chapter}.ipynb"
        binder = url.replace("https://github.com/", "https://mybinder.org/v2/gh/")
        colab = url.replace(
            "https://github.com/", "https://colab.research.google.com/github/"
        )
        rows["open in"] = (
            f"[Binder]({binder}/HEAD?labpath={path}), [Colab]({colab}/blob/HEAD/{path})"
        )
    lines = [f"| {name.replace('_', ' ')} | {value} |" for name, value in rows.items()]
    say("\n".join(["| at a chapter_header | |", "| --- | --- |", *lines]))


def accuracy_table(runs: dict, head: str = "task") -> None:
    """Show test accuracies as a table: a row a run, with median, worst and best seed.

    runs: `TrainingResult`s by what the row is called; head: what these names are
    """
    lines = [f"| {head} | parameters | median | worst seed | best seed |", "|---" * 5 + "|"]
    for name, run in runs.items():
        accuracy = sorted(run.test["accuracy"])
        median = (accuracy[(len(accuracy) - 1) // 2] + accuracy[len(accuracy) // 2]) / 2
        values = " | ".join(f"{v:.3f}" for v in (median, accuracy[0], accuracy[-1]))
        lines.append(f"| {name} | {run.n_parameters} | {values} |")
    say("\n".join(lines))
