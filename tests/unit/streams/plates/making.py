"""Sightings and trackers for the tests of plates."""

import math

import numpy as np

from ingest.registry import Plate
from ingest.sighting import SightingBatch
from streams.plates import LastFixes, LastSightings, PlateBook, PlateWatch
from tests.timeline import HOME, T0_MS, offset

BOOK = PlateBook.of(
    {
        "car": Plate("湘H12345", "blue", "car"),
        "bike": Plate("湘HB0001"),
        "van": Plate("湘H8D001", "yellow", "van"),
    }
)
CAR = BOOK.vehicles.index("car")


def sightings(*rows: dict) -> SightingBatch:
    """Rows of `plate`, `t_s` after `T0_MS`, `at` (metres east, north of `HOME`) and the rest."""
    n = len(rows)
    none = (None,) * n
    at = [offset(HOME, *row.get("at", (0, 0))) for row in rows]
    t_ms = np.array([T0_MS + int(row.get("t_s", 0) * 1000) for row in rows], np.int64)
    return SightingBatch(
        camera=tuple(row.get("camera", "C1") for row in rows),
        plate=tuple(row.get("plate", "湘H12345") for row in rows),
        plate_color=tuple(row.get("color") for row in rows),
        vehicle_class=tuple(row.get("kind") for row in rows),
        vehicle_color=none,
        image=none,
        image_sha256=none,
        read_id=none,
        t_ms=t_ms,
        received_ms=t_ms + np.array([int(row.get("late_s", 0) * 1000) for row in rows], np.int64),
        lon=np.array([place[0] for place in at]),
        lat=np.array([place[1] for place in at]),
        confidence=np.array([row.get("confidence", math.nan) for row in rows], np.float32),
        direction_deg=np.full(n, np.nan, np.float32),
    )


class Trackers:
    """Every tracker was last heard of at one place."""

    def __init__(self, ago_s: float | None = 0, at=(0, 0), speed: float = 0.0) -> None:
        self.fix_ms = 0 if ago_s is None else T0_MS - int(ago_s * 1000)
        self.place = offset(HOME, *at)
        self.speed = speed

    def __call__(self, rows: np.ndarray) -> LastFixes:
        n = len(rows)
        return LastFixes(
            np.full(n, self.fix_ms, np.int64),
            np.full(n, self.place[0]),
            np.full(n, self.place[1]),
            np.full(n, self.speed, np.float32),
        )


def look(*rows: dict, trackers=None, state=None, book=BOOK) -> np.ndarray:
    batch = sightings(*rows)
    state = LastSightings(book.vehicles) if state is None else state
    watch = PlateWatch(book)
    return watch.step(batch, (batch.lon, batch.lat), trackers or Trackers(), state)
