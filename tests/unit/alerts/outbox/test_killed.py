"""A process that sends is killed again and again, and a receiver misbehaves: one effect each."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from alerts.outbox.destination import Destination
from alerts.outbox.routes import Routes
from alerts.outbox.sqlite_outbox import SqliteOutbox
from alerts.sqlite_ledger import SqliteLedger
from tests.unit.alerts.acting import step
from tests.unit.alerts.reports import report
from tests.webhook_receiver import SECRET, Receiver

PATIENCE_S = 60
SENDS = """
import sys, time
from pathlib import Path
from alerts.channels.http import Poster
from alerts.channels.webhook import Webhook
from alerts.outbox.destination import Destination
from alerts.outbox.sender import Sender
from alerts.outbox.sqlite_outbox import SqliteOutbox

store, url, secret = sys.argv[1:]
channel = Webhook(Poster(url, secret, time.time), "vg")
receivers = [(Destination("desk", "system"), channel)]
Sender(SqliteOutbox(Path(store)), receivers, lambda: time.time_ns() // 10**6).start()
print("sending", flush=True)
time.sleep(600)
"""


def sending(store: Path, receiver: Receiver) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", SENDS, str(store), receiver.url, SECRET]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"sending\n"
    return process


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait(PATIENCE_S)
    assert process.stdout is not None
    process.stdout.close()


def until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.01)


def test_five_times_killed_and_badly_answered_each_event_has_one_effect(tmp_path: Path) -> None:
    store = tmp_path / "store"
    ledger = SqliteLedger(store, routes=Routes((Destination("desk", "system"),)))
    dice = random.Random(5)
    filed: list[str] = []
    with Receiver() as receiver:
        for life in range(5):
            sender = sending(store, receiver)
            receiver.moods = [dice.choice(["yes", "500", "reset", "drop"]) for _ in range(6)]
            for n in range(4):
                now_ms = time.time_ns() // 10**6
                known = report(level="red", vehicle=f"v{life}-{n}")
                filed.append(ledger.receive([known], now_ms)[0].incident.id)
                step(ledger, filed[-1], "signed", at_ms=now_ms)
            asked = len(receiver.asked)
            until(lambda asked=asked: len(receiver.asked) > asked, "nothing was sent")
            kill(sender)
        sender = sending(store, receiver)
        until(lambda: len(receiver.effects) == 40, "something was lost")
        outbox = SqliteOutbox(store)
        until(lambda: outbox.waiting("desk", 99) == [], "something still waits")
        kill(sender)
        assert {row.state for row in outbox.rows(limit=99)} == {"delivered"}
        assert set(receiver.effects) == {row.id for row in outbox.rows(limit=99)}
        outbox.disconnect()
    kinds: dict[str, list[str]] = {}
    for body in receiver.effects.values():
        kinds.setdefault(body["subject"], []).append(body["data"]["event"]["kind"])
    assert set(kinds) == set(filed)
    assert all(one == ["opened", "signed"] for one in kinds.values())
    ledger.disconnect()


def test_of_two_processes_one_sends_and_the_other_goes_on_when_it_dies(tmp_path: Path) -> None:
    store = tmp_path / "store"
    ledger = SqliteLedger(store, routes=Routes((Destination("desk", "system"),)))
    with Receiver() as receiver:
        both = [sending(store, receiver) for _ in range(2)]
        for n in range(20):
            ledger.receive([report(level="red", vehicle=f"v{n}")], time.time_ns() // 10**6)
        until(lambda: len(receiver.effects) == 20, "not all were sent")
        assert len(receiver.asked) == 20
        outbox = SqliteOutbox(store)
        until(lambda: outbox.waiting("desk", 99) == [], "something still waits")
        kill(both[0])
        ledger.receive([report(level="red", vehicle="last")], time.time_ns() // 10**6)
        until(lambda: len(receiver.effects) == 21, "nobody took over")
        until(lambda: outbox.waiting("desk", 99) == [], "something still waits")
        kill(both[1])
        outbox.disconnect()
    assert len(receiver.asked) == 21
    ledger.disconnect()
