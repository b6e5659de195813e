"""Compile the kernels once, so that no first fix waits for it: `python -m vehicleguard.warm`."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path

import numpy as np

import geofence.grid
import geofence.rules.sweep
import geofence.watch
import ingest.dialects.scan
import ingest.jt808.kernel
import streams.detect
from geofence import ZoneSet
from geofence.fences import Fences
from geofence.rules.book import RuleBook
from geofence.rules.compile import CompiledRules
from ingest.dialects.scan import fixes
from ingest.fix import COLUMNS, FixBatch, Flag
from ingest.jt808.frame import Frame, encode
from ingest.jt808.layout import Kind
from ingest.jt808.reading import Reading
from streams.processor import Processor
from streams.rules import Rules
from streams.state import FleetState

# within a group functions call each other's
_GROUPS = tuple(
    tuple(Path(room.__path__[0]) for room in group)
    for group in (
        (geofence.grid, geofence.watch, geofence.rules.sweep, streams.detect),
        (ingest.dialects.scan,),
        (ingest.jt808.kernel,),
    )
)
_CALLED = (
    "query.match-*", "signature.*", "mask.*", "cut.cut-*", "sweep.advance-*", "track.follow-*",
    "visit.advance-*", "fixes.scan-*", "split.split-*", "positions.read-*",
)  # fmt: skip


def ensure(said: Callable[[str], None]) -> None:
    """Compile what is not compiled yet, and say so first: it takes a minute or two, once."""
    forget_stale()
    held = [file.name for file in _compiled()]
    if all(any(fnmatch(name, f"{called}.nbi") for name in held) for called in _CALLED):
        load()
        return
    said("compiling the kernels, this once (a minute or two)")
    warm()


def forget_stale() -> int:
    """Delete compiled kernels that are older than any kernel's source; how many files.

    Numba looks at the file of the function that is called, not at the files of those it calls.
    """
    forgotten = 0
    for places, rooms in _places():
        newest = max(source.stat().st_mtime for room in rooms for source in room.glob("*.py"))
        stale = [file for file in _kernels(places) if file.stat().st_mtime < newest]
        for file in stale:
            file.unlink(missing_ok=True)
        forgotten += len(stale)
    return forgotten


def _compiled() -> list[Path]:
    return [file for places, _ in _places() for file in _kernels(places)]


def _places() -> list[tuple[list[Path], tuple[Path, ...]]]:
    """Where kernels are kept, and the rooms whose kernels those are."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    if named:
        return [([Path(named)], tuple(room for group in _GROUPS for room in group))]
    return [([room / "__pycache__" for room in group], group) for group in _GROUPS]


def _kernels(places: list[Path]) -> list[Path]:
    return [file for place in places for file in place.rglob("*.nb[ic]")]


def warm() -> float:
    """Run every compiled kernel over one fix; seconds it took (the cache makes it quick)."""
    started = time.perf_counter()
    columns = {
        name: np.zeros(1, dtype)
        for name, dtype in COLUMNS.items()
        if name not in {"vehicle", "flags"}
    }
    batch = FixBatch(
        ids=("warm",),
        vehicle=np.zeros(1, np.int32),
        flags=np.array([Flag.LOCATED], np.uint32),
        **columns,
    )
    circle = {
        "type": "Feature",
        "properties": {"radius_m": 100},
        "geometry": {"type": "Point", "coordinates": [0, 0]},
    }
    zones = ZoneSet.from_geojson({"type": "FeatureCollection", "features": [circle]})
    edited = zones.adding(zones.zones[0])
    edited.match([0.0], [0.0])
    edited.signatures([0.0], [0.0])
    Processor(Rules(zones=zones)).step(batch, FleetState(1))
    _warm_rules(zones, batch)
    load()
    Reading.of([encode(Frame(Kind.POSITION, "0" * 12, 0, bytes(28)))])
    return time.perf_counter() - started


def load() -> None:
    """Have the pass over payloads in memory, or the first block would wait for it."""
    fixes.columns([b'{"t":0,"lon":0,"lat":0}'], 1)


def _warm_rules(zones: ZoneSet, batch: FixBatch) -> None:
    """Run the rules over one fix of one vehicle, and take their state over."""
    book = RuleBook.of({"zone_rule": [{"id": "warm", "zones": "all", "when": "enter"}]})
    before, after = (Fences(CompiledRules.of(book, zones)) for _ in range(2))
    state = before.begin()
    before.advance(state, batch.ids, batch, batch.vehicle)
    after.advance(state, batch.ids, batch, batch.vehicle)


if __name__ == "__main__":
    sys.stderr.write("compiling kernels … ")
    sys.stderr.flush()
    forget_stale()
    sys.stderr.write(f"{warm():.1f} s\n")
