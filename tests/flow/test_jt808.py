"""Terminals of JT/T 808 beside the whole system: on the page, on disk, and kept out."""

from __future__ import annotations

import signal
import socket
import struct
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from ingest import sqlite
from ingest.jt808.frame import Frame, encode
from ingest.jt808.layout import Kind
from ingest.store import block
from tests.jt808 import Persistent, Terminal, position
from tests.running import Running, free_port
from tests.timeline import HOME, offset

pytestmark = pytest.mark.service

PHONE = "013912345678"


def running(folder: Path, more: str = "") -> tuple[Running, int]:
    port = free_port()
    run = Running(folder, f"[ingest]\nport = {free_port()}\njt808_port = {port}\n{more}")
    run.start()
    return run, port


def vehicles(run: Running, count: int) -> dict[str, dict[str, float]]:
    """The vehicles on the page, by id, once there are so many."""
    deadline = time.monotonic() + 20
    with run.client() as http:
        while True:
            items = http.get("/api/v1/vehicles").json()["items"]
            if len(items) >= count:
                return {item["id"]: item for item in items}
            assert time.monotonic() < deadline, run.tail()
            time.sleep(0.1)


def test_one_frame_on_a_bare_line_puts_the_vehicle_on_the_page(tmp_path: Path) -> None:
    run, port = running(tmp_path)
    try:
        # as `xxd -r -p | nc` sends it: no registration, no waiting for an answer
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.sendall(encode(Frame(Kind.POSITION, PHONE, 1, position(time.time(), *HOME))))
        found = vehicles(run, 1)
        assert set(found) == {PHONE}
        with run.client() as http:
            metrics = http.get("/metrics").text
    finally:
        assert run.stop() == 0
    assert (found[PHONE]["lon"], found[PHONE]["lat"]) == pytest.approx(HOME, abs=1e-6)
    assert "vg_jt808_connections" in metrics
    assert run.tracebacks() == []


def test_a_terminal_that_cries_theft_raises_an_incident(tmp_path: Path) -> None:
    run, port = running(tmp_path)
    terminal = Terminal(port, PHONE)
    try:
        for n, alarms in enumerate((0, 1 << 26)):
            terminal.send(Kind.POSITION, n, position(time.time(), *HOME, alarms=alarms))
            assert terminal.answered() == n
        deadline = time.monotonic() + 20
        with run.client() as http:
            while not (items := http.get("/api/v1/incidents").json()["items"]):
                assert time.monotonic() < deadline, run.tail()
                time.sleep(0.1)
    finally:
        terminal.close()
        assert run.stop() == 0
    assert [item["vehicle_id"] for item in items] == [PHONE]
    assert run.tracebacks() == []


def test_with_a_registry_only_terminals_with_their_code_are_taken(tmp_path: Path) -> None:
    (tmp_path / "registry.csv").write_text("vehicle_id,terminal\nbike,13912345678\n")
    run, port = running(tmp_path, f'registry = "{tmp_path / "registry.csv"}"\n')
    try:
        guest = Terminal(port, "013999999999")
        guest.send(Kind.POSITION, 1, position(time.time(), *HOME))
        assert guest.frame().body == struct.pack(">HHB", 1, Kind.POSITION, 1)
        ours = Terminal(port, PHONE)
        ours.send(Kind.REGISTRATION, 1, bytes(37))
        code = ours.frame().body[3:]
        ours.send(Kind.AUTHENTICATION, 2, code)
        assert ours.answered() == 2
        ours.send(Kind.POSITION, 3, position(time.time(), *HOME))
        assert ours.answered() == 3
        found = vehicles(run, 1)
        guest.close()
        ours.close()
    finally:
        assert run.stop() == 0
    assert set(found) == {"bike"}
    assert run.tracebacks() == []
    db = sqlite.connect(tmp_path / "data" / "vehicleguard.sqlite")
    reasons = db.execute("SELECT reason FROM rejects").fetchall()
    db.close()
    assert reasons == [("unregistered",)]


@pytest.mark.timeout(600)
def test_nothing_that_a_terminal_was_answered_for_is_lost_when_the_process_is_killed(
    tmp_path: Path,
) -> None:
    run, port = running(tmp_path)
    began = int(time.time()) - 3_600
    stop = threading.Event()
    fixes = 40
    bodies = {
        f"{13_900_000_000 + n:012d}": [
            position(began + 60 * k, *offset(HOME, 300 * n, 0)) for k in range(fixes)
        ]
        for n in range(25)
    }
    terminals = [Persistent(port, number, told, stop) for number, told in bodies.items()]
    try:
        for terminal in terminals:
            terminal.start()
        for _ in range(3):
            time.sleep(1.0)
            run.kill(signal.SIGKILL)
            run.start()
        deadline = time.monotonic() + 120
        while any(terminal.is_alive() for terminal in terminals):
            assert time.monotonic() < deadline, run.tail()
            time.sleep(0.1)
    finally:
        stop.set()
        run.stop()
    assert all(terminal.answered == fixes for terminal in terminals)
    stored: Counter[tuple[str, int]] = Counter()
    db = sqlite.connect(tmp_path / "data" / "vehicleguard.sqlite")
    for (body,) in db.execute("SELECT body FROM blocks"):
        batch = block.decode(body)
        rows = zip(batch.vehicle.tolist(), batch.t_ms.tolist(), strict=True)
        stored.update((batch.ids[code], t_ms // 1000) for code, t_ms in rows)
    db.close()
    sent = {(number, began + 60 * k) for number in bodies for k in range(fixes)}
    assert set(stored) == sent
