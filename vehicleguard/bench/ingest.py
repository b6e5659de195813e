"""The ingest path against a bare paho receive loop, in alternating rounds of one run.

Once from a stand-in that sends as fast as one process can take, and once through a real broker,
whose own processor time a message is measured beside ours.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NamedTuple

from vehicleguard.bench.receiver import READY, forget_session
from vehicleguard.broker import EmbeddedBroker, is_listening

MEMBERS = 4
"""Processes on the shared subscription."""
_ALONE = 4  # times the messages: what no broker slows down is soon over
_PACKED = 8  # of so many messages one is sent, of fifty times the size
KINDS = ("bare", "read", "path", "answered")
_MOSQUITTO = """\
listener {port} 127.0.0.1
allow_anonymous true
max_inflight_messages 0
max_queued_messages 0
persistence false
"""
_SAID = {"answered": ("seq",), "packed": ("packed",)}
_PYTHON = (sys.executable, "-m")


@dataclass(frozen=True)
class Figure:
    """One receiver's rounds: messages a second, and processor microseconds a message.

    `us` is of all receiving processes, `broker_us` of the broker; for it a publisher's message
    counts once, with what it costs to take and to deliver.
    """

    per_s: list[float] = field(default_factory=list)
    us: list[float] = field(default_factory=list)
    broker_us: list[float] = field(default_factory=list)

    @property
    def median_per_s(self) -> float:
        """Messages a second, the middle of the rounds."""
        return statistics.median(self.per_s)

    @property
    def median_us(self) -> float:
        """Processor microseconds a message, the middle of the rounds."""
        return statistics.median(self.us)

    @property
    def median_broker_us(self) -> float:
        """The broker's, the middle of the rounds."""
        return statistics.median(self.broker_us)


class Broker(NamedTuple):
    """A broker that runs."""

    name: str
    port: int
    pid: int


def free_port() -> int:
    """A port of loopback that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def broker(folder: Path) -> Iterator[Broker]:
    """A broker of the bench's own: mosquitto where it is installed, else the embedded one."""
    port = free_port()
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        own = EmbeddedBroker(folder / "broker", port)
        own.start()
        try:
            yield Broker("nats-server", port, own.pid or 0)
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
            yield Broker("mosquitto", port, process.pid)
        finally:
            process.terminate()


class Measured(NamedTuple):
    """Figures by kind of receiver: of the stand-in's messages, and of a broker's."""

    broker: str
    alone: dict[str, Figure]
    through: dict[str, Figure]


def measure(messages: int, rounds: int, said: Callable[[str], None] = lambda _: None) -> Measured:
    """`KINDS` from the stand-in; from a broker those, `packed`, and `shared` if it can share."""
    alone = {kind: Figure() for kind in KINDS}
    with tempfile.TemporaryDirectory(prefix="vg-bench-") as temporary:
        folder = Path(temporary)
        with broker(folder) as running:
            through = {kind: Figure() for kind in (*KINDS, "packed", "shared")}
            if running.name != "mosquitto":
                del through["shared"]
            for number in range(rounds):
                for kind, figure in alone.items():
                    said(f"ingest {number + 1}/{rounds}: {kind}, stand-in")
                    many = messages * _ALONE
                    _note(figure, many, _alone(kind, many, folder))
                for kind, figure in through.items():
                    said(f"ingest {number + 1}/{rounds}: {kind}, {running.name}")
                    many = messages // _PACKED if kind == "packed" else messages
                    before = _processor_s(running.pid)
                    _note(figure, many, _through(kind, running.port, many, folder))
                    used = _processor_s(running.pid) - before
                    figure.broker_us.append(used / many * 1e6)
    return Measured(running.name, alone, through)


def _note(figure: Figure, messages: int, results: list[dict[str, float]]) -> None:
    count = sum(result["count"] for result in results)
    if count != messages:
        msg = f"{count:.0f} of {messages} messages arrived"
        raise RuntimeError(msg)
    busy = [result for result in results if result["count"]]
    wall = max(result["last"] for result in busy) - min(result["first"] for result in busy)
    figure.per_s.append(count / wall)
    figure.us.append(sum(result["processor"] for result in busy) / count * 1e6)


def _alone(kind: str, messages: int, folder: Path) -> list[dict[str, float]]:
    """One receiver of the stand-in's messages."""
    with _child("standin", str(messages), *_SAID.get(kind, ())) as standin:
        port = int(_line(standin.stdout))
        with _receiver(kind, port, messages, folder) as receiver:
            _tell(standin)
            result = json.loads(_line(receiver.stdout))
            receiver.wait()
            standin.kill()
    return [result]


def _through(kind: str, port: int, messages: int, folder: Path) -> list[dict[str, float]]:
    """One receiver, or `MEMBERS` on a shared subscription, of messages that a broker delivers."""
    said = _SAID.get(kind, ())
    count = MEMBERS if kind == "shared" else 1
    names = [f"bench-{number}" for number in range(count)]
    with ExitStack() as stack:
        receivers = [
            stack.enter_context(
                _receiver(kind, port, messages, folder, *((name, "bench") * (count > 1)))
            )
            for name in names
        ]
        subprocess.run(  # noqa: S603 - our own program
            [*_PYTHON, "vehicleguard.bench.feeder", str(port), str(messages), *said], check=True
        )
        for receiver in receivers:
            _tell(receiver)
        results = [json.loads(_line(receiver.stdout)) for receiver in receivers]
    for name in (*names, "bench-path"):
        forget_session(port, name)
    return results


@contextmanager
def _child(module: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(  # noqa: S603 - our own program
        [*_PYTHON, f"vehicleguard.bench.{module}", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise


@contextmanager
def _receiver(
    kind: str, port: int, messages: int, folder: Path, *member: str
) -> Iterator[subprocess.Popen[str]]:
    """A receiver that is ready."""
    does = {"bare": "bare", "read": "read", "packed": "read"}.get(kind, "path")
    with _child("receiver", does, str(port), str(messages), str(folder), *member) as process:
        said = _line(process.stdout)
        if said != READY:
            msg = f"the receiver did not get ready: {said!r}"
            raise RuntimeError(msg)
        yield process


def _line(stream: IO[str] | None) -> str:
    assert stream is not None  # noqa: S101 - asked for in `_child`
    return stream.readline().strip()


def _tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None  # noqa: S101 - asked for in `_child`
    process.stdin.write("go\n")
    process.stdin.flush()


def _processor_s(pid: int) -> float:
    """Processor seconds that a process has used (proc(5), fields 14 and 15 of `stat`)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
