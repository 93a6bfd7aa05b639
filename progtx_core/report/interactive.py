"""Pictures that answer a pointer: attention by layer, head and time of training.

Each is a static picture that a script of its own, with no library and nothing fetched,
replaces where scripts run. Where none does, the picture stays.
"""

import json
from base64 import b64encode
from html import escape
from zlib import crc32

import numpy as np

from progtx_core.report import sequences, style, templating
from progtx_core.report.page import png

DIGITS = 2  # of a share of attention


def attention(patterns: dict[str, np.ndarray], tokens: list[str], alt: str) -> None:
    """Show patterns of one example, to be chosen and to be read cell by cell.

    patterns: what a slider goes through, such as "step 200, layer 1", to the pattern
    (head, query, key); tokens: along both sides; alt: the text that stands in

    Raises ValueError for patterns that do not fit the tokens.
    """
    from IPython.display import display

    for name, pattern in patterns.items():
        if pattern.ndim != 3 or pattern.shape[1:] != (len(tokens), len(tokens)):
            raise ValueError(
                f"pattern {name!r} must have the shape (head, {len(tokens)}, "
                f"{len(tokens)}), got {pattern.shape}"
            )
    still = png(drawn(list(patterns.values())[-1], tokens))
    frames = [
        {"name": name, "heads": np.round(pattern.astype(float), DIGITS).tolist()}
        for name, pattern in patterns.items()
    ]
    data = json.dumps({"tokens": tokens, "frames": frames})
    html = (
        templating.environment()
        .get_template("attention.html")
        .render(
            id=f"attention-{crc32(data.encode()):08x}",  # the same in every run
            data=data,
            picture=b64encode(still).decode(),
            alt=alt,
        )
    )
    bundle = {"text/html": html, "text/plain": alt, "image/png": b64encode(still).decode()}
    display(bundle, raw=True, metadata={"image/png": {"alt": escape(alt)}})


def drawn(pattern: np.ndarray, tokens: list[str]):
    """The heads of one pattern side by side, as a figure."""
    figure, axes = style.panels(len(pattern), width=2.2, height=2.2)
    for head, ax in enumerate(axes):
        sequences.attention_map(ax, pattern[head], tokens, f"head {head}")
    return figure
