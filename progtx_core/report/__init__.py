"""Draws and says what `training` and `evaluation` return.

Every function of `plots` returns a matplotlib Figure; `show` puts it on the page
together with a text for those who cannot see it; `say` writes a sentence with
measured numbers.
"""

from progtx_core.report.page import (
    accuracy_table,
    glance,
    glue,
    layers,
    say,
    show,
    table,
)

__all__ = [
    "accuracy_table",
    "glance",
    "glue",
    "layers",
    "say",
    "show",
    "table",
]
