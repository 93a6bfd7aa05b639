"""What is to be learned. `get(name, **sizes)` makes a task, `names()` lists them.

>>> get("xor_of_endpoints", seq_len=4).label([[1.0], [9.0], [9.0], [-2.0]])
1
"""

from progtx_core.tasks import signals as signals  # importing a family registers it
from progtx_core.tasks.base import SPLITS, Task, get, names

__all__ = ["SPLITS", "Task", "get", "names"]
