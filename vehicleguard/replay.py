"""An event-time run over recorded fixes: the same core as live, the same bytes every time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TextIO

import numpy as np

from alerts.ledger import Wanted
from alerts.report import Report
from alerts.sqlite_ledger import SqliteLedger
from ingest.cameras.health import CameraHealth, straightened
from ingest.fix import FixBatch
from ingest.sighting import SightingBatch
from streams.plates import PlateGuard
from streams.processor import step
from streams.rules import Rules
from streams.state import FleetState

BATCH = 65_536  # large enough that per-batch costs vanish; the answer does not depend on it


@dataclass(frozen=True)
class Outcome:
    """What a replay found: the lines of the two files, as mappings."""

    signals: list[dict[str, object]]
    incidents: list[dict[str, object]]


@dataclass(frozen=True)
class Sighted:
    """What cameras `seen` (in order of arrival) saw, and the plates that they are judged by."""

    guard: PlateGuard
    seen: SightingBatch


def replay(
    batch: FixBatch,
    rules: Rules,
    advanced: Callable[[int], None] = lambda _: None,
    sighted: Sighted | None = None,
) -> Outcome:
    """Run `batch` (in order of arrival) through the processor and the ledger.

    `advanced` is told how many more fixes are done, for a progress bar.  Sightings are worked on
    where they arrived, after the fixes of that time.
    """
    state, ledger = FleetState(), SqliteLedger(":memory:")
    signals: list[dict[str, object]] = []
    try:
        for part, now_ms in _arrivals(batch, sighted):
            if isinstance(part, FixBatch):
                found = step(part, state, rules, now_ms)
                advanced(len(part))
            else:
                found = sighted.guard.step(part, state) if sighted else []
            told = [signal.to_wire() for signal in found]
            signals += told
            ledger.receive([Report.from_wire(body) for body in told], now_ms)
        incidents = [
            entry.incident.to_wire() for entry in reversed(ledger.newest(Wanted(), None, -1))
        ]
    finally:
        ledger.disconnect()
    return Outcome(signals, incidents)


def _arrivals(
    batch: FixBatch, sighted: Sighted | None
) -> Iterator[tuple[FixBatch | SightingBatch, int]]:
    """Fixes and sightings in order of arrival, in parts, and when the last of each arrived.

    Of one time fixes come first.  A part of fixes ends where a sighting arrived, so that a sighting
    meets the same state however large the parts are.
    """

    def fixes(begin: int, end: int) -> Iterator[tuple[FixBatch, int]]:
        for first in range(begin, end, BATCH):
            part = batch.take(slice(first, min(first + BATCH, end)))
            yield part, int(part.received_ms[-1])

    done = 0
    if sighted is not None:
        # a clock that is off shows in all reads of its camera, not only in those of the fleet
        seen = straightened(sighted.seen, CameraHealth().observe(sighted.seen))
        seen = seen.take(sighted.guard.of_the_fleet(seen))
        after = np.searchsorted(batch.received_ms, seen.received_ms, "right")
        ends, first = np.unique(after, return_index=True)
        groups = pairwise([*first.tolist(), len(seen)])
        for end, (begin, stop) in zip(ends.tolist(), groups, strict=True):
            yield from fixes(done, end)
            done = end
            here = np.arange(begin, stop)
            yield seen.take(here), int(seen.received_ms[here[-1]])
    yield from fixes(done, len(batch))


def write(outcome: Outcome, out: Path) -> None:
    """Write `signals.jsonl` and `incidents.jsonl` into `out`, each whole or not at all."""
    out.mkdir(parents=True, exist_ok=True)
    write_lines(out / "signals.jsonl", outcome.signals)
    write_lines(out / "incidents.jsonl", outcome.incidents)


def write_lines(path: Path, lines: Iterable[Mapping[str, object]]) -> None:
    """Write a JSON line each, the file whole or not at all."""
    with whole(path) as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a text, the file whole or not at all."""
    with whole(path) as file:
        file.write(text)


@contextmanager
def whole(path: Path) -> Iterator[TextIO]:
    """A text file that takes the place of `path` when all of it is written."""
    unfinished = path.with_name(path.name + ".part")
    try:
        with unfinished.open("w", encoding="utf-8", newline="\n") as file:
            yield file
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
