"""Whom a run tells of incidents: its channels as the settings name them, and what sends to them."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import ssl
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

from alerts.channels.cap import Cap
from alerts.channels.channel import Channel
from alerts.channels.cot import Cot
from alerts.channels.governance import Governance
from alerts.channels.http import Poster
from alerts.channels.link import Links
from alerts.channels.owner import Owners, addresses
from alerts.channels.settings import (
    CapSettings,
    ChannelError,
    ChannelSettings,
    CotSettings,
    GovernanceSettings,
    OwnerSettings,
    UnitSettings,
    WebhookSettings,
)
from alerts.channels.unit import Units
from alerts.channels.webhook import Webhook
from alerts.incident import Incident
from alerts.outbox.charge import Charge
from alerts.outbox.delivery import Concerns, everywhere
from alerts.outbox.result import Fate
from alerts.outbox.routes import Routes
from alerts.outbox.sender import Sender
from alerts.outbox.sqlite_outbox import SqliteOutbox
from alerts.settings import AlertSettings
from alerts.sqlite_ledger import SqliteLedger
from ingest.settings import IngestSettings
from vehicleguard.force_files import forces_of, placer_of
from vehicleguard.metrics import Metrics
from vehicleguard.outside_view import OutsideView
from vehicleguard.unit_link import UnitLink

_COUNT_EVERY_S = 5.0
_DESK_MS = 600_000
_KEEP_MS = 30 * 86_400_000
_PRUNED = 10_000


class Outlets:
    """Reads secrets and files of owners at once, and opens nothing before `start`.

    Raises `ChannelError`, `OwnersError`, and where a channel has an area or is a platform, what
    reading their files raises.
    """

    def __init__(
        self,
        settings: AlertSettings,
        metrics: Metrics,
        clock_ms: Callable[[], int],
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._settings, self._metrics, self._clock_ms = settings, metrics, clock_ms
        self._secrets = {
            one.name: one.secret(environment)
            for one in settings.channels
            if isinstance(one, WebhookSettings | GovernanceSettings | CapSettings)
        }
        self._owners = {
            one.name: addresses(one.owners)
            for one in settings.channels
            if isinstance(one, OwnerSettings)
        }
        self._tls = {
            one.name: _context(one) for one in settings.channels if isinstance(one, CotSettings)
        }
        self.routes = Routes(
            tuple(one.destination() for one in settings.channels),
            _charge(settings),
            frozenset(one.name for one in settings.channels if one.only_fallback),
        )
        self.states: Callable[[str, bytes], None] | None = None
        """Hears what units say of themselves; set before `start`."""
        self._sender: Sender | None = None
        self._stopping = threading.Event()
        self._cleanup = contextlib.ExitStack()

    def links(self, key: bytes) -> Links | None:
        """What makes and reads the links of owners; None without a public address."""
        base = self._settings.public_url
        return Links(key, base, self._settings.link_hours * 3600) if base else None

    def outside(
        self, ledger: SqliteLedger, key: bytes, changed: Callable[[Incident], None]
    ) -> OutsideView:
        """What whoever has no login may reach."""
        calling = {
            one.name: self._secrets[one.name]
            for one in self._settings.channels
            if isinstance(one, GovernanceSettings)
        }
        return OutsideView(ledger, self.links(key), calling, changed, self._metrics, self._clock_ms)

    def start(
        self,
        store: Path,
        ledger: SqliteLedger,
        key: bytes,
        broker: tuple[IngestSettings, str, int],
        changed: Callable[[Incident], None],
    ) -> None:
        """Begin to send what waits in `store`.  Raises `StoreError`."""
        with contextlib.ExitStack() as cleanup:
            outbox = SqliteOutbox(store)
            cleanup.callback(outbox.disconnect)
            receivers = [
                (one.destination(), self._channel(one, ledger, key, broker, changed, cleanup))
                for one in self._settings.channels
            ]
            self._sender = Sender(outbox, receivers, self._clock_ms, self._told)
            cleanup.callback(self._sender.stop)
            self._sender.start()
            counter = threading.Thread(target=self._count, args=(outbox,), name="outbox-count")
            cleanup.callback(counter.join)
            cleanup.callback(self._stopping.set)
            counter.start()
            self._cleanup = cleanup.pop_all()

    def wake(self) -> None:
        """Something was filed."""
        if self._sender is not None:
            self._sender.wake()

    def stop(self) -> None:
        """Finish the attempts under way; what waits goes on at the next start."""
        self._cleanup.close()

    def _channel(  # noqa: PLR0917 - what the run has
        self,
        one: ChannelSettings,
        ledger: SqliteLedger,
        key: bytes,
        broker: tuple[IngestSettings, str, int],
        changed: Callable[[Incident], None],
        cleanup: contextlib.ExitStack,
    ) -> Channel:
        source = self._settings.source
        match one:
            case WebhookSettings():
                return Webhook(self._poster(one), source)
            case GovernanceSettings():
                return Governance(self._poster(one), source)
            case CapSettings():
                return Cap(self._poster(one), source)
            case CotSettings():
                lasts = timedelta(seconds=one.lasts_s)
                return Cot(one.host, one.port, lasts, self._tls[one.name])
            case OwnerSettings():
                links = self.links(key)
                return Owners(self._owners[one.name].get, links, lambda: self._clock_ms() / 1000)
            case UnitSettings():
                ingest, host, port = broker
                link = UnitLink(
                    ingest,
                    ledger,
                    changed,
                    host=host,
                    port=port,
                    clock_ms=self._clock_ms,
                    states=self.states,
                )
                cleanup.callback(link.stop)
                link.start()
                return Units(link.publish)

    def _poster(self, one: WebhookSettings | GovernanceSettings | CapSettings) -> Poster:
        ca = str(one.ca) if one.ca else None
        return Poster(one.url, self._secrets[one.name], lambda: self._clock_ms() / 1000, ca)

    def _told(self, destination: str, fate: Fate, age_s: float) -> None:
        self._metrics.deliveries.labels(destination, fate).inc()
        if fate == "delivered":
            self._metrics.delivery.labels(destination).observe(age_s)

    def _count(self, outbox: SqliteOutbox) -> None:
        """Keep the gauges true, and forget what was delivered long ago."""
        while not self._stopping.wait(_COUNT_EVERY_S):
            with contextlib.suppress(sqlite3.OperationalError):
                counts = outbox.counts()
                told = outbox.incidents_told(self._clock_ms() - _DESK_MS)
                for one in self.routes.destinations:
                    self._metrics.desk.labels(one.name).set(told.get(one.name, 0))
                    for state in ("waiting", "dead", "held"):
                        number = counts.get((one.name, state), 0)
                        self._metrics.outbox.labels(one.name, state).set(number)
                outbox.prune(self._clock_ms() - _KEEP_MS, _PRUNED)


def _charge(settings: AlertSettings) -> Concerns:
    """Who is in charge of what, as far as channels ask."""
    if not any(one.area or one.platform for one in settings.channels):
        return everywhere
    placer, platforms = placer_of(settings.force), forces_of(settings.force).platforms
    areas = placer.tree.areas if placer else {}
    for one in settings.channels:
        for what, name, known in (
            ("area", one.area, areas),
            ("platform", one.platform, platforms),
        ):
            if name and name not in known:
                msg = f"channel {one.name}: {what} {name}: not in the file of alerts.force.{what}s"
                raise ChannelError(msg)
    return Charge(placer, platforms)


def _context(one: CotSettings) -> ssl.SSLContext | None:
    if one.tls_ca is None:
        return None
    try:
        context = ssl.create_default_context(cafile=str(one.tls_ca))
        if one.tls_certificate:
            context.load_cert_chain(one.tls_certificate, one.tls_key)
    except OSError as error:
        msg = f"channel {one.name}: certificates cannot be used: {type(error).__name__}"
        raise ChannelError(msg) from error
    return context
