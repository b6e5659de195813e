"""Who can be sent: platforms, village posts and units, read from files, and what units do now.

Called by dispatch and the command line.  Knows nothing of incidents.
"""

from alerts.force.duty import Duty, Moved, Told, Unheard, Whereabouts
from alerts.force.forces import ForceError, Forces
from alerts.force.member import Mode, Platform, Post, Rank, Status, Unit
from alerts.force.shift import Shift

__all__ = [
    "Duty", "ForceError", "Forces", "Mode", "Moved", "Platform", "Post", "Rank", "Shift", "Status",
    "Told", "Unheard", "Unit", "Whereabouts",
]  # fmt: skip
