"""Watching zones: fixes in, believed transitions out.

`track` orders a vehicle's fixes and tells rest from travel, `margin` says how deep a place lies in
a zone, `visit` weighs the evidence, `presence` is the state and `Watch` the one call.
"""

from geofence.watch.presence import Presence
from geofence.watch.track import TrackParameters
from geofence.watch.transition import TRANSITION, Kind, TransitionParameters
from geofence.watch.watch import Watch

__all__ = [
    "TRANSITION", "Kind", "Presence", "TrackParameters", "TransitionParameters", "Watch",
]  # fmt: skip
