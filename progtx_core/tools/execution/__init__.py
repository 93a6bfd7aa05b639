"""Finds chapters by their files and executes them; knows nothing of what is in them."""

from progtx_core.tools.execution.catalogue import (
    Chapter,
    Parameter,
    chapters,
    defaults_of,
    duration,
    find,
    fit_type,
    merge,
    parse_assignment,
)
from progtx_core.tools.execution.execute import RunFailed, execute

__all__ = ["Chapter", "Parameter", "RunFailed", "chapters", "defaults_of", "duration"]
__all__ += ["execute", "find", "fit_type", "merge", "parse_assignment"]
