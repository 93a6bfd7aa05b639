"""Finds chapters by their files and executes them; knows nothing of what is in them."""

from progtx_core.tools.execution.catalogue import Chapter, chapters, duration, find
from progtx_core.tools.execution.execute import RunFailed, execute
from progtx_core.tools.execution.parameters import fit_type, merge, parse_assignment

__all__ = ["Chapter", "RunFailed", "chapters", "duration", "execute", "find"]
__all__ += ["fit_type", "merge", "parse_assignment"]
