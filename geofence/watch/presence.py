"""Who is in which zone: the state of all vehicles, and what of it outlives an edit of the zones."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from geofence.watch.track import TRACK
from geofence.watch.visit import ENTRY, VISITOR
from geofence.zoneset import ZoneSet

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
UInt64 = NDArray[np.uint64]
Records = NDArray[np.void]


def _no_keys() -> UInt64:
    return np.empty(0, np.uint64)


@dataclass
class Presence:
    """Tracks, visitors and entries of the vehicles with rows 0 to n - 1.

    * `tracks` `TRACK`[n] and `visitors` `VISITOR`[n]; `entries` `ENTRY`[e], of which the first
      `used` are given out: a visitor's are `entries[at:at + count]`.
    * `keys`, `shapes` uint64[z]: `ZoneSet.keys` and `ZoneSet.shapes` of the zones that the entries
      mean by position.
    """

    tracks: Records = field(default_factory=lambda: np.zeros(0, TRACK))
    visitors: Records = field(default_factory=lambda: np.zeros(0, VISITOR))
    entries: Records = field(default_factory=lambda: np.zeros(64, ENTRY))
    used: int = 0
    keys: UInt64 = field(default_factory=_no_keys)
    shapes: UInt64 = field(default_factory=_no_keys)

    @classmethod
    def over(cls, zones: ZoneSet) -> Self:
        """Nobody heard of yet, in any of `zones`."""
        return cls(keys=zones.keys, shapes=zones.shapes)

    def __len__(self) -> int:
        return len(self.tracks)

    def make_room(self, rows: int) -> None:
        """Have rows for `rows` vehicles."""
        if rows > len(self.tracks):
            room = max(rows, 2 * len(self.tracks))
            self.tracks = _longer(self.tracks, room)
            self.visitors = _longer(self.visitors, room)

    def listed(self) -> tuple[Int64, Records]:
        """All entries, by vehicle: the vehicles' rows int64[e] and `ENTRY`[e]."""
        count = self.visitors["count"].astype(np.int64)
        vehicle = np.repeat(np.arange(len(count)), count)
        nth = np.arange(len(vehicle)) - np.repeat(np.cumsum(count) - count, count)
        return vehicle, self.entries[self.visitors["at"][vehicle] + nth]

    def inside(self) -> tuple[Int64, Int32, Int64]:
        """Who is where: rows int64[k], zones int32[k] and since when, int64[k] ms; by row."""
        vehicle, entries = self.listed()
        held = entries["inside"] == 1
        zone: Int32 = entries["zone"][held]
        since: Int64 = entries["since_ms"][held]
        order = np.lexsort((zone, vehicle[held]))
        return vehicle[held][order], zone[order], since[order]

    def zones_of(self, vehicle: int) -> Int32:
        """The zones that a vehicle is in, ordered."""
        if vehicle >= len(self.visitors):
            return np.empty(0, np.int32)
        own = self.visitors[vehicle]
        entries = self.entries[own["at"] : own["at"] + own["count"]]
        zones: Int32 = np.sort(entries["zone"][entries["inside"] == 1])
        return zones

    def rebased(self, zones: ZoneSet) -> Self:
        """The same presence over other zones; no transition is lost, made up or told twice.

        A zone is the same when its id is, wherever it stands.  Who was in a zone that is gone is
        in it no more, silently.  Of a zone that is new or was drawn anew, those are in it that
        stand in it now, since their newest fix, silently: nobody crossed a line, the line moved.
        """
        vehicle, entries = self.listed()
        position = np.searchsorted(zones.keys, self.keys, sorter=(order := np.argsort(zones.keys)))
        found = order[np.minimum(position, len(order) - 1)] if len(order) else position
        same = np.zeros(len(self.keys), bool)
        if len(order):
            same = (zones.keys[found] == self.keys) & (zones.shapes[found] == self.shapes)
        kept = same[entries["zone"]]
        vehicle, entries = vehicle[kept], entries[kept].copy()
        entries["zone"] = found[entries["zone"]]
        known = np.zeros(len(zones), bool)
        known[found[same]] = True
        more_vehicle, more = self._standing_in(zones, ~known)
        vehicle, entries = np.concatenate([vehicle, more_vehicle]), np.concatenate([entries, more])
        by_vehicle = np.argsort(vehicle, kind="stable")
        vehicle, entries = vehicle[by_vehicle], entries[by_vehicle]
        return replace(
            self,
            tracks=self.tracks.copy(),
            visitors=visitors_of(vehicle, entries, len(self), zones.keys),
            entries=entries if len(entries) else np.zeros(64, ENTRY),
            used=len(entries),
            keys=zones.keys,
            shapes=zones.shapes,
        )

    def forget(self, rows: Int64) -> None:
        """Remember nothing of the vehicles of `rows`: their next fixes are their first."""
        self.tracks[rows] = 0
        self.visitors[rows] = 0

    def _standing_in(self, zones: ZoneSet, wanted: NDArray[np.bool_]) -> tuple[Int64, Records]:
        heard = np.flatnonzero(self.tracks["fix_ms"] != 0)
        if not wanted.any() or not len(heard):
            return np.empty(0, np.int64), np.empty(0, ENTRY)
        tracks = self.tracks[heard]
        resting = tracks["resting"] == 1
        lon = np.where(resting, tracks["rest_lon"], tracks["lon"])
        lat = np.where(resting, tracks["rest_lat"], tracks["lat"])
        at, zone = zones.match(lon, lat)
        at, zone = at[wanted[zone]], zone[wanted[zone]]
        entries = np.zeros(len(at), ENTRY)
        entries["zone"] = zone
        entries["inside"] = 1
        entries["since_ms"] = tracks["fix_ms"][at]
        return heard[at], entries


def visitors_of(vehicle: Int64, entries: Records, rows: int, keys: UInt64) -> Records:
    """`VISITOR`[rows] over `entries` that are ordered by `vehicle` and lie one after the other."""
    visitors = np.zeros(rows, VISITOR)
    count = np.bincount(vehicle, minlength=rows)
    visitors["count"] = visitors["room"] = count
    visitors["at"] = np.cumsum(count) - count
    visitors["open"] = np.bincount(vehicle[entries["evidence"] > 0], minlength=rows)
    held = entries["inside"] == 1
    np.bitwise_xor.at(visitors["signature"], vehicle[held], keys[entries["zone"][held]])
    return visitors


def _longer(records: Any, room: int) -> Any:
    out = np.zeros(room, records.dtype)
    out[: len(records)] = records
    return out
