"""What is to be learned. `get(name, **sizes)` makes a task, `names()` lists them.

>>> get("xor_of_endpoints", seq_len=4, d_input=1).label([[1.0], [9.0], [9.0], [-2.0]])
1
"""

import importlib
import pkgutil

from progtx_core.tasks.base import SPLITS, Task, get, names
from progtx_core.tasks.finite import FiniteDataset
from progtx_core.tasks.signals import SignalTask, decided
from progtx_core.tasks.state_tracking import StringSet

# Importing a file registers its tasks: a new task is one class in one file of this folder.
for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
