"""From publishing the fix that shows a theft to the incident at a listener, under full load.

A real `vehicleguard run` with its own broker, the simulated fleet beside it, all on this machine;
the thefts are published here, so that the moment of publishing is known.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from vehicleguard.bench.ingest import free_port

_STEP_DEG = 0.0005  # some 49 m of longitude, so that a late second never looks like a jump
_STEP_S = 1.0
_STEPS = 3  # where it stood, and two moving fixes: the second raises the incident
_PAGE_KB = os.sysconf("SC_PAGE_SIZE") / 1024


@dataclass(frozen=True)
class Latency:
    """Seconds from publish to incident, and what the run used meanwhile."""

    seconds: list[float]
    published: int
    rate_per_s: float
    rss_mb: list[float]
    rss_growth_mb_per_min: float
    cpu: dict[str, float]

    def percentile(self, q: float) -> float:
        """Seconds within which `q` percent of the incidents arrived."""
        return float(np.percentile(self.seconds, q))


class _Incidents(threading.Thread):
    """A listener like any browser: notes when each vehicle's first incident arrives."""

    def __init__(self, port: int, token: str) -> None:
        super().__init__(daemon=True)
        self.seen: dict[str, float] = {}
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._connection.request(
            "GET", "/api/v1/stream", headers={"Authorization": f"Bearer {token}"}
        )
        self._answer = self._connection.getresponse()
        if self._answer.status != http.client.OK:
            msg = f"the stream answered {self._answer.status}"
            raise RuntimeError(msg)

    def run(self) -> None:
        kind = ""
        while line := self._answer.readline():
            if line.startswith(b"event:"):
                kind = line[6:].strip().decode()
            elif line.startswith(b"data:") and kind == "incident":
                self.seen.setdefault(json.loads(line[5:])["vehicle_id"], time.time())
        self._answer.close()
        self._connection.close()


def measure(
    minutes: float,
    *,
    vehicles: int = 30_000,
    thefts_per_s: float = 5.0,
    said: Callable[[str], None] = lambda _: None,
) -> Latency:
    """Run the whole system for `minutes` at `vehicles` / 30 messages a second."""
    with tempfile.TemporaryDirectory(prefix="vg-bench-") as temporary:
        folder = Path(temporary)
        mqtt_port, console_port = free_port(), free_port()
        token = secrets.token_urlsafe(16)
        settings = folder / "settings.toml"
        settings.write_text(
            f'data = "{folder / "data"}"\n[ingest]\nport = {mqtt_port}\n'
            f"[console]\nport = {console_port}\n"
        )
        module = (sys.executable, "-m", "vehicleguard")
        with (folder / "log").open("wb") as log:
            said("latency: starting the run")
            run = subprocess.Popen(  # noqa: S603 - our own program
                [*module, "run", "--settings", settings],
                env={**os.environ, "VEHICLEGUARD_ADMIN_TOKEN": token},
                stdout=log,
                stderr=log,
            )
            fleet = listener = None
            try:
                _until_ready(console_port, run)
                fleet = subprocess.Popen(  # noqa: S603 - our own program
                    [
                        *(*module, "simulate", "--quiet", "--theft-every", "none"),
                        *("--broker", f"127.0.0.1:{mqtt_port}", "--vehicles", str(vehicles)),
                    ],
                    stdout=log,
                    stderr=log,
                )
                said("latency: letting the fleet settle")
                time.sleep(min(15.0, minutes * 20))
                listener = _Incidents(console_port, token)
                listener.start()
                return _under_load(
                    listener,
                    minutes=minutes,
                    thefts_per_s=thefts_per_s,
                    mqtt_port=mqtt_port,
                    console_port=console_port,
                    pids={"run": run.pid, "fleet": fleet.pid},
                    said=said,
                )
            finally:
                for process in filter(None, (fleet, run)):
                    process.terminate()
                    process.wait(20)
                if listener is not None:
                    listener.join(10)


def _get(port: int, path: str) -> tuple[int, str]:
    """Status and body of an answer of the console."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as line:
        line.request("GET", path)
        answer = line.getresponse()
        return answer.status, answer.read().decode()


def _until_ready(port: int, run: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and run.poll() is None:
        with contextlib.suppress(OSError):
            if _get(port, "/readyz")[0] == http.client.OK:
                return
        time.sleep(0.1)
    raise RuntimeError("the run did not get ready")


def _under_load(
    listener: _Incidents,
    *,
    minutes: float,
    thefts_per_s: float,
    mqtt_port: int,
    console_port: int,
    pids: dict[str, int],
    said: Callable[[str], None],
) -> Latency:
    thief = paho.Client(CallbackAPIVersion.VERSION2, client_id="bench-thief")
    thief.connect("127.0.0.1", mqtt_port)
    thief.loop_start()
    published: dict[str, float] = {}
    rss: list[float] = []
    began, cpu = time.time(), {name: _cpu_s(pid) for name, pid in pids.items()}
    fixes = _fixes_total(console_port)
    end = began + minutes * 60
    sample_at, n, due = began, 0, began
    under_way: list[tuple[float, str, int]] = []
    while (now := time.time()) < end or under_way:
        while due <= now < end:
            under_way.append((due, f"THEFT{n:06d}", 0))
            n, due = n + 1, due + 1 / thefts_per_s
        for at, name, step in [entry for entry in under_way if entry[0] <= now]:
            under_way.remove((at, name, step))
            # the moment of handing it to the client counts, not the moment the broker has it
            if step == _STEPS - 1:
                published[name] = time.time()
            thief.publish(f"vg/v1/{name}/fix", _fix(name, step), qos=1)
            if step + 1 < _STEPS:
                under_way.append((at + _STEP_S, name, step + 1))
        if now >= sample_at:
            rss.append(_rss_mb(pids["run"]))
            sample_at += 1
            left = max(end - now, 0)
            said(f"latency: {left:3.0f} s left, {len(listener.seen)} of {n} thefts seen")
        time.sleep(0.005)
    time.sleep(3)
    spent = time.time() - began
    rate = (_fixes_total(console_port) - fixes) / spent
    used = {name: (_cpu_s(pid) - cpu[name]) / spent for name, pid in pids.items()}
    thief.disconnect()
    thief.loop_stop()
    late = [listener.seen[name] - at for name, at in published.items() if name in listener.seen]
    half = rss[len(rss) // 2 :]
    slope = float(np.polyfit(np.arange(len(half)), half, 1)[0]) * 60 if len(half) > 2 else 0.0
    return Latency(late, len(published), rate, rss, slope, used)


def _fix(name: str, step: int) -> bytes:
    number = int(name[5:])
    return json.dumps(
        {
            "t": round(time.time(), 3),
            "lon": 110.8 + number % 100 * 0.001 + step * _STEP_DEG,
            "lat": 28.1 + number // 100 * 0.001,
            "speed": 8.0 if step else 0.0,
            "armed": True,
            "ign": False,
        }
    ).encode()


def _fixes_total(port: int) -> float:
    for line in _get(port, "/metrics")[1].splitlines():
        if line.startswith("vg_fixes_accepted_total "):
            return float(line.split()[1])
    return 0.0


def _rss_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * _PAGE_KB / 1024


def _cpu_s(pid: int) -> float:
    """User and system time of a process, fields 14 and 15 of proc(5)'s stat."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
