"""Reports: what the simulated terminals send, as columns, and their native JSON payloads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from ingest.fix import alarm_names

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]


class Payload(msgspec.Struct, omit_defaults=True):
    """The native dialect's fix; what is None or empty is left out of the JSON."""

    t: float
    lon: float
    lat: float
    speed: float | None = None
    heading: float | None = None
    acc: float | None = None
    ign: bool | None = None
    armed: bool | None = None
    alarms: tuple[str, ...] = ()
    batt: int | None = None
    seq: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Reports:
    """Columns over n reports, in the order in which they are sent.

    * `terminal`: int64[n], number of the vehicle in its fleet.
    * `sent`: float64[n], epoch seconds at which the terminal sends it; above `t` for a late one.
    * `t`: float64[n], epoch seconds of the fix, whole milliseconds.
    * `lon`, `lat`: float64[n], WGS-84 degrees, 7 decimals, never NaN.
    * `speed` m/s, `heading` degrees, `acc` metres: float64[n]; `batt`: int64[n], per cent.
    * `ign`, `armed`: bool[n]; `alarms`: int64[n], bits of `ingest.fix.Alarm`; `seq`: int64[n].
    """

    terminal: Int64
    sent: Float64
    t: Float64
    lon: Float64
    lat: Float64
    speed: Float64
    heading: Float64
    acc: Float64
    ign: Bool
    armed: Bool
    alarms: Int64
    batt: Int64
    seq: Int64

    def __len__(self) -> int:
        return len(self.t)

    @classmethod
    def empty(cls) -> Self:
        """No reports."""
        return cls(**{name: np.empty(0, dtype) for name, dtype in DTYPES.items()})

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        """All reports of `parts`, in their order."""
        if not parts:
            return cls.empty()
        if len(parts) == 1:
            return parts[0]
        return cls(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in DTYPES})

    def take(self, index: NDArray[np.intp] | Bool) -> Self:
        """The reports that `index` (positions or a mask) selects."""
        return type(self)(**{name: getattr(self, name)[index] for name in DTYPES})

    def by_sending(self) -> Self:
        """The same reports sorted by `sent`, then terminal, then number."""
        return self.take(np.lexsort((self.seq, self.terminal, self.sent)))


DTYPES: dict[str, type[np.generic]] = {
    "terminal": np.int64,
    "sent": np.float64,
    "t": np.float64,
    "lon": np.float64,
    "lat": np.float64,
    "speed": np.float64,
    "heading": np.float64,
    "acc": np.float64,
    "ign": np.bool_,
    "armed": np.bool_,
    "alarms": np.int64,
    "batt": np.int64,
    "seq": np.int64,
}

assert set(DTYPES) == {f.name for f in fields(Reports)}  # noqa: S101 - one list, two uses

_ALARM_NAMES: dict[int, tuple[str, ...]] = {0: ()}
_encode = msgspec.json.Encoder().encode


def _names(bits: int) -> tuple[str, ...]:
    if bits not in _ALARM_NAMES:
        _ALARM_NAMES[bits] = tuple(alarm_names(bits))
    return _ALARM_NAMES[bits]


def terminal_name(number: int) -> str:
    """The id of vehicle `number` (from 0) of the simulated fleet."""
    return f"YY{number + 1:06d}"


def topic_of(terminal: str) -> str:
    """The topic on which `terminal` reports."""
    return f"vg/v1/{terminal}/fix"


def payloads(reports: Reports) -> Iterator[tuple[int, bytes, bool]]:
    """Vehicle number, JSON and whether it carries an alarm, for each report in order."""
    rows = zip(
        reports.terminal.tolist(),
        reports.t.tolist(),
        reports.lon.tolist(),
        reports.lat.tolist(),
        np.round(reports.speed, 1).tolist(),
        (np.round(reports.heading, 1) % 360.0).tolist(),
        np.round(reports.acc, 1).tolist(),
        reports.ign.tolist(),
        reports.armed.tolist(),
        reports.alarms.tolist(),
        reports.batt.tolist(),
        reports.seq.tolist(),
        strict=True,
    )
    for number, t, lon, lat, speed, heading, acc, ign, armed, alarms, batt, seq in rows:
        fix = Payload(t, lon, lat, speed, heading, acc, ign, armed, _names(alarms), batt, seq)
        yield number, _encode(fix), alarms != 0
