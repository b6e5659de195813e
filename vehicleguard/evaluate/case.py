"""A case: the fixes of one vehicle, and what is true of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.fix import NO_SEQ, FixBatch, Flag
from vehicleguard.evaluate.fixes import Fixes
from vehicleguard.evaluate.terminal import Terminal

Float64 = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Case:
    """One vehicle's fixes, in order of event time.

    `theft_t`: epoch s of the first moment of the theft, None for a negative.  `place` (lon, lat) is
    where it was truly parked.  `counted`: whether it counts in the totals (not for what nobody
    could tell), `natural`: whether it is real hours as recorded.  `blue_is_right`: of a negative
    that should be asked about, but no more.
    """

    kind: str
    fixes: Fixes
    place: tuple[float, float]
    theft_t: float | None = None
    counted: bool = True
    natural: bool = False
    must_be_red: bool = False
    blue_is_right: bool = False
    terminal: Terminal | None = None

    @property
    def hours(self) -> float:
        """Vehicle-hours from the first to the last fix."""
        t = self.fixes.t
        return float(t[-1] - t[0]) / 3600


def batch_of(cases: Sequence[Case]) -> tuple[FixBatch, list[str]]:
    """All cases as one batch in order of arrival, and each case's vehicle id."""
    nth: Counter[str] = Counter()
    ids = []
    for case in cases:
        ids.append(f"{case.kind}-{nth[case.kind]:04d}")
        nth[case.kind] += 1
    held = Fixes.concat([case.fixes for case in cases])
    vehicle = np.repeat(
        np.arange(len(cases), dtype=np.int32), [len(case.fixes.t) for case in cases]
    )
    order = np.argsort(held.received, kind="stable")
    held, vehicle = held.take(order), vehicle[order]
    flags = np.where(held.located, int(Flag.LOCATED), 0)
    flags |= np.where(held.ignition >= 0, int(Flag.IGNITION_KNOWN), 0)
    flags |= np.where(held.ignition == 1, int(Flag.IGNITION), 0)
    flags |= np.where(held.armed >= 0, int(Flag.ARMED_KNOWN), 0)
    flags |= np.where(held.armed == 1, int(Flag.ARMED), 0)
    flags |= np.where(held.back_fill, int(Flag.BACK_FILL), 0)
    n = len(held.t)
    unknown = np.full(n, np.nan, np.float32)
    batch = FixBatch(
        ids=tuple(ids),
        vehicle=vehicle,
        t_ms=np.round(held.t * 1000).astype(np.int64),
        received_ms=np.round(held.received * 1000).astype(np.int64),
        lon=held.lon,
        lat=held.lat,
        speed_mps=held.speed.astype(np.float32),
        heading_deg=unknown,
        accuracy_m=held.accuracy.astype(np.float32),
        altitude_m=unknown,
        flags=flags.astype(np.uint32),
        alarms=held.alarms.astype(np.uint32),
        seq=np.full(n, NO_SEQ, np.int64),
    )
    return batch, ids
