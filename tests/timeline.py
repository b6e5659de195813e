"""Stories of vehicles, told fix by fix, for tests: `Track("v").park(at, minutes).ride(...)`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from ingest.fix import COLUMNS, NO_SEQ, Alarm, FixBatch, Flag

T0_MS = 1_750_000_000_000
NO_ALARM = Alarm(0)
HOME = (112.355, 28.555)
_M_PER_DEGREE = 6_371_008.8 * math.pi / 180


def offset(place: tuple[float, float], east_m: float, north_m: float) -> tuple[float, float]:
    lon, lat = place
    return (
        lon + east_m / (_M_PER_DEGREE * math.cos(math.radians(lat))),
        lat + north_m / _M_PER_DEGREE,
    )


@dataclass
class Track:
    """Fixes of one vehicle; `armed` and `ignition` are what its terminal says (None = nothing)."""

    vehicle: str = "v"
    t_ms: int = T0_MS
    at: tuple[float, float] = HOME
    armed: bool | None = None
    ignition: bool | None = None
    late_s: float = 0
    rows: list[dict[str, object]] = field(default_factory=list)

    def fix(
        self,
        *,
        after_s: float = 30,
        at: tuple[float, float] | None = None,
        speed: float = math.nan,
        accuracy: float = math.nan,
        received_after_s: float | None = None,
        located: bool = True,
        back_fill: bool = False,
        alarms: Alarm = NO_ALARM,
    ) -> Self:
        self.t_ms += int(after_s * 1000)
        self.at = self.at if at is None else at
        late_s = self.late_s if received_after_s is None else received_after_s
        flags = Flag.LOCATED if located else Flag(0)
        if back_fill:
            flags |= Flag.BACK_FILL
        if self.armed is not None:
            flags |= Flag.ARMED_KNOWN | (Flag.ARMED if self.armed else Flag(0))
        if self.ignition is not None:
            flags |= Flag.IGNITION_KNOWN | (Flag.IGNITION if self.ignition else Flag(0))
        self.rows.append(
            {
                "ids": self.vehicle,
                "t_ms": self.t_ms,
                "received_ms": self.t_ms + int(late_s * 1000),
                "lon": self.at[0],
                "lat": self.at[1],
                "speed_mps": speed,
                "heading_deg": math.nan,
                "accuracy_m": accuracy,
                "altitude_m": math.nan,
                "flags": int(flags),
                "alarms": int(alarms),
                "seq": NO_SEQ,
            }
        )
        return self

    def park(
        self,
        minutes: float,
        *,
        every_s: float = 30,
        wander_m: float = 3,
        says: bool = True,
        alarms: Alarm = NO_ALARM,
    ) -> Self:
        here, rng = self.at, np.random.default_rng(7)
        for _ in range(round(minutes * 60 / every_s)):
            east, north = rng.normal(0, wander_m, 2)
            self.fix(
                after_s=every_s,
                at=offset(here, east, north),
                speed=0.0 if says else math.nan,
                alarms=alarms,
            )
        self.at = here
        return self

    def wait(self, minutes: float) -> Self:
        """Say nothing."""
        self.t_ms += round(minutes * 60_000)
        return self

    def ride(
        self,
        fixes: int,
        *,
        mps: float = 8,
        every_s: float = 10,
        says: bool = True,
        alarms: Alarm = NO_ALARM,
    ) -> Self:
        for _ in range(fixes):
            self.fix(
                after_s=every_s,
                at=offset(self.at, mps * every_s, 0),
                speed=mps if says else math.nan,
                alarms=alarms,
            )
        return self

    def batch(self) -> FixBatch:
        return batch_of(self.rows)


def arrivals(*tracks: Track) -> FixBatch:
    """The fixes of all tracks in order of arrival."""
    rows = [row for track in tracks for row in track.rows]
    return batch_of(sorted(rows, key=lambda row: int(str(row["received_ms"]))))


def batch_of(rows: list[dict[str, object]]) -> FixBatch:
    ids = tuple(dict.fromkeys(str(row["ids"]) for row in rows))
    code = {vehicle: n for n, vehicle in enumerate(ids)}
    columns = {
        name: np.array([row[name] for row in rows], dtype)
        for name, dtype in COLUMNS.items()
        if name != "vehicle"
    }
    return FixBatch(
        ids=ids, vehicle=np.array([code[str(row["ids"])] for row in rows], np.int32), **columns
    )
