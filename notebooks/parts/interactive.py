"""Pictures that answer a pointer: attention over layers and time.

Each is a static picture that a script of its own, with no library and nothing fetched,
replaces where scripts run. Where none does, the picture stays.
"""

import json
from html import escape
from zlib import crc32

import numpy as np
from progtx_core import plots
from progtx_core.tools.page import pictured
from progtx_core.tools.pages import templating

DIGITS = 2  # of a share of attention


def attention(patterns: dict[str, np.ndarray], tokens: list[str], alt: str) -> None:
    """Show patterns of one example, to be chosen and to be read cell by cell.

    Args:
        patterns: what a slider goes through, such as "step 200, layer 1", to the pattern
            (heads, queries, keys).
        tokens: along both sides.
        alt: the text that stands in.

    Raises:
        ValueError: a pattern does not fit the tokens.
    """
    if not patterns:
        raise ValueError("patterns: there is none; give one, as (heads, queries, keys)")
    n, heads = len(tokens), np.empty(0)
    for name, heads in patterns.items():
        if heads.ndim != 3 or heads.shape[1:] != (n, n):
            raise ValueError(
                f"pattern {name!r} must have the shape (head, {n}, {n}), got {heads.shape}"
            )
    frames = [
        {"name": name, "heads": np.round(pattern.astype(float), DIGITS).tolist()}
        for name, pattern in patterns.items()
    ]
    data = {"tokens": tokens, "frames": frames}
    show_interactive("attention", data, plots.attention_heads(heads, tokens), alt)


def show_interactive(template: str, data: dict, figure, alt: str) -> None:
    """Show a figure, and the script that takes its place with the data."""
    from IPython.display import display

    text, (bundle, metadata) = json.dumps(data), pictured(figure, alt)
    name = f"{template}-{crc32(text.encode()):08x}"  # the same in every run
    filled = {"id": name, "data": text, "picture": bundle["image/png"], "alt": alt}
    bundle["text/html"] = templating.render(f"{template}.html", **filled)
    metadata["image/png"]["alt"] = escape(alt)
    display(bundle, raw=True, metadata=metadata)
