"""The small package that the chapters of Progressive Transformers share.

Rooms, from the ground up: `tasks` (what is to be learned), `models` (what
learns it), `training` (joins them), `evaluation` (reads a trained model),
`report` (draws what the two return), `claims` (guards every stated number),
`runs` (executes notebooks). Import the room you need:

>>> from progtx_core import tasks
>>> tasks.get("last_gt_first").rule
'The last value is greater than the first'
"""

__version__ = "0.1.0"
