"""The small package that the chapters of Progressive Transformers share.

What a chapter thinks with, from the ground up: `tasks` (what is to be learned), `models`
(what learns it), `rasp`; `training` joins tasks and models, `optim` trains without
gradients; `evaluation` reads a trained model, `plots` draws. `tools` runs, records and
publishes chapters.

>>> from progtx_core import tasks
>>> tasks.get("last_gt_first").rule
'The last value is greater than the first'
"""

import os
import sys

# Before torch is loaded: threads that wait for each other by spinning stand still beside
# another busy process. Those that sleep share the cores with it.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
sys.path.append(os.path.abspath(f"{__path__[0]}/../notebooks"))  # where `parts` is

__version__ = "1.0.0"
