"""Recorded tracks for tests, and what a naive rule and a patient reader make of them.

The sample that is shipped is always there; traces that may not be shipped are added where they
lie, see `test_real_outlines`.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numba
import numpy as np
import pyarrow.parquet as pq

from geofence import ZoneSet
from geofence.watch import Kind, Presence, Watch
from geofence.watch.margin import Margins
from geofence.watch.track import STEP, TRACK, TrackParameters, follow
from ingest.fix import FixBatch, Flag

BATCH = 65_536


def read(path: Path, key: str = "vehicle_id", most: int | None = None) -> FixBatch:
    """The fixes of a trace by vehicle, then time; `key` names the column of vehicles."""
    table = pq.read_table(path).slice(0, most)
    ids, vehicle = np.unique(np.array(table[key].to_pylist()), return_inverse=True)
    t_ms = (table["t"].to_numpy() * 1000).astype(np.int64)
    order = np.lexsort((t_ms, vehicle))
    n = len(order)
    unknown = np.full(n, np.nan, np.float32)
    return FixBatch(
        ids=tuple(ids),
        vehicle=vehicle[order].astype(np.int32),
        t_ms=t_ms[order],
        received_ms=t_ms[order],
        lon=table["lon"].to_numpy()[order],
        lat=table["lat"].to_numpy()[order],
        speed_mps=unknown,
        heading_deg=unknown,
        accuracy_m=unknown,
        altitude_m=unknown,
        flags=np.full(n, Flag.LOCATED, np.uint32),
        alarms=np.zeros(n, np.uint32),
        seq=np.full(n, -1, np.int64),
    )


def believed(batch: FixBatch) -> FixBatch:
    """The fixes that are in order and physically possible; the reader looks at the same ones."""
    steps = np.zeros(len(batch), STEP)
    rows = np.zeros(len(batch.ids), TRACK)
    follow(
        rows, batch.vehicle, batch.t_ms, batch.received_ms, batch.lon, batch.lat, batch.accuracy_m,
        batch.flags, TrackParameters().record(), (int(Flag.LOCATED), int(Flag.BACK_FILL)), steps,
    )  # fmt: skip
    return batch.take(steps["use"] > 0)


def transitions(batch: FixBatch, zones: ZoneSet) -> np.ndarray:
    watch, presence, out = Watch(zones), Presence.over(zones), []
    for first in range(0, len(batch), BATCH):
        part = batch.take(slice(first, first + BATCH))
        found, _ = watch.advance(presence, part, part.vehicle)
        found["fix"] += first
        out.append(found[found["kind"] != Kind.FOUND])
    return np.concatenate(out)


def starts(batch: FixBatch) -> np.ndarray:
    """Where each vehicle's fixes begin, and the end."""
    return np.searchsorted(batch.vehicle, np.arange(len(batch.ids) + 1))


def holds(batch: FixBatch, zones: ZoneSet) -> np.ndarray:
    """bool[zones, fixes]: what `match` says of every fix."""
    held = np.zeros((len(zones), len(batch)), bool)
    fix, zone = zones.match(batch.lon, batch.lat)
    held[zone, fix] = True
    return held


def flips(batch: FixBatch, held: np.ndarray) -> np.ndarray:
    """Fixes at which the naive rule, inside or not at every fix, tells a transition of a zone."""
    same = batch.vehicle[1:] == batch.vehicle[:-1]
    return np.flatnonzero((held[1:] != held[:-1]) & same) + 1


def positions(batch: FixBatch, found: np.ndarray) -> np.ndarray:
    """The fixes that first showed each of `found`."""
    at = starts(batch)
    return np.array(
        [
            at[v] + np.searchsorted(batch.t_ms[at[v] : at[v + 1]], t)
            for v, t in zip(found["vehicle"], found["t_ms"], strict=True)
        ],
        np.int64,
    )


def undone(batch: FixBatch, told: np.ndarray, margin: np.ndarray) -> int:
    """Flaps: transitions undone within 10 minutes that never led 100 m away from the line."""
    told = np.sort(told)
    count = 0
    for a, b in pairwise(told):
        if batch.vehicle[a] == batch.vehicle[b] and batch.t_ms[b] - batch.t_ms[a] <= 600_000:
            count += bool(np.abs(margin[a:b]).max() < 100)
    return count


def smoothed(batch: FixBatch, margin: np.ndarray, switch: float) -> np.ndarray:
    """Inside or not at every fix, as one sees it who knows the whole track (Viterbi, two states).

    A fix costs its depth on the wrong side in units of 250 m (at most 1, nothing below 50 m, less
    when it follows within 10 s), a change of sides costs `switch`.  So a visit counts when its
    fixes are `2 * switch * 250 m` deep in sum.
    """
    weight = np.ones(len(batch))
    weight[1:] = np.clip(np.diff(batch.t_ms) / 10_000, 0.1, 1.0)
    at = starts(batch)
    weight[at[:-1]] = 1.0
    cost = np.where(np.abs(margin) < 50, 0.0, weight * np.clip(margin / 250, -1, 1))
    out = np.zeros(len(batch), bool)
    _viterbi(cost, at, switch, out)
    return out


@numba.njit
def _viterbi(cost, at, switch, out):
    for k in range(len(at) - 1):
        first, n = at[k], at[k + 1] - at[k]
        back = np.zeros((n, 2), np.bool_)
        outside = inside = 0.0
        for j in range(n):
            c = cost[first + j]
            if j > 0:
                back[j, 0], back[j, 1] = inside + switch < outside, outside + switch >= inside
                outside, inside = min(outside, inside + switch), min(inside, outside + switch)
            outside += max(0.0, c)
            inside += max(0.0, -c)
        side = 0 if outside <= inside else 1
        for j in range(n - 1, -1, -1):
            out[first + j] = side == 1
            side = 1 if back[j, side] else 0


def margins_of(batch: FixBatch, zones: ZoneSet, zone: int) -> np.ndarray:
    which = np.full(len(batch), zone)
    return Margins.of(zones.zones).margin_m(batch.lon, batch.lat, which, 600.0)
