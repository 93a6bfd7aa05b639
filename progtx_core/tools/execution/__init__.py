"""Finds chapters by their files and executes them; knows nothing of what is in them."""

from progtx_core.tools.execution.catalogue import (
    Chapter,
    chapters,
    defaults_of,
    find,
    fit_types,
    from_text,
    merge,
    parse_assignments,
    write_readme_table,
)
from progtx_core.tools.execution.execute import RunFailed, execute
