"""From what cameras found to signals that say why."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ingest.sighting import SightingBatch
from streams.describe import ARMED, IGNITION, LEVELS
from streams.detect import Armed
from streams.detect.fusion import BLUE, KEY_WAS_ON, RED, YELLOW
from streams.plates.book import PlateBook
from streams.plates.watch import Cause, Kind
from streams.signal import Evidence, EvidenceValue, Signal, SignalKind
from streams.state import FleetState, Tri

_KIND_OF = {
    Kind.ELSEWHERE: SignalKind.PLATE_ELSEWHERE,
    Kind.TWO_PLACES: SignalKind.PLATE_IN_TWO_PLACES,
}
_STRENGTH_OF = {BLUE: 0.3, YELLOW: 0.6, RED: 0.9}


def level_with(level: int, because: Evidence) -> int:
    """What a contradicted plate makes of its vehicle's episode, which stands at `level` (0 = none).

    A plate alone is one kind of evidence, and readers err: blue, whichever contradiction it is.
    Beside what the tracker told it is a second kind: yellow at least, and red when that was yellow
    already and the vehicle is known to have left its place.  It never lowers a level.
    """
    if level < BLUE:
        return BLUE
    if level == YELLOW and because & Evidence.PLACE:
        return RED
    return max(level, YELLOW)


def signals_of(
    found: NDArray[np.void], seen: SightingBatch, book: PlateBook, fleet: FleetState
) -> list[Signal]:
    """The signals of `FOUND`[k]: one for each contradiction that begins an episode, in their order.

    `seen` are the sightings that `found` counts, `fleet` gives the vehicles' own episodes.
    """
    begins = (found["is_new"] == 1) & np.isin(found["kind"], list(_KIND_OF))
    return [_signal(one, seen, book, fleet) for one in found[begins]]


def _signal(found: np.void, seen: SightingBatch, book: PlateBook, fleet: FleetState) -> Signal:
    at, vehicle = int(found["sighting"]), book.vehicles[int(found["vehicle"])]
    cause, plate_ms = Cause(int(found["cause"])), int(found["episode_ms"])
    number = fleet.row_of(vehicle)
    row = None if number is None else fleet.rows[number]
    began_ms, level, because, about = plate_ms, 0, Evidence(0), ""
    # under a cloned plate is another vehicle, of which nothing follows for this one
    if row is not None and row["episode_ms"] and row["level"] and cause is not Cause.CLONED:
        began_ms, level = int(row["episode_ms"]), int(row["level"])
        because = Evidence(int(row["because"]) & ~KEY_WAS_ON)
        about = str(plate_ms)  # an episode may be joined by several of a plate
    reached = level_with(level, because)
    evidence: dict[str, EvidenceValue] = {
        "kinds": Evidence.PLATE.names(),
        "episode": began_ms / 1000,
        "score": round(float(row["score"]), 2) if row is not None and level else 0.0,
        "level": LEVELS[reached],
        "because": (because | Evidence.PLATE).names(),
        "armed": _armed(row),
        "ignition": IGNITION[Tri.UNKNOWN if row is None else Tri(int(row["ignition"]))],
        "plate": book.plates[int(found["vehicle"])].text,
        "camera": seen.camera[at],
        "apart_m": round(float(found["apart_m"]), 1),
        "cause": cause.name.lower(),
        "between_s": abs(int(found["t_ms"]) - int(found["other_ms"])) / 1000,
        "other_lon": float(found["other_lon"]),
        "other_lat": float(found["other_lat"]),
    }
    for key, digits in (("needed_mps", 1), ("confidence", 2)):
        if math.isfinite(value := float(found[key])):
            evidence[key] = round(value, digits)
    return Signal(
        vehicle_id=vehicle,
        kind=_KIND_OF[Kind(int(found["kind"]))],
        episode_ms=began_ms,
        t_ms=int(found["t_ms"]),
        t_detected_ms=int(found["t_ms"]),
        lon=float(found["lon"]),
        lat=float(found["lat"]),
        strength=_STRENGTH_OF[reached],
        evidence=evidence,
        received_ms=int(seen.received_ms[at]),
        about=about,
    )


def _armed(row: np.void | None) -> str:
    if row is None:
        return ARMED[Armed.NOT_ARMED]
    said = row["armed_said"] == Tri.YES
    return ARMED[Armed.BY_OWNER if said else Armed(int(row["self_armed"]))]
