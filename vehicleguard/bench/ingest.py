"""The ingest path against a bare paho receive loop, in alternating rounds of one run."""

from __future__ import annotations

import json
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vehicleguard.bench.receiver import READY
from vehicleguard.broker import EmbeddedBroker, is_listening

_MOSQUITTO = """\
listener {port} 127.0.0.1
allow_anonymous true
max_inflight_messages 0
max_queued_messages 0
persistence false
"""


@dataclass(frozen=True)
class Figure:
    """One receiver's rounds: messages a second, and processor microseconds a message."""

    per_s: list[float]
    us: list[float]

    @property
    def median_per_s(self) -> float:
        """Messages a second, the middle of the rounds."""
        return statistics.median(self.per_s)

    @property
    def median_us(self) -> float:
        """Processor microseconds a message, the middle of the rounds."""
        return statistics.median(self.us)


def free_port() -> int:
    """A port of loopback that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def broker(folder: Path) -> Iterator[tuple[str, int]]:
    """A broker of the bench's own: mosquitto where it is installed, else the embedded one."""
    port = free_port()
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        own = EmbeddedBroker(folder / "broker", port)
        own.start()
        try:
            yield "nats-server", port
        finally:
            own.stop()
        return
    configuration = folder / "mosquitto.conf"
    configuration.write_text(_MOSQUITTO.format(port=port))
    with subprocess.Popen(  # noqa: S603 - Debian's own program
        [program, "-c", configuration], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            while not is_listening(port):
                time.sleep(0.05)
            yield "mosquitto", port
        finally:
            process.terminate()


def measure(
    messages: int, rounds: int, said: Callable[[str], None] = lambda _: None
) -> tuple[str, dict[str, Figure]]:
    """The broker used, and the figures of `bare`, `path` and `answered` (path with answers)."""
    figures = {name: Figure([], []) for name in ("bare", "path", "answered")}
    with tempfile.TemporaryDirectory(prefix="vg-bench-") as temporary:
        folder = Path(temporary)
        with broker(folder) as (name, port):
            for number in range(rounds):
                for kind, figure in figures.items():
                    said(f"ingest {number + 1}/{rounds}: {kind}, {messages:,} messages")
                    result = _round(kind, port, messages, folder / f"{kind}-{number}")
                    figure.per_s.append(result["count"] / result["wall"])
                    figure.us.append(result["processor"] / result["count"] * 1e6)
    return name, figures


def _round(kind: str, port: int, messages: int, folder: Path) -> dict[str, float]:
    folder.mkdir()
    receiver = "bare" if kind == "bare" else "path"
    module = (sys.executable, "-m")
    with subprocess.Popen(  # noqa: S603 - our own program
        [*module, "vehicleguard.bench.receiver", receiver, str(port), str(messages), str(folder)],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None  # noqa: S101 - asked for above
        line = process.stdout.readline()
        if line.strip() != READY:
            process.kill()
            msg = f"the receiver did not get ready: {line!r}"
            raise RuntimeError(msg)
        numbered = ["seq"] if kind == "answered" else []
        subprocess.run(  # noqa: S603 - our own program
            [*module, "vehicleguard.bench.feeder", str(port), str(messages), *numbered], check=True
        )
        result: dict[str, float] = json.loads(process.stdout.readline())
    if result["count"] != messages:
        msg = f"{kind}: {result['count']:.0f} of {messages} messages arrived"
        raise RuntimeError(msg)
    return result
