"""Which units go where: by time to arrive, several incidents together, each choice explained.

Called by the runner and the command line.  Decides and explains; sends nothing.
"""

from alerts.dispatch.choosing import Choice, Pick, Plan, Task, plan
from alerts.dispatch.ring import Ring, rings
from alerts.dispatch.router import Router, RouterError, Start, StraightLine, Times

__all__ = [
    "Choice", "Pick", "Plan", "Ring", "Router", "RouterError", "Start", "StraightLine", "Task",
    "Times", "plan", "rings",
]  # fmt: skip
