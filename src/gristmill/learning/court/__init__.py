"""The court: what becomes of each piece of feedback, and why. A rating changes nothing by itself.

Here evidence is looked for, voices are counted and verdicts are written; what is learnt from them stands beside it.
"""

from gristmill.learning.court.checks import check_verdicts
from gristmill.learning.court.session import hold_court
from gristmill.learning.court.verdicts import Cause, Standing, Verdict, read_verdicts

__all__ = ["Cause", "Standing", "Verdict", "check_verdicts", "hold_court", "read_verdicts"]
