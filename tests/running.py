"""A `vehicleguard run` of its own for a test: real process, real broker, free ports, own folder."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import httpx

TOKEN = "test-token-of-the-administrator"  # noqa: S105 - a test's own
ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Running:
    """Starts, kills and stops `vehicleguard run` on the same data and ports again and again."""

    def __init__(self, folder: Path, settings: str = "") -> None:
        self.folder = folder
        self.console_port = free_port()
        self._settings = folder / "settings.toml"
        text = textwrap.dedent(settings)
        self._settings.write_text(
            f'data = "{folder / "data"}"\n{text}\n[console]\nport = {self.console_port}\n'
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.log = folder / "run.log"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.console_port}"

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {TOKEN}"})

    def start(self, *, wait: bool = True) -> None:
        environment = {
            **os.environ,
            "VEHICLEGUARD_ADMIN_TOKEN": TOKEN,
            "PYTHONPATH": str(ROOT),
        }
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "vehicleguard", "run", "--settings", str(self._settings)],
                cwd=self.folder,
                env=environment,
                stdout=log,
                stderr=log,
            )
        if wait:
            self.wait_ready()

    def wait_ready(self, timeout_s: float = 60) -> None:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            assert self._process is not None
            if self._process.poll() is not None:
                msg = f"vehicleguard run ended by itself:\n{self.tail()}"
                raise AssertionError(msg)
            try:
                if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        msg = f"not ready within {timeout_s} s:\n{self.tail()}"
        raise AssertionError(msg)

    def tail(self) -> str:
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-30:])

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self, how: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(how)
        return self._process.wait(30)

    def stop(self) -> int:
        """Ctrl-C, as a person would; returns the exit status."""
        if self._process is None or self._process.poll() is not None:
            return 0
        return self.kill(signal.SIGINT)

    def tracebacks(self) -> list[str]:
        return re.findall(r"Traceback \(most recent", self.log.read_text("utf-8", "replace"))
