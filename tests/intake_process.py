"""A process that makes messages durable, and nothing else: one of several that share.

`python -m tests.intake_process SETTINGS STORE`, SETTINGS the section `[ingest]` as JSON.  It says
`ready` when it is subscribed, and ends with its standard input.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from ingest import sqlite
from ingest.admission import Admission
from ingest.dialects import router_of
from ingest.dialects.native_fixes import WORTHWHILE
from ingest.inbox import Inbox
from ingest.intake import Intake
from ingest.message import Message
from ingest.mqtt.source import MqttSource
from ingest.settings import IngestSettings
from ingest.store.log import LogFullError
from ingest.store.sqlite_log import SqliteLog

_WARM = Message("vg/v1/warm/fix", b'{"t":1e9,"lon":112,"lat":28}', 0)


def main(settings: IngestSettings, store: Path) -> None:
    assert settings.host is not None
    # as a run does at its start: the compiler is loaded before anybody weighs the process
    router_of(settings.dialects).decode([_WARM] * WORTHWHILE)
    connection = sqlite.connect(store)
    intake = Intake(
        Admission(settings, None),
        SqliteLog(connection),
        max_payload_bytes=settings.max_payload_bytes,
        clock_ms=lambda: time.time_ns() // 1_000_000,
    )
    inbox, ended = Inbox(settings.inbox_messages), threading.Event()

    def changed(up: bool) -> None:  # noqa: FBT001 - as the source calls it
        if up:
            sys.stdout.write("ready\n")
            sys.stdout.flush()

    source = MqttSource(settings, inbox, changed, host=settings.host, port=settings.port)
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    source.start()
    while not ended.is_set():
        messages = inbox.take(settings.flush_messages, max_wait_s=0.1, linger_s=0.05)
        while messages and not ended.is_set():
            try:
                answers = intake.take(messages).answers
            except LogFullError:
                time.sleep(0.1)
                continue
            source.acknowledge(messages)
            source.answer(answers)
            break
    source.stop()
    connection.close()


if __name__ == "__main__":
    main(IngestSettings.model_validate_json(sys.argv[1]), Path(sys.argv[2]))
