"""Puts figures and computed sentences on a notebook's page."""

import base64
import html
import io
import re
from pathlib import Path

import numpy as np

from progtx_core.tools import paths

BAR = r"\|"  # one that divides no cells
GITHUB = "https://github.com/"
BINDER = "https://mybinder.org/v2/gh/"
COLAB = "https://colab.research.google.com/github/"


def show(figure, alt: str) -> None:
    """Show a figure of matplotlib, or the file of a PNG, as a small PNG.

    alt: what a screen reader reads and a terminal prints; it is compared when outputs are
    checked, so it holds no measured digits.
    """
    from IPython.display import display

    bundle = {"image/png": as_base64(figure), "text/plain": alt}
    display(bundle, raw=True, metadata={"image/png": {"alt": alt}})


def png(figure) -> bytes:
    """A figure as a PNG with a palette of at most 128 colours, a third of the size."""
    from PIL import Image

    if isinstance(figure, Path):
        return figure.read_bytes()
    raw, small = io.BytesIO(), io.BytesIO()
    figure.savefig(raw, format="png", dpi=150, facecolor="white")
    picture = Image.open(raw).convert("RGB").quantize(128, dither=Image.Dither.NONE)
    picture.save(small, format="png", optimize=True)
    return small.getvalue()


def as_base64(figure) -> str:
    """A figure's PNG as text, as HTML and notebooks take it."""
    return base64.b64encode(png(figure)).decode()


def say(markdown: str) -> None:
    """Write Markdown made of measured values, so that no number is typed by hand."""
    from IPython.display import Markdown, display

    display(Markdown(markdown))


def table(head: list[str], rows: list[list]) -> None:
    """Show a Markdown table; a number with a fraction is shown with three digits."""

    def line(cells: list) -> str:
        numbers = float | np.floating
        texts = [f"{c:.3f}" if isinstance(c, numbers) else str(c) for c in cells]
        return f"| {' | '.join(text.replace('|', BAR) for text in texts)} |"

    say("\n".join(map(line, [head, ["---"] * len(head), *rows])))


def accuracy_table(results: dict, head: str = "task") -> None:
    """Show test accuracies: median, worst and best seed of every `TrainingResult`.

    results: by what a row is called; head: what these names are.
    """
    rows = []
    for name, one in results.items():
        shares = one.test["accuracy"]
        rows.append([name, one.n_parameters, np.median(shares), shares.min(), shares.max()])
    table([head, "parameters", "median", "worst seed", "best seed"], rows)


def glue(name: str, text: str) -> None:
    """Keep a sentence of measured values, ** for bold, under a name, and show nothing.

    A page of the book shows it by the `glue` directive of MyST-NB, whose format this is.
    """
    from IPython.display import display

    bold = re.sub(r"(?s)\*\*(.*?)\*\*", r"<strong>\1</strong>", html.escape(text))
    prefix = "application/papermill.record/"
    bundle = {prefix + "text/html": f"<p>{bold}</p>", prefix + "text/plain": text}
    about = {"scrapbook": {"name": name, "mime_prefix": prefix}}
    display(bundle, raw=True, metadata=about)


def chapter_header(chapter: str, **facts: object) -> None:
    """Show a chapter at a glance: given facts, time of the kept run, launch buttons."""
    paths.check_own()
    path = f"notebooks/{chapter}.ipynb"
    try:
        seconds = paths.record_of(paths.ROOT / path).get("seconds")
    except ValueError:
        seconds = None
    time = "not measured yet" if seconds is None else f"{seconds:.0f} s on two cores"
    rows = {**facts, "measured time": time}
    if url := paths.repository_url():  # stands in book/_config.yml
        binder = f"{url.replace(GITHUB, BINDER)}/HEAD?labpath={path}"
        colab = f"{url.replace(GITHUB, COLAB)}/blob/HEAD/{path}"
        rows["open in"] = f"[Binder]({binder}), [Colab]({colab})"
    table(["at a glance", ""], [[n.replace("_", " "), v] for n, v in rows.items()])
