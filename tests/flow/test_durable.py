"""What was answered is stored, whoever dies, stands still or runs out of disk; memory is bounded.

The terminals' answers on `…/ack` are the ledger: each must be found in the log.
"""

from __future__ import annotations

import json
import random
import resource
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.connected.conftest import Mosquitto
from tests.members import Member
from tests.running import Running, free_port
from tests.storm import Storm
from tests.terminals import Terminals
from tests.timeline import Track
from vehicleguard.bench import feeder

pytestmark = pytest.mark.service

MB = 1 << 20
PATIENCE_S = 60.0
Packets = list[bytes]


def until(true: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.05)


@contextmanager
def broker(folder: Path, options: str = "") -> Iterator[Mosquitto]:
    folder.mkdir()
    one = Mosquitto(folder, options)
    one.start()
    try:
        yield one
    finally:
        one.stop()


@contextmanager
def member(folder: Path, port: int, **settings: object) -> Iterator[Member]:
    one = Member(folder, "intake", port=port, **settings)
    one.start()
    one.wait_ready()
    try:
        yield one
    finally:
        one.end()


@contextmanager
def standing_still(store: Path) -> Iterator[None]:
    """Nothing can be written to the store meanwhile."""
    db = sqlite3.connect(store, isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        db.execute("ROLLBACK")
        db.close()


def fixes(count: int, terminals: int, *, padding: int = 0, alarm_of: int = -1) -> Packets:
    """Numbered fixes of terminals that take turns; number `alarm_of` says that it is robbed."""
    packets = []
    for n in range(count):
        body: dict[str, object] = {"t": 1_790_000_000 + n // terminals, "lon": 112.3, "lat": 28.5}
        body |= {"seq": n, "padding": "x" * padding}
        if n == alarm_of:
            body["alarms"] = ["sos"]
        topic = f"vg/v1/D{n % terminals:04d}/fix"
        packets.append(feeder.publish_packet(topic, json.dumps(body).encode(), n % 65_535 + 1))
    return packets


@pytest.mark.timeout(3600)
def test_broker_and_intake_are_killed_in_turn_and_every_answer_is_kept(
    tmp_path: Path, kills: int, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.terminals._REPEAT_S", 0.5)
    rng = random.Random(seed)
    rounds = max(kills // 6, 2)
    start_ms = int(time.time() * 1000) - 6 * 3_600_000
    told = [Track(f"T{n}", t_ms=start_ms, armed=True).park(10 + 5 * rounds) for n in range(10)]
    with broker(tmp_path / "broker") as one, member(tmp_path, one.port) as intake:
        terminals = Terminals(one.port, told)
        try:
            for n in range(rounds):
                time.sleep(rng.uniform(0.1, 1.0))
                if n % 2:
                    intake.end(signal.SIGKILL)
                    intake.start()
                else:
                    one.kill()
                    one.start()
            terminals.wait(PATIENCE_S + 2 * rounds)
        finally:
            terminals.close()
        stored = intake.stored()
    assert set(stored) == {(track.vehicle, n) for track in told for n in range(len(track.rows))}


def test_while_the_log_stands_still_memory_is_bounded_and_the_broker_holds_the_rest(
    tmp_path: Path,
) -> None:
    count = 60_000
    settings = {"inbox_messages": 2000, "flush_messages": 500}
    with broker(tmp_path / "broker") as one, member(tmp_path, one.port, **settings) as intake:
        process = psutil.Process(intake.pid)
        before = process.memory_info().rss
        with standing_still(intake.store):
            feeder.send(one.port, fixes(count, 500, padding=1000))
            most = 0
            for _ in range(20):
                time.sleep(0.05)
                most = max(most, process.memory_info().rss)
            assert one.pid is not None
            held = psutil.Process(one.pid).memory_info().rss
            assert intake.stored().total() <= settings["flush_messages"]
        # 70 MB were said; an inbox, a read and a block of them are 5 MB
        assert most - before < 30 * MB
        assert held > 60 * MB
        until(lambda: intake.stored().total() >= count, "not all is stored")
        assert set(intake.stored()) == {(f"D{n % 500:04d}", n) for n in range(count)}


def test_an_alarm_overtakes_what_waits_and_its_terminal_stays_in_order(tmp_path: Path) -> None:
    count, alarm = 5000, 4907
    settings = {"inbox_messages": 10_000, "flush_messages": 250}
    with broker(tmp_path / "broker") as one, member(tmp_path, one.port, **settings) as intake:
        with standing_still(intake.store):
            feeder.send(one.port, fixes(count, 100, alarm_of=alarm))
            time.sleep(0.5)
        until(lambda: intake.stored().total() >= count, "not all is stored")
        blocks = intake.blocks()
    # one block was under way when the log stopped
    where = [n for n, rows in enumerate(blocks) if ("D0007", alarm) in rows]
    assert where[0] <= 1
    assert len(blocks) >= count // 250
    for terminal in ("D0007", "D0008"):
        numbers = [seq for rows in blocks for name, seq in rows if name == terminal]
        assert numbers == sorted(numbers)
        assert len(numbers) == count // 100


def test_a_full_disk_stops_the_intake_and_loses_nothing(tmp_path: Path) -> None:
    port = free_port()
    run = Running(tmp_path, f"[ingest]\nport = {port}")
    run.start()
    start_ms = int(time.time() * 1000) - 3_600_000
    told = [Track(f"T{n}", t_ms=start_ms, armed=True).park(20) for n in range(20)]
    terminals = Terminals(port, told)
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    try:
        until(lambda: terminals.acknowledged() > 50, "nothing is answered")
        # no file of the run grows beyond its first pages any more; its broker's may
        resource.prlimit(run.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        with run.client() as client:
            until(lambda: client.get("/readyz").status_code != 200, "the trouble is not told")
            assert "log cannot be written" in client.get("/readyz").text
            answered = terminals.acknowledged()
            time.sleep(1)
            assert terminals.acknowledged() == answered < terminals.total
            resource.prlimit(run.pid, resource.RLIMIT_FSIZE, unlimited)
            terminals.wait(PATIENCE_S)
            assert client.get("/readyz").status_code == 200
    finally:
        terminals.close()
        assert run.stop() == 0
    assert run.tracebacks() == []


@pytest.mark.timeout(1200)
def test_terminals_that_all_come_back_at_once_with_their_back_fill_are_all_answered(
    tmp_path: Path, storm: int
) -> None:
    # a connection takes a descriptor here, and one in the broker
    most_files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    each = 20
    began_s = int(time.time()) - 3600
    with broker(tmp_path / "broker") as one, member(tmp_path, one.port) as intake:
        process = psutil.Process(intake.pid)
        before = most = process.memory_info().rss
        terminals = Storm(one.port, storm, each, began_s)
        began = time.monotonic()
        terminals.start()
        until(lambda: terminals.answered > storm * each / 4, "the storm does not begin")
        # in the middle of it the broker dies, and all of them come once more
        one.kill()
        one.start()
        while terminals.answered < storm * each:
            assert time.monotonic() - began < 600, f"{terminals.answered} answered"
            most = max(most, process.memory_info().rss)
            time.sleep(0.05)
        took_s = time.monotonic() - began
        terminals.wait(PATIENCE_S)
        stored = intake.stored()
    assert set(stored) == {(name, n) for name in terminals.names for n in range(each)}
    assert terminals.most_connected == storm
    assert most - before < 100 * MB
    print(  # noqa: T201 - the figures of this proof
        f"\n{storm} terminals at once, {each} fixes each, the broker killed between: all "
        f"{storm * each} answered and stored (repeats {stored.total() - len(stored)}) in "
        f"{took_s:.0f} s; memory of the intake +{(most - before) / MB:.0f} MB"
    )
