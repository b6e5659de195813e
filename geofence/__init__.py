"""Where things are: zones, their index, and exact vectorised matching.

Knows nothing of vehicles' owners or incidents.  Called by `streams` for every batch.
"""

from geofence.zone import Problem, Zone, ZoneError, ZoneKind
from geofence.zoneset import ZoneSet

__all__ = ["Problem", "Zone", "ZoneError", "ZoneKind", "ZoneSet"]
