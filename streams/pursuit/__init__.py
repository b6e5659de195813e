"""Where a stolen vehicle can be: from its last believed fixes to sectors, roads and cameras.

Pure: the track, cameras, a road network and `now_ms` in, a `Pursuit` out.  It promises nothing it
was not measured for: a sector that claims 90 % held 90 % of the later places of vehicles that the
law was not fitted on (docs/pursuit.md).  Called for incidents that are red, on request.
"""

from streams.pursuit.cameras import CameraAhead
from streams.pursuit.pursuit import HORIZONS_S, PROBABILITIES, Pursuit, pursue
from streams.pursuit.roads import RoadNetwork
from streams.pursuit.sector import Sector
from streams.pursuit.track import Sighted, Track

__all__ = [
    "HORIZONS_S",
    "PROBABILITIES",
    "CameraAhead",
    "Pursuit",
    "RoadNetwork",
    "Sector",
    "Sighted",
    "Track",
    "pursue",
]
