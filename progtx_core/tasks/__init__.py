"""What is to be learned. `get(name, **sizes)` makes a task, `names()` lists them.

>>> get("xor_of_endpoints", seq_len=4).label([[1.0], [9.0], [9.0], [-2.0]])
1
"""

# Importing a family registers its tasks.
from progtx_core.tasks import content as content
from progtx_core.tasks import copying as copying
from progtx_core.tasks import counting as counting
from progtx_core.tasks import lookup as lookup
from progtx_core.tasks import mixed as mixed
from progtx_core.tasks import selection as selection
from progtx_core.tasks import signals as signals
from progtx_core.tasks import state_tracking as state_tracking
from progtx_core.tasks import strings as strings
from progtx_core.tasks import word_problem as word_problem
from progtx_core.tasks.base import SPLITS, Task, get, names
from progtx_core.tasks.finite import FiniteDataset
from progtx_core.tasks.signals import SignalTask, decided
from progtx_core.tasks.state_tracking import StringSet

__all__ = [
    "SPLITS",
    "FiniteDataset",
    "SignalTask",
    "StringSet",
    "Task",
    "decided",
    "get",
    "names",
]
