"""Checks of what a reader or a program wrote: is it right, does it keep the rules?"""

from progtx_core.tools.checkers.judge import check
from progtx_core.tools.checkers.rasp_l import Violation, violations
