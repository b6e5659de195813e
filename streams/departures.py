"""Who left its place of late, and where: the departures by which several at once are known.

Found by band of latitude, so that a thousand thefts at once cost each no more than a few.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeVar

from geofence.watch.track import M_PER_DEGREE, distance_m


class Departure(NamedTuple):
    """A vehicle that left its place (degrees WGS-84) although it was armed.

    `told`: that it did not leave alone was said.
    """

    t_ms: int
    vehicle_id: str
    episode_ms: int
    lon: float
    lat: float
    told: bool = False


K = TypeVar("K")

NEAR_M = 150.0
"""Places so near to each other are one."""
_BAND_DEG = 1.001 * NEAR_M / M_PER_DEGREE  # what is near lies in the same band or one beside it


class Departures:
    """Departures in the order in which they were added, each under a number of its own."""

    def __init__(self, departures: Iterable[Departure] = ()) -> None:
        self._held: dict[int, Departure] = {}
        self._in_band: dict[int, set[int]] = {}
        self._of_vehicle: dict[str, set[int]] = {}
        self._times: list[tuple[int, int]] = []
        self._next = 0
        for departure in departures:
            self.add(departure)

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[Departure]:
        return iter(self._held.values())

    def __getitem__(self, number: int) -> Departure:
        return self._held[number]

    def add(self, departure: Departure) -> None:
        """Remember one more."""
        number, self._next = self._next, self._next + 1
        self._held[number] = departure
        self._in_band.setdefault(_band(departure.lat), set()).add(number)
        self._of_vehicle.setdefault(departure.vehicle_id, set()).add(number)
        heapq.heappush(self._times, (departure.t_ms, number))

    def forget(self, before_ms: int, most: int) -> None:
        """Forget those before that time, and all but the `most` that were added last."""
        while self._times and self._times[0][0] < before_ms:
            self._drop(heapq.heappop(self._times)[1])
        while len(self._held) > most:
            self._drop(next(iter(self._held)))

    def near(self, departure: Departure) -> list[int]:
        """The numbers of those of the same vehicle, or within `NEAR_M`, in order."""
        band = _band(departure.lat)
        found = set(self._of_vehicle.get(departure.vehicle_id, ()))
        for beside in (band - 1, band, band + 1):
            for number in self._in_band.get(beside, ()):
                one = self._held[number]
                if distance_m(one.lon, one.lat, departure.lon, departure.lat) <= NEAR_M:
                    found.add(number)
        return sorted(found)

    def tell(self, number: int) -> None:
        """It was said that this one did not leave alone."""
        self._held[number] = self._held[number]._replace(told=True)

    def _drop(self, number: int) -> None:
        one = self._held.pop(number, None)
        if one is None:  # forgotten already
            return
        _discard(self._in_band, _band(one.lat), number)
        _discard(self._of_vehicle, one.vehicle_id, number)


def _band(lat: float) -> int:
    return math.floor(lat / _BAND_DEG)


def _discard(index: dict[K, set[int]], key: K, number: int) -> None:
    index[key].discard(number)
    if not index[key]:
        del index[key]
