"""The small package that the chapters of Progressive Transformers share.

Rooms, from the ground up: `tasks` (what is to be learned), `models` (what learns it),
`rasp` (programs that a transformer can run), `training` (joins task and model), `optim`
(searches without gradients), `evaluation` (reads a trained model), `plots` (draws),
`tools` (executes, records and publishes the chapters). Import the room you need:

>>> from progtx_core import tasks
>>> tasks.get("last_gt_first").rule
'The last value is greater than the first'
"""

__version__ = "1.0.0"
