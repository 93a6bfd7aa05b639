"""Checks of what a reader or a program wrote: does it keep the rules?"""

from progtx_core.tools.checkers.rasp_l import Violation, violations
