"""The embedded pipeline: messages in, durable blocks, detection, incidents; one thread's work.

The order is the promise: durable, then acknowledged, then worked on.  Whatever was durable and not
yet worked on when the process died is worked on at the next start, and doing it twice changes
nothing.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence

import numpy as np
import structlog

from alerts.incident import Incident
from alerts.report import Report
from alerts.sqlite_ledger import SqliteLedger
from ingest.fix import FixBatch
from ingest.intake import Intake, Taken
from ingest.message import Message
from ingest.sighting import SightingBatch
from ingest.store.log import BlockLog
from streams import snapshot
from streams.detect import Count
from streams.plates import LastSightings, PlateGuard
from streams.processor import Processor
from streams.pursuit import Sighted
from streams.rules import Rules
from streams.signal import Signal
from streams.snapshot import SnapshotStore
from streams.state import FleetState
from vehicleguard.camera_watch import CameraWatch
from vehicleguard.fleet_view import FleetView
from vehicleguard.metrics import Metrics

log = structlog.get_logger(__name__)


def now_ms() -> int:
    """The wall clock, UTC epoch milliseconds."""
    return time.time_ns() // 1_000_000


class Pipeline:
    """Log, state and ledger of one run, and the steps between them.

    `wait` is called with the reason when the disk refuses; it pauses and says whether to try again.
    Only the pipeline's thread calls `take`, `process`, `look` and `snapshot`; any may read `fleet`
    and call `seen`.
    """

    def __init__(
        self,
        *,
        intake: Intake,
        blocks: BlockLog,
        snapshots: SnapshotStore,
        ledger: SqliteLedger,
        rules: Rules,
        metrics: Metrics,
        plates: PlateGuard | None = None,
        cameras: CameraWatch | None = None,
        committed: Callable[[], None] = lambda: None,
        wait: Callable[[str], bool] = lambda _: False,
        clock_ms: Callable[[], int] = now_ms,
    ) -> None:
        self._intake = intake
        self._blocks = blocks
        self._snapshots = snapshots
        self._ledger = ledger
        self._rules = rules
        self._zone_ids = [zone.id for zone in rules.zones.zones]
        self._processor = Processor(rules)
        self._metrics = metrics
        self._plates = plates or PlateGuard()
        self._cameras = cameras
        self._committed = committed
        self._wait = wait
        self._clock_ms = clock_ms
        self._tallied = self._processor.tally.copy()
        self._offered: tuple[int, Processor] | None = None
        self.fixes_total = 0
        self.rejects_total = 0
        self.state, self.done = self._restore()
        self._plates.begin(self.state)
        if cameras is not None:
            cameras.begin(self.state.sighted)
        metrics.vehicles.set(len(self.state))
        self._count_open()
        self.fleet = FleetView(self.state, ledger.levels_of_vehicles(), clock_ms())

    def _restore(self) -> tuple[FleetState, int]:
        """The state of the newest snapshot that can be read, and the block it stands after."""
        held = self._snapshots.newest()
        if held is None:
            return FleetState(), 0
        number, data = held
        try:
            return snapshot.decode(data, self._zone_ids), number
        except snapshot.SnapshotError as error:
            # the log holds everything a snapshot does; it only takes longer
            log.warning("snapshot unreadable, working through the whole log", error=str(error))
            return FleetState(), 0

    def catch_up(self, progress: Callable[[int], None] = lambda _: None) -> int:
        """Work through blocks and sightings after the snapshot; how many blocks there were.

        Sightings come where they came the first time: after the block that they were stored with.
        """
        blocks = 0
        for number, batch in self._blocks.read_from(self.done + 1):
            self._look_before(number)
            self.process(number, batch)
            blocks += 1
            progress(blocks)
        self._look_before(None)
        return blocks

    def _look_before(self, block: int | None) -> None:
        """Work on the sightings that were there when `block` came; None: on all."""
        for number, seen in self._blocks.sightings_from(self.state.sighted + 1, block):
            self.look(number, seen)

    def take(self, messages: Sequence[Message]) -> Taken:
        """Make what `messages` hold durable; only then may they be acknowledged."""
        started = time.perf_counter()
        taken = self._intake.take(messages)
        m = self._metrics
        m.durable.observe(time.perf_counter() - started)
        m.messages.inc(len(messages))
        m.accepted.inc(len(taken.batch))
        m.sightings.inc(len(taken.sightings))
        m.repeated.inc(taken.repeated)
        for reject in taken.rejects:
            m.rejects.labels(str(reject.reason), self._intake.dialect_of(reject.topic)).inc()
        if self._cameras is not None:
            self._cameras.told(taken.notices)
        self.fixes_total += len(taken.batch)
        self.rejects_total += len(taken.rejects)
        return taken

    def offer(self, version: int, processor: Processor) -> None:
        """Have the next block worked on under other rules, over the same zones; from any thread."""
        self._offered = (version, processor)

    def _take_up(self) -> None:
        """Use the rules that were offered, from here on."""
        offered, self._offered = self._offered, None
        if offered is None:
            return
        version, self._processor = offered
        self._tallied = self._processor.tally.copy()
        # a restart must work through the blocks before here under the old rules, or not at all
        self.snapshot()
        self._metrics.rules.set(version)
        log.info("rules in use", version=version)

    def process(self, number: int, batch: FixBatch) -> None:
        """Advance the vehicles by block `number` and file what the detectors say.

        Blocks before it that another process put into the log come first.
        """
        if number > self.done + 1:
            for between, foreign in self._blocks.read_from(self.done + 1):
                # in the order of a restart, which has to give the same
                self._look_before(min(between, number))
                if between >= number:
                    break
                self._advance(between, foreign)
        self._advance(number, batch)

    def _advance(self, number: int, batch: FixBatch) -> None:
        self._take_up()
        m = self._metrics
        with m.step.time(), self.fleet.lock:
            signals = self._processor.step(batch, self.state)
            self.fleet.changed(np.unique(self.state.intern(batch.ids)))
        m.vehicles.set(len(self.state))
        for count in Count:
            new = int(self._processor.tally[count] - self._tallied[count])
            if new:
                m.fates.labels(count.name.lower()).inc(new)
        self._tallied[:] = self._processor.tally
        if signals:
            self._file(signals)
        self.done = number

    def look(self, number: int, seen: SightingBatch) -> None:
        """Work on sightings `number` of the log and file what they say.

        Those before them that another process put into the log come first.
        """
        if number > self.state.sighted + 1:
            for between, foreign in self._blocks.sightings_from(self.state.sighted + 1):
                if between >= number:
                    break
                self._look(between, foreign)
        self._look(number, seen)

    def _look(self, number: int, seen: SightingBatch) -> None:
        if self._cameras is not None:
            seen = self._cameras.look(number, seen)
        with self.fleet.lock:
            signals = self._plates.step(seen, self.state)
        if signals:
            self._file(signals)
        self.state.sighted = number

    def seen(self, vehicle_id: str) -> Sequence[Sighted]:
        """Where the plate of a vehicle was last seen; from any thread."""
        with self.fleet.lock:
            held = self.state.plates
            return held.of(vehicle_id) if isinstance(held, LastSightings) else ()

    def _file(self, signals: Sequence[Signal]) -> None:
        reports = [Report.from_wire(signal.to_wire()) for signal in signals]
        while True:
            try:
                entries = self._ledger.receive(reports, self._clock_ms())
                break
            except sqlite3.OperationalError as error:
                # the block is durable: whoever gives up here works through it at the next start
                if not self._wait(f"the ledger cannot be written: {error}"):
                    raise
        at_ms = self._clock_ms()
        fresh = {entry.event.report.id for entry in entries if entry.event.report}
        m = self._metrics
        for signal in signals:
            if signal.id in fresh:
                m.signals.labels(str(signal.kind)).inc()
                m.fix_to_incident.observe(max(at_ms - signal.t_detected_ms, 0) / 1000)
                m.receive_to_incident.observe(max(at_ms - signal.received_ms, 0) / 1000)
        for entry in entries:
            if entry.event.level is not None:
                m.incidents.labels(entry.event.level.label).inc()
                log.info(
                    "incident",
                    id=entry.incident.id,
                    vehicle=entry.incident.vehicle_id,
                    level=entry.event.level.label,
                    reason=entry.event.reason,
                )
            self.show(entry.incident)
        if entries:
            self._committed()

    def show(self, incident: Incident) -> None:
        """Let the fleet view and the gauges know how an incident stands."""
        self.fleet.incident(incident)
        self._count_open()

    def _count_open(self) -> None:
        for level, count in self._ledger.open_by_level().items():
            self._metrics.open.labels(level).set(count)

    def snapshot(self) -> None:
        """Store the state, so that the next start need not work through the log from there."""
        try:
            with self._metrics.snapshot.time():
                self._snapshots.save(self.done, snapshot.encode(self.state, self._zone_ids))
        except sqlite3.OperationalError as error:
            log.warning("no snapshot; the next start takes longer", error=str(error))
        if self._cameras is not None:
            self._cameras.save()  # after the fleet's: a start can bring it up to that
