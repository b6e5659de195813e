"""One receiving process of the ingest figures: a bare paho loop, our reading, or the whole path.

`python -m vehicleguard.bench.receiver KIND PORT COUNT FOLDER [CLIENT SHARE]`, KIND one of `bare`
(paho receives, acknowledges and counts), `read` (`MqttSource` does) and `path` (up to the durable
write).  It says when it is ready, and prints one JSON line: messages, seconds from the first to the
last one done, processor seconds of this process in between.  With a share, COUNT is of all members,
and the end is when nothing has come for a second after a line on the standard input.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Sequence
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
from ingest.mqtt.source import MqttSource
from ingest.settings import IngestSettings
from ingest.store.sqlite_log import SqliteLog

READY = "ready"
_LONGEST_S = 120


class _Stopwatch:
    """Wall and processor time from the first message to the last."""

    def __init__(self) -> None:
        self._first = self._last = self._began = self._ended = 0.0

    def begin(self) -> None:
        if not self._first:
            self._first, self._began = time.monotonic(), time.process_time()

    def done(self) -> None:
        self._last, self._ended = time.monotonic(), time.process_time()

    def report(self, count: int) -> None:
        figures = {
            "count": count,
            "first": self._first,
            "last": self._last,
            "processor": self._ended - self._began,
        }
        sys.stdout.write(json.dumps(figures) + "\n")


class _TimedInbox(Inbox):
    """Starts the watch with the first message, not with the first block."""

    def __init__(self, limit: int, watch: _Stopwatch) -> None:
        super().__init__(limit)
        self._watch = watch

    def put_all(self, messages: Sequence[Message]) -> int:
        self._watch.begin()
        return super().put_all(messages)


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
    watch.done()
    watch.report(received)
    client.disconnect()
    client.loop_stop()


def path(
    port: int, count: int, folder: Path, client_id: str, share: str | None, *, stored: bool
) -> None:
    """Everything up to the acknowledgement after the durable write, as the embedded run does it.

    Without `stored` it only reads and acknowledges, as the bare loop does.
    """
    settings = IngestSettings(host="127.0.0.1", port=port, client_id=client_id, share=share)
    connection = sqlite.connect(folder / f"{client_id}.sqlite")
    intake = Intake(
        Admission(settings, None),
        SqliteLog(connection),
        max_payload_bytes=settings.max_payload_bytes,
        clock_ms=lambda: time.time_ns() // 1_000_000,
    )
    watch, done = _Stopwatch(), 0
    inbox = _TimedInbox(settings.inbox_messages, watch)
    up, over = threading.Event(), threading.Event()

    def changed(is_up: bool) -> None:  # noqa: FBT001 - a state, handed to a callback
        if is_up:
            up.set()

    source = MqttSource(settings, inbox, changed, host="127.0.0.1", port=port)
    # as a run does at its start: the first fix is not to wait for the compiler
    DIALECTS["native"].decode([Message("vg/v1/T/fix", b"", 0)] * WORTHWHILE)
    source.start()
    up.wait(10)
    _ready()
    if share:
        threading.Thread(target=_await_line, args=(over,), daemon=True).start()
    until = time.monotonic() + _LONGEST_S
    while done < count and time.monotonic() < until:
        messages = inbox.take(
            settings.flush_messages, max_wait_s=1, linger_s=settings.flush_ms / 1000
        )
        if not messages:
            if over.is_set():
                break
            continue
        answers = intake.take(messages).answers if stored else ()
        source.acknowledge(messages)
        source.answer(answers)
        done += len(messages)
        watch.done()
    watch.report(done)
    source.stop()
    connection.close()


def _await_line(over: threading.Event) -> None:
    sys.stdin.readline()
    over.set()


def forget_session(port: int, client_id: str) -> None:
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
    kind, port, count, folder, *member = sys.argv[1:]
    if kind == "bare":
        bare(int(port), int(count))
    else:
        client, share = member or ("bench-path", None)
        path(int(port), int(count), Path(folder), client, share, stored=kind == "path")
