"""JT/T 808 terminals on real lines, to the answer after the durable write.

The gateway and intake run here as in the embedded run, without detection; the terminals are another
process (`python -m vehicleguard.bench.jt808_line PORT LINES COUNT`), which sends frames encoded
beforehand and counts the answers.
"""

from __future__ import annotations

import selectors
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from ingest import sqlite
from ingest.admission import Admission
from ingest.dialects import DIALECTS, Router
from ingest.inbox import Inbox
from ingest.intake import Intake
from ingest.jt808.gate import Gate
from ingest.jt808.gateway import Jt808Source
from ingest.settings import IngestSettings
from ingest.store.sqlite_log import SqliteLog
from vehicleguard.bench.jt808 import frames

LINES = 200
_LONGEST_S = 120.0


@dataclass(frozen=True)
class Figure:
    """Frames, and seconds of the wall and of this process's processor that they took."""

    frames: int
    wall: float
    processor: float

    @property
    def per_s(self) -> float:
        """Frames answered a second."""
        return self.frames / self.wall

    @property
    def us(self) -> float:
        """Processor microseconds a frame, from the socket to the answer."""
        return self.processor / self.frames * 1e6


def measure(count: int) -> Figure:
    """Take `count` frames over `LINES` lines; the slowest terminal's answer ends the time."""
    settings = IngestSettings()
    count -= count % LINES
    with tempfile.TemporaryDirectory(prefix="vg-bench-") as folder:
        connection = sqlite.connect(Path(folder) / "bench.sqlite")
        intake = Intake(
            Admission(settings, None),
            SqliteLog(connection),
            max_payload_bytes=settings.max_payload_bytes,
            clock_ms=_now_ms,
            router=Router([DIALECTS["jt808"]]),
        )
        inbox = Inbox(settings.inbox_messages)
        source = Jt808Source(inbox, Gate(None, b""), host="127.0.0.1", port=0, clock_ms=_now_ms)
        source.start()
        ended = threading.Event()

        def work() -> None:
            linger_s = settings.flush_ms / 1000
            while not ended.is_set():
                messages = inbox.take(settings.flush_messages, max_wait_s=0.1, linger_s=linger_s)
                if messages:
                    intake.take(messages)
                    source.acknowledge(messages)

        worker = threading.Thread(target=work)
        worker.start()
        began = time.process_time()
        try:
            wall = float(
                subprocess.run(  # noqa: S603 - our own program
                    [
                        *(sys.executable, "-m", "vehicleguard.bench.jt808_line"),
                        *(str(source.port), str(LINES), str(count)),
                    ],
                    check=True,
                    capture_output=True,
                    text=True,
                    timeout=_LONGEST_S,
                ).stdout
            )
            processor = time.process_time() - began
        finally:
            ended.set()
            worker.join()
            source.stop()
            connection.close()
    return Figure(count, wall, processor)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _terminals(port: int, lines: int, count: int) -> float:
    """Send `count` frames over so many lines and wait for every answer; seconds."""
    every = frames(count)
    waiting = {n: b"".join(every[n::lines]) for n in range(lines)}
    # an answer is one frame; neither its serial nor its checksum counts, only its delimiters do
    left = dict.fromkeys(range(lines), 2 * (count // lines))
    with selectors.DefaultSelector() as selector:
        opened: list[socket.socket] = []
        for n in range(lines):
            opened.append(socket.create_connection(("127.0.0.1", port)))
            opened[n].settimeout(0)
            selector.register(opened[n], selectors.EVENT_READ | selectors.EVENT_WRITE, n)
        began = time.perf_counter()
        while left:
            for key, events in selector.select(1.0):
                n = int(key.data)
                line = opened[n]
                if events & selectors.EVENT_WRITE:
                    waiting[n] = waiting[n][line.send(waiting[n][:16_384]) :]
                    if not waiting[n]:
                        selector.modify(line, selectors.EVENT_READ, n)
                if events & selectors.EVENT_READ:
                    left[n] -= line.recv(65_536).count(b"\x7e")
                    if left[n] <= 0:
                        del left[n]
                        selector.unregister(line)
        took = time.perf_counter() - began
        for line in opened:
            line.close()
    return took


if __name__ == "__main__":
    sys.stdout.write(f"{_terminals(*map(int, sys.argv[1:]))}\n")
