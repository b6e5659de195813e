"""The links of a run to its terminals: sources over one inbox, and the downlink beside them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

from ingest import sqlite
from ingest.commands import command, native_carrier
from ingest.commands.downlink import Carrier, Downlink
from ingest.commands.native_carrier import NativeCarrier
from ingest.commands.sqlite_commands import SqliteCommands
from ingest.gat1400.digest import Users
from ingest.gat1400.receiver import Gat1400Source
from ingest.inbox import Inbox
from ingest.intake import Answer
from ingest.jt808.carrier import Jt808Carrier
from ingest.jt808.gate import Gate
from ingest.jt808.gateway import Jt808Source, Limits
from ingest.message import Message
from ingest.mqtt.source import MqttSource
from ingest.settings import IngestSettings
from ingest.source import Source
from vehicleguard.metrics import Metrics


class Mqtt(NamedTuple):
    """The broker to use, what to subscribe to, and who hears whether we are connected."""

    host: str
    port: int
    topics: Sequence[str]
    changed: Callable[[bool], None]


class Jt808(NamedTuple):
    """Who may speak JT/T 808 (None: everybody) and the key of their codes."""

    terminals: Collection[str] | None
    key: bytes


def posters_of(settings: IngestSettings) -> Users | None:
    """Who may post to the port of GA/T 1400; None = there is none.  Raises `UsersError`."""
    if settings.gat1400_port is None or settings.gat1400_users is None:
        return None
    return Users.from_csv(settings.gat1400_users, settings.gat1400_server_id)


class Links:
    """`start` begins to take messages and to send commands; `stop` ends both."""

    def __init__(
        self,
        settings: IngestSettings,
        inbox: Inbox,
        *,
        mqtt: Mqtt,
        jt808: Jt808,
        posters: Users | None = None,
        clock_ms: Callable[[], int],
        metrics: Metrics,
    ) -> None:
        self._clock_ms = clock_ms
        self._metrics = metrics
        self._answers: SimpleQueue[command.Answer] = SimpleQueue()
        self._cleanup = contextlib.ExitStack()
        broker = MqttSource(
            settings, inbox, mqtt.changed, host=mqtt.host, port=mqtt.port, topics=mqtt.topics
        )
        self._sources: list[Source] = [broker]
        self._carriers: list[Carrier] = []
        if settings.jt808_port is not None:
            self._carriers.append(self._listen(settings, inbox, jt808, settings.jt808_port))
        self._receiver: Gat1400Source | None = None
        if posters is not None:
            self._receiver = Gat1400Source(settings, posters, inbox, clock_ms)
            self._sources.append(self._receiver)
        numbers = settings.jt808_port is not None
        self._carriers.append(NativeCarrier(broker.publish, but_numbers=numbers))

    def _listen(
        self, settings: IngestSettings, inbox: Inbox, jt808: Jt808, port: int
    ) -> Jt808Carrier:
        """The gateway among the sources, and what carries commands over it."""
        carrier = Jt808Carrier(self._answers.put)
        gateway = Jt808Source(
            inbox,
            Gate(jt808.terminals, jt808.key),
            host=settings.jt808_host,
            port=port,
            clock_ms=self._clock_ms,
            limits=Limits(settings.jt808_connections, settings.jt808_silence_s),
            told=carrier.told,
            ended=lambda why: self._metrics.jt808_ended.labels(str(why)).inc(),
        )
        self._metrics.jt808.set_function(lambda: float(gateway.connections))
        carrier.over(gateway)
        self._sources.append(gateway)
        return carrier

    @property
    def receiver_address(self) -> str:
        """Where platforms and cameras of GA/T 1400 post; empty when there is no such port."""
        receiver = self._receiver
        return f"http://{receiver.host}:{receiver.port}/VIID" if receiver else ""

    def start(self, store: Path) -> None:
        """Begin; commands are kept in the file `store`.  Raises `OSError`, `StoreError`."""
        with contextlib.ExitStack() as cleanup:
            connection = sqlite.connect(store)
            cleanup.callback(connection.close)
            downlink = Downlink(
                SqliteCommands(connection),
                self._carriers,
                self._answers,
                self._clock_ms,
                settled=lambda state: self._metrics.commands.labels(str(state)).inc(),
            )
            for source in self._sources:
                cleanup.callback(source.stop)
                source.start()
            cleanup.callback(downlink.stop)
            downlink.start()
            self._cleanup = cleanup.pop_all()

    def stop(self) -> None:
        """End in reverse order."""
        self._cleanup.close()

    def durable(self, messages: Sequence[Message], answers: Sequence[Answer]) -> None:
        """Tell everybody that `messages` are on disk; commands that they answer are answered."""
        for said in native_carrier.answers(messages):
            self._answers.put(said)
        for source in self._sources:
            source.acknowledge(messages)
            source.answer(answers)
