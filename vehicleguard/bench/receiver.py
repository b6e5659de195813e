"""One receiving process of the ingest figures: a bare paho loop, or the whole path to the disk.

`python -m vehicleguard.bench.receiver bare|path PORT COUNT FOLDER` prints one JSON line: seconds
from the first message to the last one done, and processor seconds of this process in between.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from ingest import sqlite
from ingest.admission import Admission
from ingest.dialects import DIALECTS
from ingest.dialects.native_fixes import WORTHWHILE
from ingest.inbox import Inbox
from ingest.intake import Intake
from ingest.message import Message
from ingest.mqtt import MqttSource
from ingest.settings import IngestSettings
from ingest.sqlite_log import SqliteLog

READY = "ready"
_LONGEST_S = 120


class _Stopwatch:
    """Wall and processor time since the first message."""

    def __init__(self) -> None:
        self.wall = self.processor = 0.0

    def begin(self) -> None:
        if not self.wall:
            self.wall, self.processor = time.perf_counter(), time.process_time()

    def report(self, count: int) -> None:
        wall, processor = time.perf_counter() - self.wall, time.process_time() - self.processor
        sys.stdout.write(json.dumps({"count": count, "wall": wall, "processor": processor}) + "\n")


class _TimedInbox(Inbox):
    """Starts the watch with the first message, not with the first block."""

    def __init__(self, limit: int, watch: _Stopwatch) -> None:
        super().__init__(limit)
        self._watch = watch

    def put(self, message: Message) -> bool:
        self._watch.begin()
        return super().put(message)


def _ready() -> None:
    sys.stdout.write(READY + "\n")
    sys.stdout.flush()


def bare(port: int, count: int) -> None:
    """What paho alone can do: receive, acknowledge by itself, count."""
    watch, done = _Stopwatch(), threading.Event()
    received = 0

    def connected(client: paho.Client, *_: object) -> None:
        client.subscribe([(topic, 1) for topic in DIALECTS["native"].topics])

    def message(*_: object) -> None:
        nonlocal received
        watch.begin()
        received += 1
        if received == count:
            done.set()

    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="bench-bare")
    client.on_connect = connected
    client.on_subscribe = lambda *_: _ready()
    client.on_message = message
    client.connect("127.0.0.1", port)
    client.loop_start()
    done.wait(_LONGEST_S)
    watch.report(received)
    client.disconnect()
    client.loop_stop()


def path(port: int, count: int, folder: Path) -> None:
    """Everything up to the acknowledgement after the durable write, as the embedded run does it."""
    settings = IngestSettings(port=port, client_id="bench-path")
    connection = sqlite.connect(folder / "bench.sqlite")
    intake = Intake(
        Admission(settings, None),
        SqliteLog(connection),
        max_payload_bytes=settings.max_payload_bytes,
        clock_ms=lambda: time.time_ns() // 1_000_000,
    )
    watch, done = _Stopwatch(), 0
    inbox = _TimedInbox(settings.inbox_messages, watch)
    up = threading.Event()

    def changed(is_up: bool) -> None:  # noqa: FBT001 - a state, handed to a callback
        if is_up:
            up.set()

    source = MqttSource(settings, inbox, changed, host="127.0.0.1", port=port)
    # as a run does at its start: the first fix is not to wait for the compiler
    DIALECTS["native"].decode([Message("vg/v1/T/fix", b"", 0)] * WORTHWHILE)
    source.start()
    up.wait(10)
    time.sleep(0.3)  # the subscription follows the connection
    _ready()
    until = time.monotonic() + _LONGEST_S
    while done < count and time.monotonic() < until:
        messages = inbox.take(
            settings.flush_messages, max_wait_s=0.5, linger_s=settings.flush_ms / 1000
        )
        if not messages:
            continue
        taken = intake.take(messages)
        source.acknowledge(messages)
        source.answer(taken.answers)
        done += len(messages)
    watch.report(done)
    source.stop()
    connection.close()
    _forget_session(port, settings.client_id)


def _forget_session(port: int, client_id: str) -> None:
    """Take the persistent session off the broker, or it would collect the next rounds."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=True)
    gone = threading.Event()
    client.on_connect = lambda *_: gone.set()
    client.connect("127.0.0.1", port)
    client.loop_start()
    gone.wait(5)
    client.disconnect()
    client.loop_stop()


if __name__ == "__main__":
    if sys.argv[1] == "bare":
        bare(int(sys.argv[2]), int(sys.argv[3]))
    else:
        path(int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
