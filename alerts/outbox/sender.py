"""Sends what waits: a thread a destination, so that a slow one delays nobody else.

At least once: an attempt is written down after it was made, and whoever died in between makes it
again under the same id.  What to try when is `alerts.outbox.schedule`; the number of threads is
that of destinations, which the settings bound.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import structlog

from alerts.channels.channel import Channel, Notice
from alerts.ledger import Entry
from alerts.outbox.destination import Destination
from alerts.outbox.result import Fate, Refused, Result, Retry, fate_of
from alerts.outbox.schedule import Line, Waiting, settled, turn_of
from alerts.outbox.store import Done, OutboxStore

log = structlog.get_logger(__name__)

_ROWS = 64
"""Rows looked at in one go, of each sort."""
_POLL_S = 1.0
"""Longest sleep: another process may have filed something without waking us."""
_SETTLE_AFTER_S = 0.2
"""Attempts of so long are written down together; one that failed at once."""
_STOP_S = 15.0

Told = Callable[[str, Fate, float], None]
"""Hears of each attempt: destination, what became of it, seconds since its event was filed."""


def _nobody(_destination: str, _fate: Fate, _age_s: float) -> None:
    return None


class Sender:
    """Sends from `store` to `receivers`, from `start` to `stop`."""

    def __init__(
        self,
        store: OutboxStore,
        receivers: Sequence[tuple[Destination, Channel]],
        clock_ms: Callable[[], int],
        told: Told = _nobody,
    ) -> None:
        self._store = store
        self._known = [destination.name for destination, _ in receivers]
        self._clock_ms = clock_ms
        others: dict[str, Worker] = {}
        for destination, channel in receivers:
            others[destination.name] = Worker(store, destination, channel, clock_ms, told, others)
        self._workers = others

    def start(self) -> None:
        """Begin; what waits for a destination that is no more becomes a dead letter."""
        lost = self._store.abandon(self._known, self._clock_ms())
        if lost:
            log.error("deliveries for destinations that the settings do not name", rows=lost)
        for worker in self._workers.values():
            worker.start()

    def wake(self) -> None:
        """Something was filed."""
        for worker in self._workers.values():
            worker.wake()

    def stop(self) -> None:
        """Finish the attempts under way, and no more."""
        for worker in self._workers.values():
            worker.ask_to_stop()
        for worker in self._workers.values():
            worker.join()


class Worker:
    """The thread of one destination; `others` are woken where one of them has to hear instead."""

    def __init__(  # noqa: PLR0917 - its parts, from one place
        self,
        store: OutboxStore,
        destination: Destination,
        channel: Channel,
        clock_ms: Callable[[], int],
        told: Told,
        others: Mapping[str, Worker],
    ) -> None:
        self._store = store
        self._destination = destination
        self._channel = channel
        self._clock_ms = clock_ms
        self._told = told
        self._others = others
        self._line = Line()
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name=f"outbox-{destination.name}", daemon=True
        )

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Look for rows now."""
        self._woken.set()

    def ask_to_stop(self) -> None:
        """End after the attempt under way."""
        self._stopping.set()
        self._woken.set()

    def join(self) -> None:
        """Wait for the end; a channel that hangs must not keep the run from ending."""
        if self._thread.is_alive():
            self._thread.join(_STOP_S)
        self._channel.disconnect()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            try:
                wait_s = self.work() if self._store.hold(self._destination.name) else _POLL_S
            except sqlite3.OperationalError as error:
                # what was sent and not written down is sent again under the same id
                log.warning("the outbox cannot be used", error=str(error))
                wait_s = _POLL_S
            except Exception:
                log.exception("a worker of the outbox failed", destination=self._destination.name)
                wait_s = _POLL_S
            if wait_s > 0:
                self._woken.wait(min(wait_s, _POLL_S))

    def work(self) -> float:
        """Make the attempts that are due and write them down; seconds until there is more."""
        rows = self._store.waiting(self._destination.name, _ROWS)
        entries = self._store.entries([row.seq for row in rows]) if rows else {}
        done: list[Done] = []
        began = time.monotonic()
        while True:
            now_ms = self._clock_ms()
            row, wait_ms = turn_of(rows, self._line, now_ms)
            if row is None:
                break
            result = self._attempt(row, entries[row.seq])
            now_ms = self._clock_ms()
            self._line = self._line.after(row, result, now_ms)
            after = settled(row, result, self._destination, now_ms)
            done.append(Done(row, after, now_ms))
            rows = _without(rows, row, after.rest_s, now_ms, stays=after.state == "waiting")
            late = time.monotonic() - began > _SETTLE_AFTER_S
            if late or isinstance(result, Retry) or self._stopping.is_set():
                wait_ms = 0
                break
        if done:
            self._store.settle(self._destination.name, done)
            for name in {one.settled.fallback for one in done} - {""}:
                self._others[name].wake()
            return 0.0
        return _POLL_S if wait_ms is None else wait_ms / 1000

    def _attempt(self, row: Waiting, entry: Entry) -> Result:
        destination = self._destination
        notice = Notice(
            row.id, entry, destination, row.address, row.instead_of, attempt=row.attempts + 1
        )
        try:
            result = self._channel.deliver(notice)
        except Exception as error:
            # its own notice suffers, and no other: it is tried again like after any failure
            log.exception("a channel failed", destination=destination.name)
            result = Retry(f"failed: {type(error).__name__}")
        age_s = max(self._clock_ms() - entry.event.at_ms, 0) / 1000
        self._told(destination.name, fate_of(result), age_s)
        if isinstance(result, Refused):
            log.error("refused", destination=destination.name, id=row.id, detail=result.detail)
        return result


def _without(
    rows: Sequence[Waiting], row: Waiting, rest_s: float, now_ms: int, *, stays: bool
) -> list[Waiting]:
    """The rows after an attempt at `row`."""
    if not stays:
        return [one for one in rows if one is not row]
    tried = replace(row, attempts=row.attempts + 1, tried_ms=now_ms, rest_s=rest_s)
    return [tried if one is row else one for one in rows]
