"""Real servers for a test: started on free ports, ended with it, missing ones said aloud."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.running import free_port
from vehicleguard import broker as brokers
from vehicleguard.broker import EmbeddedBroker, binary, is_listening

PATIENCE_S = 30.0


def missing(what: str) -> None:
    """A server that is not there fails where REQUIRE_SERVICES=1, and skips elsewhere."""
    if os.environ.get("REQUIRE_SERVICES") == "1":
        pytest.fail(f"{what} is not on this machine, and REQUIRE_SERVICES=1")
    pytest.skip(f"{what} is not on this machine")


class Broker(Protocol):
    """A broker on one port of loopback over several lives; its sessions outlive it."""

    port: int

    def start(self) -> None: ...

    def stop(self) -> None: ...

    @property
    def pid(self) -> int | None: ...


class Mosquitto:
    """Debian's mosquitto; it saves sessions when it is ended kindly."""

    def __init__(self, folder: Path, options: str = "") -> None:
        program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        if program is None:
            missing("mosquitto")
        self.port = free_port()
        self._command = [str(program), "-c", str(folder / "mosquitto.conf")]
        self._log = folder / "mosquitto.log"
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "mosquitto.conf").write_text(
            f"listener {self.port} 127.0.0.1\n"
            "allow_anonymous true\n"
            "max_inflight_messages 0\n"
            "max_queued_messages 0\n"
            "persistence true\n"
            f"persistence_location {folder}/\n"
            # as root it would become a user who may not write here
            f"{'user root' if os.geteuid() == 0 else ''}\n"
            f"{options}\n"
        )

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        end = time.monotonic() + PATIENCE_S
        while not is_listening(self.port):
            assert self._process.poll() is None, self._log.read_text("utf-8", "replace")
            assert time.monotonic() < end, "mosquitto did not start"
            time.sleep(0.02)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def kill(self) -> None:
        """As the machine would on a bad day."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(PATIENCE_S)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE_S)
            self._process = None


def embedded(folder: Path) -> EmbeddedBroker:
    if binary() is None:
        missing("nats-server")
    return EmbeddedBroker(folder, free_port())


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    one = Mosquitto(folder)
    one.start()
    yield one
    one.stop()


@pytest.fixture(params=["embedded", "mosquitto", "mosquitto-5"])
def broker(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Broker, int]]:
    """A running broker and the protocol level to speak to it."""
    monkeypatch.setattr(brokers, "_ACK_WAIT_S", 1)
    folder = tmp_path / "broker"
    folder.mkdir()
    one: Broker = embedded(folder) if request.param == "embedded" else Mosquitto(folder)
    one.start()
    yield one, 5 if request.param == "mosquitto-5" else 4
    one.stop()


@pytest.fixture
def until() -> Callable[[Callable[[], object], str], None]:
    """Wait for a condition; fail when it never comes."""

    def wait(true: Callable[[], object], what: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < end, what
            time.sleep(0.02)

    return wait
