"""Zones that a vehicle jumped through between two fixes.

The way between two fixes is taken as straight and looked at every `EVERY_M`; a zone that holds none
of the two and some place between was crossed.  Nothing is claimed over gaps in which a vehicle may
have been anywhere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geofence.metric import quick_distance_m
from geofence.watch.track import Use
from geofence.watch.transition import TRANSITION, Kind
from geofence.zoneset import ZoneSet

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]
Records = NDArray[np.void]

EVERY_M = 50.0
LONGEST_M = 5_000.0
LONGEST_S = 600.0


def jumps(
    zones: ZoneSet, wanted: Bool, steps: Records, vehicle: Int32, place: tuple[Float64, Float64]
) -> Records:
    """The crossings of `wanted` zones by the `STEP`[n] of a batch, `TRANSITION`[k] of kind CROSS.

    `place` is float64[n] degrees of longitude and of latitude.

    A vehicle at rest crosses nothing; the step by which it left its rest counts once it is known.
    """
    lon, lat = place
    used = (steps["use"] != Use.NONE) & (steps["first"] == 0) & (steps["resting"] == 0)
    on = np.flatnonzero(used & (steps["leaving"] == 0))
    off = np.flatnonzero(used & (steps["leaving"] == 1))
    took = steps["t_ms"] - steps["from_ms"]
    parts = [
        (on, steps["from_lon"][on], steps["from_lat"][on], lon[on], lat[on],
         steps["from_ms"][on], steps["t_ms"][on]),
        (off, steps["left_lon"][off], steps["left_lat"][off], steps["leave_lon"][off],
         steps["leave_lat"][off], steps["leave_ms"][off] - took[off], steps["leave_ms"][off]),
        (off, steps["from_lon"][off], steps["from_lat"][off], lon[off], lat[off],
         steps["from_ms"][off], steps["t_ms"][off]),
    ]  # fmt: skip
    fix, x0, y0, x1, y1, t0, t1 = (np.concatenate(column) for column in zip(*parts, strict=True))
    length_m = quick_distance_m(x0, y0, x1, y1)
    looked = (length_m > EVERY_M) & (length_m <= LONGEST_M) & (t1 - t0 <= LONGEST_S * 1000)
    fix, x0, y0, x1, y1, t0, t1 = (a[looked] for a in (fix, x0, y0, x1, y1, t0, t1))
    places = np.ceil(length_m[looked] / EVERY_M).astype(np.int64) - 1
    way = np.repeat(np.arange(len(fix)), places)
    nth = np.arange(len(way)) - np.repeat(np.cumsum(places) - places, places) + 1
    share = nth / (places[way] + 1)
    spot, zone = zones.match(x0[way] + share * (x1 - x0)[way], y0[way] + share * (y1 - y0)[way])
    spot, zone = spot[wanted[zone]], zone[wanted[zone]]
    if not len(spot):
        return np.empty(0, TRANSITION)
    # the first place of each way in each zone
    pair, first = np.unique(way[spot] * len(zones) + zone, return_index=True)
    # few ways lead through any, so the ends of those alone are asked about
    through = np.unique(way[spot])
    ends = [zones.match(x[through], y[through]) for x, y in ((x0, y0), (x1, y1))]
    held = np.concatenate([through[at] * len(zones) + end for at, end in ends])
    first = first[~np.isin(pair, held)]
    spot, zone = spot[first], zone[first]
    at, share = way[spot], share[spot]
    out = np.zeros(len(spot), TRANSITION)
    out["kind"] = Kind.CROSS
    out["fix"] = fix[at]
    out["vehicle"] = vehicle[fix[at]]
    out["zone"] = zone
    out["t_ms"] = t0[at] + (share * (t1 - t0)[at]).astype(np.int64)
    out["t_detected_ms"] = steps["t_ms"][fix[at]]
    out["lon"] = np.round(x0[at] + share * (x1 - x0)[at], 7)
    out["lat"] = np.round(y0[at] + share * (y1 - y0)[at], 7)
    out["fixes"] = 2
    out["live"] = steps["use"][fix[at]] == Use.LIVE
    # two ways end at the fix that shows that a vehicle left its rest
    _, once = np.unique(out["fix"] * len(zones) + out["zone"], return_index=True)
    return out[once]
