"""A receiver of GA/T 1400 with the intake behind it, for tests: real socket, real log on disk.

As a program (`python tests/receiver.py FOLDER PORT [durable]`) it is there to be killed; with
`durable` it writes and never answers.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from ingest import sqlite
from ingest.admission import Admission
from ingest.dialects import router_of
from ingest.gat1400.digest import Users
from ingest.gat1400.receiver import Gat1400Source
from ingest.inbox import Inbox
from ingest.intake import Intake, Taken
from ingest.settings import IngestSettings
from ingest.store.sqlite_log import SqliteLog

SERVER = "43090000005030000001"
USER, PASSWORD = "platform", "a password of the test"


class Receiver:
    """A source, its inbox, and a thread that makes what comes durable and answers it."""

    def __init__(
        self, folder: Path, *, inbox: int = 1000, answers: bool = True, **settings: object
    ) -> None:
        users = folder / "users.csv"
        users.write_text(f"user,password\n{USER},{PASSWORD}\n", "utf-8")
        told = {"gat1400_port": 0, "gat1400_users": users, "gat1400_server_id": SERVER}
        self.settings = IngestSettings.model_validate(told | settings)
        self.store = folder / "log.sqlite"
        self.inbox = Inbox(inbox)
        self.source = Gat1400Source(self.settings, Users.of(SERVER, {USER: PASSWORD}), self.inbox)
        self.taken: list[Taken] = []
        self.pump = threading.Event()
        self.pump.set()
        self._answers = answers
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.source.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self.source.start()
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self.pump.set()
        self.source.stop()
        self._stopping.set()
        self.inbox.close()
        self._thread.join()

    def _work(self) -> None:
        connection = sqlite.connect(self.store)
        try:
            intake = Intake(
                Admission(self.settings, None),
                SqliteLog(connection),
                max_payload_bytes=self.settings.max_payload_bytes,
                clock_ms=lambda: time.time_ns() // 1_000_000,
                router=router_of(["gat1400"]),
            )
            while not self._stopping.is_set():
                self.pump.wait()
                messages = self.inbox.take(100, max_wait_s=0.05, linger_s=0)
                if messages:
                    self.taken.append(intake.take(messages))
                    print("durable", flush=True)  # noqa: T201 - whoever kills waits for it
                    if self._answers:
                        self.source.acknowledge(messages)
        finally:
            connection.close()


if __name__ == "__main__":
    with Receiver(
        Path(sys.argv[1]), gat1400_port=int(sys.argv[2]), answers="durable" not in sys.argv[3:]
    ):
        print("ready", flush=True)  # noqa: T201 - whoever started us waits for it
        threading.Event().wait()
