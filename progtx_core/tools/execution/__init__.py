"""Executes chapters with papermill and knows what chapters there are.

Nothing here knows what is in a chapter: it finds them by their files, reads
their parameters, runs them in fresh kernels and writes the outcome atomically.
"""

from progtx_core.tools.execution.catalogue import Chapter, Parameter, chapters, find
from progtx_core.tools.execution.execute import RunFailed, execute
from progtx_core.tools.execution.parameters import fit_type, merge, parse_assignment

__all__ = [
    "Chapter",
    "Parameter",
    "RunFailed",
    "chapters",
    "execute",
    "find",
    "fit_type",
    "merge",
    "parse_assignment",
]
