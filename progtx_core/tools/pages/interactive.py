"""Pictures that answer a pointer: attention over layers and time, a loss surface.

Each is a static picture that a script of its own, with no library and nothing fetched,
replaces where scripts run. Where none does, the picture stays.
"""

import json
from base64 import b64encode
from html import escape
from zlib import crc32

import numpy as np

from progtx_core.evaluation.landscape import Landscape
from progtx_core.plots import searches, sequences, style
from progtx_core.tools.page import png
from progtx_core.tools.pages import templating

DIGITS = 2  # of a share of attention


def attention(patterns: dict[str, np.ndarray], tokens: list[str], alt: str) -> None:
    """Show patterns of one example, to be chosen and to be read cell by cell.

    patterns: what a slider goes through, such as "step 200, layer 1", to the pattern
    (head, query, key); tokens: along both sides; alt: the text that stands in

    Raises ValueError for patterns that do not fit the tokens.
    """
    for name, pattern in patterns.items():
        if pattern.ndim != 3 or pattern.shape[1:] != (len(tokens), len(tokens)):
            raise ValueError(
                f"pattern {name!r} must have the shape (head, {len(tokens)}, "
                f"{len(tokens)}), got {pattern.shape}"
            )
    frames = [
        {"name": name, "heads": np.round(pattern.astype(float), DIGITS).tolist()}
        for name, pattern in patterns.items()
    ]
    still = drawn(list(patterns.values())[-1], tokens)
    place("attention", {"tokens": tokens, "frames": frames}, still, alt)


def surface(plane: Landscape, alt: str) -> None:
    """Show a loss surface, with the paths up to the look that a slider is at.

    A point says its loss. plane: from `evaluation.landscape`; alt: the text that stands in
    """
    data = {
        "loss": [[float(f"{value:.3g}") for value in row] for row in plane.loss],
        "span": np.round(plane.span, 4).tolist(),
        "floor": searches.FLOOR,
        "paths": {name: np.round(p, 3).tolist() for name, p in plane.paths.items()},
    }
    place("surface", data, searches.surface(plane), alt)


def place(template: str, data: dict, still, alt: str) -> None:
    """Put a picture on the page, and the script that takes its place with the data."""
    from IPython.display import display

    text, picture = json.dumps(data), b64encode(png(still)).decode()
    html = (
        templating.environment()
        .get_template(f"{template}.html")
        .render(
            id=f"{template}-{crc32(text.encode()):08x}",  # the same in every run
            data=text,
            picture=picture,
            alt=alt,
        )
    )
    bundle = {"text/html": html, "text/plain": alt, "image/png": picture}
    display(bundle, raw=True, metadata={"image/png": {"alt": escape(alt)}})


def drawn(pattern: np.ndarray, tokens: list[str]):
    """The heads of one pattern side by side, as a figure."""
    figure, axes = style.panels(len(pattern), width=2.2, height=2.2)
    for head, ax in enumerate(axes):
        sequences.attention_map(ax, pattern[head], tokens, f"head {head}")
    return figure
