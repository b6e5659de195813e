"""Zones that a vehicle jumped through between two fixes.

The way between two fixes is taken as straight and looked at every `EVERY_M`; a zone that holds none
of the two and some place between was crossed.  Nothing is claimed over gaps in which a vehicle may
have been anywhere.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from geofence.grid.growing import roomy
from geofence.grid.predicate import compiled
from geofence.watch.cover import Cover, touches
from geofence.watch.track import Use, distance_m
from geofence.watch.transition import TRANSITION, Kind
from geofence.zoneset import ZoneSet

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Bool = NDArray[np.bool_]
Records = NDArray[np.void]

EVERY_M = 50.0
LONGEST_M = 5_000.0
LONGEST_S = 600.0
_NONE, _LIVE, _CROSS = int(Use.NONE), int(Use.LIVE), int(Kind.CROSS)

WAY = np.dtype(
    [
        ("fix", "i8"),
        ("from_ms", "i8"),
        ("to_ms", "i8"),
        ("from_lon", "f8"),
        ("from_lat", "f8"),
        ("to_lon", "f8"),
        ("to_lat", "f8"),
    ],
    align=True,
)
"""A straight way that a vehicle made, told by the fix of that position in the batch."""

PLACE = np.dtype([("lon", "f8"), ("lat", "f8"), ("share", "f8"), ("way", "i8")], align=True)
"""A place on a way, `share` of it behind."""


class Crossing:
    """The zones for which to look: `wanted` bool[z] of `zones`."""

    def __init__(self, zones: ZoneSet, wanted: Bool) -> None:
        self._zones, self._wanted = zones, wanted
        self._cover = Cover.of([zones.zones[n] for n in np.flatnonzero(wanted)])

    def jumps(self, steps: Records, vehicle: Int32, place: tuple[Float64, Float64]) -> Records:
        """The crossings by the `STEP`[n] of a batch, `TRANSITION`[k] of kind CROSS.

        `place` is float64[n] degrees of longitude and of latitude.

        A vehicle at rest crosses nothing; the step by which it left its rest counts once it is
        known.
        """
        ways, places = look(steps, *place, self._cover)
        if not len(places):
            return np.empty(0, TRANSITION)
        spot, zone = self._zones.match(places["lon"], places["lat"])
        scratch = np.zeros((2, len(self._wanted)), np.int64)
        found: Records = crossings(ways, places, spot, zone, self._wanted, steps, vehicle, scratch)
        return found


@compiled
def look(steps, lon, lat, cover):
    """The ways that `STEP`[n] made, `WAY`[w], and the places on them to ask about, `PLACE`[p].

    Of the places between only those that `cover` touches, and of the ways those that have any; the
    two ends of each come before what is between.
    """
    ways, places = np.empty(64, WAY), np.empty(256, PLACE)
    n_ways = 0
    n_places = 0
    for i in range(steps.shape[0]):
        step = steps[i]
        if step.use == _NONE or step.first or step.resting:
            continue
        # to where it was when it left, as far as that was a step of its own, and on to here
        for part in range(2 if step.leaving else 1):
            ways = roomy(ways, n_ways, n_ways + 1)
            way = ways[n_ways]
            way.fix = i
            way.from_ms = step.from_ms
            way.to_ms = step.t_ms
            way.from_lon = step.from_lon
            way.from_lat = step.from_lat
            way.to_lon = lon[i]
            way.to_lat = lat[i]
            if step.leaving and part == 0:
                way.from_ms = step.leave_ms - (step.t_ms - step.from_ms)
                way.to_ms = step.leave_ms
                way.from_lon = step.left_lon
                way.from_lat = step.left_lat
                way.to_lon = step.leave_lon
                way.to_lat = step.leave_lat
            length_m = distance_m(way.from_lon, way.from_lat, way.to_lon, way.to_lat)
            took_ms = way.to_ms - way.from_ms
            if not EVERY_M < length_m <= LONGEST_M or took_ms > LONGEST_S * 1000.0:
                continue
            parts = np.int64(math.ceil(length_m / EVERY_M))
            places = roomy(places, n_places, n_places + parts + 1)
            _put(places[n_places], way, n_ways, 0.0)
            _put(places[n_places + 1], way, n_ways, 1.0)
            n = n_places + 2
            for nth in range(1, parts):
                _put(places[n], way, n_ways, nth / parts)
                n += touches(cover, places[n].lon, places[n].lat)
            if n > n_places + 2:
                n_places = n
                n_ways += 1
    return ways[:n_ways], places[:n_places]


@compiled
def _put(place, way, number, share):
    place.lon = way.from_lon + share * (way.to_lon - way.from_lon)
    place.lat = way.from_lat + share * (way.to_lat - way.from_lat)
    if share == 1.0:
        place.lon = way.to_lon  # to the last bit
        place.lat = way.to_lat
    place.share = share
    place.way = number


@compiled
def crossings(ways, places, spot, zone, wanted, steps, vehicle, scratch):
    """`TRANSITION`[k]: the first place of each way in each zone that holds none of its ends.

    `zone[h]` holds `places[spot[h]]`, by place; `wanted` bool[z]; `scratch` int64[2, z] of zeros.
    """
    at_end, told = scratch
    out = np.zeros(16, TRANSITION)
    n = 0
    for h in range(spot.shape[0]):
        which = zone[h]
        if not wanted[which]:
            continue
        place = places[spot[h]]
        if place.share in (0.0, 1.0):
            at_end[which] = place.way + 1
            continue
        way = ways[place.way]
        # two ways end at the fix that shows that a vehicle left its rest: told is the first
        if at_end[which] == place.way + 1 or told[which] == way.fix + 1:
            continue
        told[which] = way.fix + 1
        out = roomy(out, n, n + 1)
        found = out[n]
        n += 1
        found.kind = _CROSS
        found.fix = way.fix
        found.vehicle = vehicle[way.fix]
        found.zone = which
        found.t_ms = way.from_ms + np.int64(place.share * (way.to_ms - way.from_ms))
        found.t_detected_ms = steps[way.fix].t_ms
        found.lon = round(place.lon * 1e7) / 1e7
        found.lat = round(place.lat * 1e7) / 1e7
        found.margin_m = 0.0
        found.fixes = 2
        found.live = steps[way.fix].use == _LIVE
    return out[:n]
