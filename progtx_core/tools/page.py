"""Puts figures and computed sentences on a notebook's page."""

import base64
import html
import io
import re
from pathlib import Path

import numpy as np

BAR, GLUED = r"\|", "application/papermill.record/"  # one that divides no cells; see `glue`


def show(figure, alt: str) -> None:
    """Show a figure of matplotlib, or the file of a PNG, as a small PNG.

    alt: what a screen reader reads and a terminal prints; it is compared when outputs are
    checked, so it holds no measured digits.
    """
    from IPython.display import display

    bundle, metadata = pictured(figure, alt)
    display(bundle, raw=True, metadata=metadata)


def pictured(figure, alt: str) -> tuple[dict, dict]:
    """What `display` takes of a figure: its data by kind, and what is said of them."""
    picture = png(figure)
    bundle = {"image/png": base64.b64encode(picture).decode(), "text/plain": alt}
    width = int.from_bytes(picture[16:20], "big") // 2  # two dots to a pixel: sharp
    return bundle, {"image/png": {"alt": alt, "width": width}}


def png(figure) -> bytes:
    """A figure as a PNG with a palette of at most 64 colours, a third of the size."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    if isinstance(figure, Path):
        return figure.read_bytes()
    figure.set(dpi=200, facecolor="white")
    canvas, small = FigureCanvasAgg(figure), io.BytesIO()
    canvas.draw()  # once; `savefig` would draw twice
    drawn = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    drawn.quantize(64, dither=Image.Dither.NONE).save(small, format="png", optimize=True)
    return small.getvalue()


def say(markdown: str) -> None:
    """Write Markdown made of measured values, so that no number is typed by hand."""
    from IPython.display import Markdown, display

    display(Markdown(markdown))


def table(head: list[str], rows: list[list]) -> None:
    """Show a Markdown table; a number with a fraction is shown with three digits."""

    def line(cells: list) -> str:
        row = (f"{c:.3f}" if isinstance(c, float | np.floating) else str(c) for c in cells)
        return f"| {' | '.join(text.replace('|', BAR) for text in row)} |"

    say("\n".join(map(line, [head, ["---"] * len(head), *rows])))


def accuracy_table(results: dict, head: str = "task") -> None:
    """Show test accuracies: median, worst and best seed of every `TrainingResult`.

    results: by what a row is called; head: what these names are.
    """
    rows = [
        [name, one.n_parameters, *np.quantile(one.test["accuracy"], (0.5, 0, 1))]
        for name, one in results.items()
    ]
    table([head, "parameters", "median", "worst seed", "best seed"], rows)


def glue(name: str, text: str) -> None:
    """Keep a sentence of measured values, ** for bold, under a name, and show nothing.

    A page of the book shows it by the `glue` directive of MyST-NB, whose format this is.
    """
    from IPython.display import display

    bold = re.sub(r"(?s)\*\*(.*?)\*\*", r"<strong>\1</strong>", html.escape(text))
    bundle = {GLUED + "text/html": f"<p>{bold}</p>", GLUED + "text/plain": text}
    display(bundle, raw=True, metadata={"scrapbook": {"name": name, "mime_prefix": GLUED}})
