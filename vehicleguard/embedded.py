"""The embedded runner: broker, intake, detection, ledger and console in one process.

One straight wiring.  Threads: the transport's (bytes to inbox), the pipeline's (everything that
decides), the console's (HTTP).  They share the inbox, the fleet view and the ledger's file.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence

import structlog
from pydantic import SecretStr

import vehicleguard
from alerts.clock import Clockwork
from alerts.incident import Incident
from alerts.sqlite_ledger import SqliteLedger
from console.app import create_app
from console.notify import Notifier
from console.ports import Ports
from console.server import ConsoleServer
from geofence import ZoneSet
from ingest import sqlite
from ingest.admission import Admission
from ingest.cameras.sqlite_cameras import SqliteCameraHealth
from ingest.dialects import router_of
from ingest.inbox import Inbox
from ingest.intake import Intake, Taken
from ingest.message import Message
from ingest.registry import Registry
from ingest.store.log import LogFullError
from ingest.store.sqlite_log import SqliteLog
from streams.plates import PlateGuard
from streams.rules import Rules
from streams.sqlite_snapshot import SqliteSnapshots
from vehicleguard import secret, warm
from vehicleguard.audit_view import AuditView
from vehicleguard.broker import BrokerError, EmbeddedBroker
from vehicleguard.camera_watch import CameraWatch
from vehicleguard.clock_watch import ClockWatch, place_class
from vehicleguard.dispatch_watch import DispatchWatch
from vehicleguard.force_files import duty_of, forces_of, placer_of
from vehicleguard.incident_view import IncidentView
from vehicleguard.links import Jt808, Links, Mqtt, posters_of
from vehicleguard.metrics import Metrics
from vehicleguard.outlets import Outlets
from vehicleguard.pipeline import Pipeline, now_ms
from vehicleguard.place_view import PlaceView
from vehicleguard.published import Published, newest
from vehicleguard.pulse import Pulse
from vehicleguard.pursuit_view import PursuitView, surroundings_of
from vehicleguard.settings import Settings, SettingsError
from vehicleguard.status_view import StatusView

log = structlog.get_logger(__name__)

STORE = "vehicleguard.sqlite"
_PRUNE_EVERY_S = 300.0
_CAMERAS_EVERY_S = 10.0
_RETRY_S = 1.0


def rules_of(settings: Settings, registry: Registry | None = None) -> Rules:
    """The rules that the settings name.  Raises `RulesError`, `ZoneError`."""
    streams = settings.streams
    zones = (
        ZoneSet()
        if streams.zones is None
        else ZoneSet.from_stated_geojson(streams.zones, streams.zones_datum)
    )
    return Rules.read(streams.rules, zones, registry.groups_of if registry else {})


class EmbeddedRun:
    """One run from start to stop.  `start` returns when fixes are being taken and the page is up.

    Everything that can be wrong with settings, rules, zones and registry is found before anything
    opens; ports and files that cannot be had raise from `start`, and what was opened is closed.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        simulated: bool = False,
        said: Callable[[str], None] = lambda _: None,
    ) -> None:
        if settings.ingest.share is not None:
            raise SettingsError(
                "ingest.share: this run decides by itself and has to hear every fix; a share would "
                "give it some of each vehicle's"
            )
        self._settings = settings
        self._said = said
        warm.ensure(said)
        listed = settings.ingest.registry
        registry = Registry.from_csv(listed) if listed else None
        self._router = router_of(settings.ingest.dialects)
        if settings.ingest.jt808_port is not None:
            registry = registry.with_numbers() if registry else None
        self._terminals = registry.vehicle_of if registry else None
        self._rules = rules_of(settings, registry)
        self._admission = Admission(settings.ingest, registry)
        self._around = surroundings_of(settings.streams)
        self._posters = posters_of(settings.ingest)
        plates = registry.plate_of if registry else {}
        self._plates = PlateGuard(plates, self._around.cameras)
        self._places = PlaceView(self._rules.zones, settings.outlines, settings.towns)
        self._simulated = simulated
        self._cleanup = contextlib.ExitStack()
        self._stopping = threading.Event()
        self.failed = threading.Event()
        self.has_incident = threading.Event()
        self.metrics = Metrics()
        self._forces = forces_of(settings.alerts.force)
        self._placer = placer_of(settings.alerts.force)
        self._outlets = Outlets(settings.alerts, self.metrics, now_ms)
        self.pulse = Pulse()
        self.url = ""
        self.admin_token = ""
        self.token_is_new = False
        self.broker_address = ""
        self.mqtt_port = 0
        self.receiver_address = ""
        self.jt808_address = ""

    def start(self) -> None:
        """Open everything, work through what was left, and begin."""
        with contextlib.ExitStack() as cleanup:
            self._open(cleanup)
            self._cleanup = cleanup.pop_all()

    def _open(self, cleanup: contextlib.ExitStack) -> None:
        folder = self._settings.data
        folder.mkdir(parents=True, exist_ok=True)
        notifier = Notifier()
        self._said("opening the store")
        ledger = self._open_store(cleanup, notifier)
        self._said("opening the console")
        secrets = secret.load(folder)
        self._open_console(cleanup, ledger, notifier, secrets)
        host, port = self._open_broker(cleanup)
        broker, key = (self._settings.ingest, host, port), secrets.derived("owner-links")
        dispatch = self._dispatch_of(ledger, notifier)
        self._outlets.states = dispatch.tell if dispatch else None
        cleanup.callback(self._outlets.stop)
        self._outlets.start(folder / STORE, ledger, key, broker, self._spoke(notifier))
        self._said("working through what was stored")
        blocks = self._pipeline.catch_up()
        if blocks:
            log.info("resumed", blocks=blocks, vehicles=len(self._pipeline.state))
        self.pulse.catching_up = False
        self._begin(cleanup, host, port, secrets)
        watch = ClockWatch(ledger, self.metrics, self._spoke(notifier))
        cleanup.callback(watch.stop)
        watch.start()
        if dispatch is not None:
            cleanup.callback(dispatch.stop)
            dispatch.start()
        published = Published(folder / STORE, self._rules, self._version, self._pipeline.offer)
        cleanup.callback(published.stop)
        published.start()

    def _open_store(self, cleanup: contextlib.ExitStack, notifier: Notifier) -> SqliteLedger:
        """Log, snapshots and ledger in one file, and the pipeline over them."""
        store = self._settings.data / STORE
        connection, reader = sqlite.connect(store), sqlite.connect(store)
        cleanup.callback(connection.close)
        cleanup.callback(reader.close)
        self._blocks = SqliteLog(connection, reader)
        clocks = Clockwork(self._settings.alerts.clock, place_class(self._rules.zones))
        ledger = SqliteLedger(store, clocks, self._outlets.routes)
        cleanup.callback(ledger.disconnect)
        self._version, rules = 0, self._rules
        found = newest(store, self._rules)
        if found is not None:
            self._version, rules = found[0].number, found[1]
            log.info("rules in use", version=self._version, instead_of=self._settings.streams.rules)
        self.metrics.rules.set(self._version)

        def committed() -> None:
            notifier.wake()
            self._outlets.wake()
            self.has_incident.set()

        self._cameras = CameraWatch(
            self._around.cameras, SqliteCameraHealth(connection), self._blocks, self.metrics
        )
        self._pipeline = Pipeline(
            intake=Intake(
                self._admission,
                self._blocks,
                max_payload_bytes=self._settings.ingest.max_payload_bytes,
                clock_ms=now_ms,
                router=self._router,
            ),
            blocks=self._blocks,
            snapshots=SqliteSnapshots(connection),
            ledger=ledger,
            rules=rules,
            metrics=self.metrics,
            plates=self._plates,
            cameras=self._cameras,
            committed=committed,
            wait=self._pause,
        )
        return ledger

    def _dispatch_of(self, ledger: SqliteLedger, notifier: Notifier) -> DispatchWatch | None:
        """What sends units, where any are listed; it hears what they say of themselves."""
        if not self._forces.units:
            return None
        alerts = self._settings.alerts
        duty = duty_of(alerts.force, self._forces)
        spoke = self._spoke(notifier)
        return DispatchWatch(alerts, duty, self._placer, ledger, metrics=self.metrics, spoke=spoke)

    def _spoke(self, notifier: Notifier) -> Callable[[Incident], None]:
        """What hears of incidents that somebody else than the pipeline moved."""

        def spoke(incident: Incident) -> None:
            self._pipeline.show(incident)
            notifier.wake()
            self._outlets.wake()

        return spoke

    def _open_console(
        self,
        cleanup: contextlib.ExitStack,
        ledger: SqliteLedger,
        notifier: Notifier,
        secrets: secret.Secrets,
    ) -> None:
        settings = self._settings.console
        given = settings.admin_token
        self.admin_token = given.get_secret_value() if given else secrets.admin_token
        self.token_is_new = secrets.made and given is None
        status = StatusView(
            self.pulse,
            self._pipeline,
            ledger,
            self._blocks,
            version=vehicleguard.__version__,
            simulated=self._simulated,
            bounds=self._places.bounds(),
        )
        app = create_app(
            Ports(
                incidents=IncidentView(ledger, self._spoke(notifier)),
                fleet=self._pipeline.fleet,
                places=self._places,
                pipeline=status,
                metrics=self.metrics,
                pursuits=PursuitView(
                    ledger, self._pipeline.fleet, now_ms, self._around, self._pipeline.seen
                ),
                outside=self._outlets.outside(
                    ledger, secrets.derived("owner-links"), self._spoke(notifier)
                ),
                audit=AuditView(ledger, now_ms),
            ),
            settings.model_copy(
                update={
                    "admin_token": SecretStr(self.admin_token),
                    "session_secret": settings.session_secret or SecretStr(secrets.session_secret),
                }
            ),
            notifier,
        )
        self.metrics.listeners.set_function(lambda: float(app.state.feed.listeners))
        console = ConsoleServer(app, settings.host, settings.port)
        cleanup.callback(console.stop)
        self.url = console.start().rstrip("/")

    def _open_broker(self, cleanup: contextlib.ExitStack) -> tuple[str, int]:
        """Start a broker for whoever has none; host and port of the one to use."""
        settings = self._settings.ingest
        host, port = settings.host, settings.port
        self._broker: EmbeddedBroker | None = None
        if host is None:
            self._said("starting the broker")
            self._broker = EmbeddedBroker(self._settings.data / "broker", port)
            cleanup.callback(self._broker.stop)
            self._broker.start()
            host = "127.0.0.1"
        self.mqtt_port = port
        self.broker_address = f"mqtt://{host}:{port}"
        return host, port

    def _begin(
        self, cleanup: contextlib.ExitStack, host: str, port: int, secrets: secret.Secrets
    ) -> None:
        """Start to take messages and to work on them."""
        self._inbox = Inbox(self._settings.ingest.inbox_messages)
        settings = self._settings.ingest
        self._links = Links(
            settings,
            self._inbox,
            mqtt=Mqtt(host, port, self._router.topics, self._broker_state),
            jt808=Jt808(self._terminals, secrets.derived("jt808")),
            posters=self._posters,
            clock_ms=now_ms,
            metrics=self.metrics,
        )
        if settings.jt808_port is not None:
            self.jt808_address = f"tcp://{settings.jt808_host}:{settings.jt808_port}"
        worker = threading.Thread(target=self._work, name="pipeline")
        cleanup.callback(worker.join)
        cleanup.callback(self._inbox.close)
        cleanup.callback(self._stopping.set)
        worker.start()
        cleanup.callback(self._links.stop)
        self._links.start(self._settings.data / STORE)
        self.receiver_address = self._links.receiver_address

    def stop(self) -> None:
        """Close everything in reverse order; what was not acknowledged comes again next time."""
        self._cleanup.close()

    def _broker_state(self, up: bool) -> None:  # noqa: FBT001 - a state, handed to a callback
        self.pulse.broker_up = up
        self.metrics.broker.set(up)

    def _work(self) -> None:
        pipeline, ingest = self._pipeline, self._settings.ingest
        snapshot_at = time.monotonic() + self._settings.streams.snapshot_s
        prune_at = time.monotonic() + _PRUNE_EVERY_S
        cameras_at = 0.0
        try:
            while not self._stopping.is_set():
                messages = self._inbox.take(
                    ingest.flush_messages, max_wait_s=0.5, linger_s=ingest.flush_ms / 1000
                )
                if messages:
                    self._one_block(messages)
                self.metrics.inbox.set(len(self._inbox))
                self._keep_broker()
                now = time.monotonic()
                if now >= snapshot_at:
                    pipeline.snapshot()
                    snapshot_at = now + self._settings.streams.snapshot_s
                if now >= cameras_at:
                    self._cameras.count(now_ms())
                    cameras_at = now + _CAMERAS_EVERY_S
                if now >= prune_at:
                    self._prune()
                    prune_at = now + _PRUNE_EVERY_S
            pipeline.snapshot()
        except Exception:
            # not acknowledged is not lost; but a pipeline that stands still must be seen
            log.exception("the pipeline stopped")
            self.pulse.trouble = "the pipeline stopped; see the log"
            self.failed.set()

    def _keep_broker(self) -> None:
        """Start our own broker again if it died; its sessions are in files and go on."""
        broker = self._broker
        if broker is None or broker.alive() or self._stopping.is_set():
            return
        log.error("our broker died; starting it again")
        try:
            broker.start()
        except BrokerError as error:
            log.error("our broker does not start", error=str(error))  # noqa: TRY400 - no bug
            self._stopping.wait(_RETRY_S)

    def _one_block(self, messages: Sequence[Message]) -> None:
        taken = self._durable(messages)
        if taken is None:
            return
        self._links.durable(messages, taken.answers)
        self.metrics.acknowledged.inc(len(messages))
        self.pulse.lag_ms = max(now_ms() - messages[0].received_ms, 0)
        self.metrics.oldest.set(self.pulse.lag_ms / 1000)
        if len(taken.batch):
            self._pipeline.process(taken.number, taken.batch)
        if len(taken.sightings):
            self._pipeline.look(taken.sighted, taken.sightings)
        self.pulse.fixes = self._pipeline.fixes_total
        self.pulse.rejects = self._pipeline.rejects_total

    def _durable(self, messages: Sequence[Message]) -> Taken | None:
        """Write until it is written: a full disk stops the intake, it loses nothing."""
        while True:
            try:
                taken = self._pipeline.take(messages)
            except LogFullError as error:
                if not self._pause(f"the log cannot be written: {error}"):
                    return None
            else:
                self.pulse.trouble = ""
                return taken

    def _pause(self, trouble: str) -> bool:
        """Wait before a write is tried again; False when the run is to stop instead."""
        self.metrics.log_errors.inc()
        if trouble != self.pulse.trouble:
            log.error("store not writable; trying again until it is", trouble=trouble)
        self.pulse.trouble = trouble
        return not self._stopping.wait(_RETRY_S)

    def _prune(self) -> None:
        keep_ms = int(self._settings.ingest.retention_days * 86_400_000)
        self._blocks.prune(now_ms() - keep_ms, keep_from=self._pipeline.done + 1)
