"""An event-time run over recorded fixes: the same core as live, the same bytes every time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from alerts.ledger import Wanted
from alerts.report import Report
from alerts.sqlite_ledger import SqliteLedger
from ingest.fix import FixBatch
from streams.processor import step
from streams.rules import Rules
from streams.state import FleetState

BATCH = 65_536  # large enough that per-batch costs vanish; the answer does not depend on it


@dataclass(frozen=True)
class Outcome:
    """What a replay found: the lines of the two files, as mappings."""

    signals: list[dict[str, object]]
    incidents: list[dict[str, object]]


def replay(
    batch: FixBatch, rules: Rules, advanced: Callable[[int], None] = lambda _: None
) -> Outcome:
    """Run `batch` (in order of arrival) through the processor and the ledger.

    `advanced` is told how many more fixes are done, for a progress bar.
    """
    state, ledger = FleetState(), SqliteLedger(":memory:")
    signals: list[dict[str, object]] = []
    try:
        for first in range(0, len(batch), BATCH):
            part = batch.take(slice(first, first + BATCH))
            now_ms = int(part.received_ms[-1])
            found = [signal.to_wire() for signal in step(part, state, rules, now_ms)]
            signals += found
            ledger.receive([Report.from_wire(body) for body in found], now_ms)
            advanced(len(part))
        incidents = [
            entry.incident.to_wire() for entry in reversed(ledger.newest(Wanted(), None, -1))
        ]
    finally:
        ledger.disconnect()
    return Outcome(signals, incidents)


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
