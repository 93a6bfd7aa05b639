"""Checks of what a reader wrote: is it right, and what may be wrong with it?"""

from progtx_core.tools.checkers.judge import check
