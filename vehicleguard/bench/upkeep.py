"""What it costs to keep a set up: a zone edited among many, saved, mapped back, a process begun."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from geofence import ZoneSet
from geofence.zone import Zone
from vehicleguard.bench.scene import Float64, scene, zones_of

EDITS = 30
ROW = 200
FIRST, UPON = "the first edit", f"each of {ROW} upon another"
LOADED = "the first replaced of a loaded set"
_FIRST = """
import sys, time
began = time.monotonic()
from geofence import ZoneSet
imported = time.monotonic()
zones = ZoneSet.load(sys.argv[1])
loaded = time.monotonic()
zones.match([112.35], [28.55])
matched = time.monotonic()
print(imported - began, loaded - imported, matched - loaded, matched)
"""


@dataclass(frozen=True)
class Upkeep:
    """Seconds, all of one run beside `fences` zones.

    * `edits`: by kind of edit, each of many.
    * `match_ns`: nanoseconds a fix of the set as it was, with one zone edited, with `ROW`, and of
      the set as it was saved and mapped back.
    * `load_s`: `ZoneSet.load`, and `first_s` the first match of the loaded set.
    * `fresh_s`: a new process to its first answer: importing, loading, matching, and all of it
      from before the interpreter began; the kernels' cache is warm.
    """

    fences: int
    edits: dict[str, list[float]]
    match_ns: dict[str, float]
    save_s: float
    load_s: list[float]
    first_s: list[float]
    fresh_s: list[tuple[float, float, float, float]]


def measure(fences: int, fixes: int, rounds: int, said: Callable[[str], None]) -> Upkeep:
    """Edits, a saved set, and fresh processes, beside `fences` others."""
    said(f"making {fences:,} fences")
    rings, lon, lat = scene(fences + ROW, fixes)
    made = zones_of(rings).zones
    zones, others = ZoneSet(made[:fences]), made[fences:]
    said("one zone edited, added, removed")
    edits, many = _edits(zones, others)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "fences.zones"
        said("saving and mapping back")
        save_s = _seconds(partial(zones.save, file))
        load_s, first_s = zip(*(_loaded(file, lon, lat) for _ in range(rounds)), strict=True)
        edits[LOADED] = [
            _seconds(partial(ZoneSet.load(file).replacing, 0, others[0])) for _ in range(rounds)
        ]
        one = zones.replacing(fences // 2, others[0])
        sets = {"as it was": zones, "one zone edited": one, f"{ROW} zones edited": many}
        sets["mapped"] = ZoneSet.load(file)
        took: dict[str, list[float]] = {name: [] for name in sets}
        for number in range(rounds):
            said(f"matching beside an edited set, round {number + 1} of {rounds}")
            for name, each in sets.items():
                took[name].append(_seconds(partial(each.match, lon, lat)))
        said("first match of a fresh process")
        fresh_s = [_fresh(file) for _ in range(rounds)]
    return Upkeep(
        fences=fences,
        edits=edits,
        match_ns={name: 1e9 * statistics.median(times) / fixes for name, times in took.items()},
        save_s=save_s,
        load_s=list(load_s),
        first_s=list(first_s),
        fresh_s=fresh_s,
    )


def _edits(zones: ZoneSet, others: Sequence[Zone]) -> tuple[dict[str, list[float]], ZoneSet]:
    """Seconds of each edit of the set as it was; and one with `others` edited upon one another."""
    step = max(1, len(zones) // len(others))
    positions = [at * step % len(zones) for at in range(len(others))]
    kinds: dict[str, Callable[[ZoneSet, int, Zone], ZoneSet]] = {
        "replaced": lambda of, at, new: of.replacing(at, new),
        "added": lambda of, _, new: of.adding(new),
        "removed": lambda of, at, _: of.removing(at),
    }
    took: dict[str, list[float]] = {kind: [] for kind in kinds}
    first = _seconds(partial(zones.replacing, 0, others[0]))
    for at, other in zip(positions[:EDITS], others, strict=False):
        for kind, edit in kinds.items():
            took[kind].append(_seconds(partial(edit, zones, at, other)))
    many, upon = zones, []
    for nth, (at, other) in enumerate(zip(positions, others, strict=True)):
        edit = list(kinds.values())[nth % len(kinds)]
        started = time.perf_counter()
        many = edit(many, at, other)
        upon.append(time.perf_counter() - started)
    return {**took, FIRST: [first], UPON: upon}, many


def _loaded(file: Path, lon: Float64, lat: Float64) -> tuple[float, float]:
    started = time.perf_counter()
    zones = ZoneSet.load(file)
    loaded = time.perf_counter()
    zones.match(lon[:1000], lat[:1000])
    return loaded - started, time.perf_counter() - loaded


def _fresh(file: Path) -> tuple[float, float, float, float]:
    started = time.monotonic()  # one clock for all processes
    command = [sys.executable, "-c", _FIRST, str(file)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own
    imported, loaded, matched, at = map(float, answer.split())
    return imported, loaded, matched, at - started


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
