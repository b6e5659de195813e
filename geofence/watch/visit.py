"""The compiled heart of presence: evidence on vehicles and zones, one fix after the other."""

from __future__ import annotations

import numpy as np

from geofence.grid.growing import roomy
from geofence.grid.predicate import compiled
from geofence.grid.prefetch import AHEAD, prefetch, prefetch_whole
from geofence.watch.margin import margin_m
from geofence.watch.track import Use
from geofence.watch.transition import TRANSITION, Kind

VISITOR = np.dtype(
    [
        ("signature", "u8"),  # XOR of the keys of the zones it is in
        ("at", "i8"),  # its entries begin here
        ("count", "u4"),
        ("room", "u4"),
        ("open", "u4"),  # entries with evidence against them
        ("stirred", "u4"),  # within `select` alone: a fix before may change something
    ],
    align=True,
)
"""One vehicle's place among the entries."""

ENTRY = np.dtype(
    [
        ("since_ms", "i8"),  # when it came in; of a zone it is not in, 0
        ("first_ms", "i8"),  # the fix at which the evidence left 0
        ("lon_e7", "i4"),
        ("lat_e7", "i4"),
        ("zone", "i4"),
        ("evidence", "f4"),  # for the other side than `inside` says
        ("fixes", "u2"),
        ("inside", "u1"),
    ],
    align=True,
)
"""A zone that a vehicle is in, or perhaps came into."""

_NONE, _LIVE = int(Use.NONE), int(Use.LIVE)
_FOUND, _ENTER, _EXIT = int(Kind.FOUND), int(Kind.ENTER), int(Kind.EXIT)
_MOST_FIXES = 65_535
_LEAST_ROOM = 4


@compiled
def stand(steps, lon, lat, out_lon, out_lat):
    """Where each vehicle is for all questions about zones: at its resting place while it rests."""
    for i in range(steps.shape[0]):
        step = steps[i]
        rests = step.use != _NONE and step.resting and not step.departing
        out_lon[i] = step.rest_lon if rests else lon[i]
        out_lat[i] = step.rest_lat if rests else lat[i]


@compiled
def select(visitors, vehicle, steps, signature, busy):
    """Positions of the fixes that may change something, into `busy`; how many.

    May name too many: all of a vehicle's once one of them does.
    """
    n = 0
    for i in range(vehicle.shape[0]):
        if i + AHEAD < vehicle.shape[0]:
            prefetch(visitors, vehicle[i + AHEAD])
        if steps[i].use == _NONE:
            continue
        own = visitors[vehicle[i]]
        # evidence can open only in `advance`, so from a vehicle's first such fix on all are taken
        if own.stirred or own.open > 0 or signature[i] != own.signature:
            own.stirred = 1
            busy[n] = i
            n += 1
    for k in range(n):
        visitors[vehicle[busy[k]]].stirred = 0
    return n


@compiled
def advance(
    visitors, entries, used, busy, vehicle, steps, lon, lat, accuracy_m, signature, hit_at, hit,
    keys, margins, parameters,
):  # fmt: skip
    """Advance visitors and entries by the `busy` fixes; `lon`, `lat` are as `stand` has them.

    `hit[hit_at[k]:hit_at[k + 1]]` are the zones of fix `busy[k]`, ordered.  Returns (entries, used,
    found, transitions): the entries may have moved.
    """
    p = parameters[0]
    found = 0
    out = np.empty(64, TRANSITION)
    # which zones hold the fix at hand, the k-th: k + 1, and -k - 1 when an entry stands for it
    mark = np.zeros(keys.shape[0], np.int64)
    for k in range(busy.shape[0]):
        if k + AHEAD < busy.shape[0]:
            prefetch_whole(entries, visitors[vehicle[busy[k + AHEAD]]].at)
        i = busy[k]
        step = steps[i]
        own = visitors[vehicle[i]]
        if own.open == 0 and signature[i] == own.signature:
            continue
        first, after = hit_at[k], hit_at[k + 1]
        out = roomy(out, found, found + own.count + after - first)
        if step.first:
            for h in range(first, after):
                entries, used = _append(own, entries, used, hit[h])
                entry = entries[own.at + own.count - 1]
                _begin(entry, step.t_ms, lon[i], lat[i])
                entry.fixes = 1
                entry.since_ms = step.t_ms
                _note(out[found], entry, step, i, vehicle[i], _FOUND, np.nan)
                found += 1
                entry.inside = 1
            own.signature = signature[i]
            continue
        band_m = 0.0
        if accuracy_m[i] == accuracy_m[i]:
            band_m = p.accuracy_factor * accuracy_m[i]
        for h in range(first, after):
            mark[hit[h]] = k + 1
        for e in range(own.at, own.at + own.count):
            if mark[entries[e].zone] == k + 1:
                mark[entries[e].zone] = -k - 1
        for h in range(first, after):
            if mark[hit[h]] == k + 1:
                entries, used = _append(own, entries, used, hit[h])
        own.open = 0
        e = own.at
        while e < own.at + own.count:
            entry = entries[e]
            if step.returned:
                entry.evidence = 0.0
            # not in question, whatever other zones are
            if entry.inside and entry.evidence == 0.0 and abs(mark[entry.zone]) == k + 1:
                e += 1
                continue
            at_rest = step.resting and not step.departing
            margin = _weigh(
                entry, margins, lon[i], lat[i], step.t_ms, step.weight, at_rest, band_m, p
            )
            # of a departure that is not believed yet nothing is
            if entry.evidence >= 1.0 and not step.departing:
                kind = _EXIT if entry.inside else _ENTER
                _note(out[found], entry, step, i, vehicle[i], kind, margin)
                found += 1
                own.signature ^= keys[entry.zone]
                entry.inside = 1 - entry.inside
                entry.since_ms = entry.first_ms if entry.inside else 0
                entry.evidence = 0.0
            if entry.evidence == 0.0 and not entry.inside:
                own.count -= 1
                entries[e] = entries[own.at + own.count]
                continue
            if entry.evidence > 0.0:
                own.open += 1
            e += 1
    return entries, used, found, out


@compiled
def _weigh(entry, margins, lon, lat, t_ms, weight, resting, widened_m, p):
    """Add the evidence of one place; how deep it is on the other side than the entry's, metres."""
    margin = margin_m(margins, lon, lat, entry.zone, p.cap_m)
    into_m = min(max(p.entry_band_m, widened_m), margins[7][entry.zone])
    out_m = max(p.exit_band_m, widened_m)
    deep, against_m, for_m = margin, into_m, out_m
    if entry.inside:
        deep, against_m, for_m = -margin, out_m, into_m
    if deep > against_m:
        if entry.evidence == 0.0:
            _begin(entry, t_ms, lon, lat)
        entry.fixes = min(_MOST_FIXES, entry.fixes + 1)
        entry.evidence += weight * min(1.0, max(p.least, deep / p.alone_m))
    elif deep > 0.0:
        # within the band it begins nothing, and a vehicle on its way goes on with what began
        if entry.evidence > 0.0 and not resting:
            entry.fixes = min(_MOST_FIXES, entry.fixes + 1)
            entry.evidence += weight * 0.25 * p.least
    elif deep < 0.0 and entry.evidence > 0.0:
        less = 0.5 * p.least
        if -deep > for_m:
            less = min(1.0, max(p.least, -deep / p.alone_m))
        entry.evidence = max(0.0, entry.evidence - weight * less)
    return deep


@compiled
def _begin(entry, t_ms, lon, lat):
    entry.first_ms = t_ms
    entry.lon_e7 = np.int32(round(lon * 1e7))
    entry.lat_e7 = np.int32(round(lat * 1e7))
    entry.fixes = 0


@compiled
def _note(out, entry, step, fix, vehicle, kind, deep):
    out.t_ms = entry.first_ms
    out.t_detected_ms = step.t_ms
    out.fix = fix
    out.lon = entry.lon_e7 * 1e-7
    out.lat = entry.lat_e7 * 1e-7
    out.vehicle = vehicle
    out.zone = entry.zone
    out.margin_m = deep
    out.fixes = entry.fixes
    out.kind = kind
    out.live = step.use == _LIVE


@compiled
def _append(own, entries, used, zone):
    """A fresh entry at the end of a vehicle's; (entries, used)."""
    if own.count == own.room:
        room = max(_LEAST_ROOM, 2 * own.room)
        entries = roomy(entries, used, used + room)
        for e in range(own.count):
            entries[used + e] = entries[own.at + e]
        own.at = used
        own.room = room
        used += room
    entry = entries[own.at + own.count]
    entry.since_ms = 0
    entry.first_ms = 0
    entry.lon_e7 = 0
    entry.lat_e7 = 0
    entry.zone = zone
    entry.evidence = 0.0
    entry.fixes = 0
    entry.inside = 0
    own.count += 1
    return entries, used
