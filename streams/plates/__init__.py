"""What cameras make of the fleet: plates seen where their trackers are not, and where they are.

Pure: a `SightingBatch`, the trackers' last fixes and the state in, findings out.  It refuses to
conclude anything from a read that is unreadable, unsure or of nobody's plate.
"""

from streams.plates.book import PlateBook
from streams.plates.guard import PlateGuard
from streams.plates.seen import LastSightings
from streams.plates.watch import FOUND, Cause, Kind, LastFixes, PlateParameters, PlateWatch

__all__ = [
    "FOUND",
    "Cause",
    "Kind",
    "LastFixes",
    "LastSightings",
    "PlateBook",
    "PlateGuard",
    "PlateParameters",
    "PlateWatch",
]
