"""Bad payloads against a whole run: counted, dead-lettered, answered, harmless to neighbours."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ingest import sqlite
from ingest.store import block
from tests.connected.conftest import Mosquitto, missing
from tests.connected.test_mqtt import Terminal
from tests.running import Running, free_port
from vehicleguard.broker import binary

pytestmark = pytest.mark.service

Until = Callable[[Callable[[], object], str], None]
NOW = time.time()
GOOD = {"t": NOW, "lon": 112.35, "lat": 28.55}


def fix(seq: int, **other: object) -> str:
    return json.dumps(GOOD | {"seq": seq} | other)


BAD: dict[str, list[str]] = {
    "not_json": ["hello", ""],
    "missing_field": [json.dumps({"t": NOW, "lon": 1, "seq": 101})],
    "bad_value": [fix(102, t="now"), "5"],
    "outside_earth": [fix(103, lon=181)],
    "clock_off": [fix(104, t=NOW * 1000), fix(105, t=NOW - 400 * 86_400), fix(106, t=NOW + 90_000)],
    "too_large": ["x" * (1 << 20), "[" + ",".join(['{"t":1}'] * 10_001) + "]"],
    "too_deep": ["[" * 5000],
    "identity_mismatch": [fix(107, terminal="T2")],
}


@pytest.fixture
def run(tmp_path: Path) -> Iterator[tuple[Running, int]]:
    if binary() is None:
        missing("nats-server")
    port = free_port()
    (tmp_path / "registry.csv").write_text("terminal,vehicle_id\nT1,car\nT2,bike\n")
    one = Running(tmp_path, f'[ingest]\nport = {port}\nregistry = "{tmp_path}/registry.csv"\n')
    one.start()
    yield one, port
    one.stop()


def stored(folder: Path) -> set[tuple[str, int]]:
    with closing(sqlite.connect(folder / "data" / "vehicleguard.sqlite")) as db:
        batches = [block.decode(body) for (body,) in db.execute("SELECT body FROM blocks")]
    return {
        (batch.ids[code], seq)
        for batch in batches
        for code, seq in zip(batch.vehicle.tolist(), batch.seq.tolist(), strict=True)
    }


def answered(terminal: Terminal, until: Until, wanted: set[tuple[int, str | None]]) -> None:
    heard: set[tuple[int, str | None]] = set()

    def all_heard() -> bool:
        while not terminal.answers.empty():
            _, body = terminal.answers.get()
            rejected = body.get("rejected")
            heard.add((int(str(body["seq"])), None if rejected is None else str(rejected)))
        return heard >= wanted

    until(all_heard, f"answers missing; {len(wanted)} wanted")
    assert heard == wanted


def test_every_kind_of_bad_payload_is_told_and_harms_nobody(
    run: tuple[Running, int], tmp_path: Path, until: Until
) -> None:
    running, port = run
    one, stranger = Terminal(port), Terminal(port, "stranger")
    good = 0
    for payloads in BAD.values():
        for payload in payloads:
            one.say(fix(good), payload)
            good += 1
    one.say(json.dumps([json.loads(fix(good)), {"seq": 108}, json.loads(fix(good + 1))]))
    good += 2
    one._client.publish("vg/v1/T1/fix", b"\xff\xfe", qos=1)
    stranger.say(fix(109))
    # the last word: whatever was said before has been taken when this is answered
    one.say(fix(good))
    good += 1
    reasons = {101: "missing_field", 102: "bad_value", 103: "outside_earth"}
    reasons |= {104: "clock_off", 105: "clock_off", 106: "clock_off"}
    reasons |= {107: "identity_mismatch", 108: "missing_field", 109: "unregistered"}
    answered(one, until, {(n, None) for n in range(good)} | set(reasons.items()))

    wanted = {*BAD, "not_utf8", "unregistered"}
    with running.client() as client:
        letters = client.get("/api/v1/rejects").raise_for_status().json()
        letters = letters["items"] if isinstance(letters, dict) else letters
        metrics = client.get("/metrics").text
        vehicles = client.get("/api/v1/vehicles").raise_for_status().json()["items"]
    assert {letter["reason"] for letter in letters} == wanted
    assert all(letter["detail"] for letter in letters)
    assert [vehicle["id"] for vehicle in vehicles] == ["car"]
    for reason in wanted:
        assert f'reason="{reason}"' in metrics
    listed = subprocess.run(
        [sys.executable, "-m", "vehicleguard", "rejects", "--json", "--limit", "100",
         "--data", str(tmp_path / "data")],
        check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert {json.loads(line)["reason"] for line in listed.stdout.splitlines()} == wanted
    for terminal in (one, stranger):
        terminal.close()
    assert running.stop() == 0
    assert stored(tmp_path) == {("car", n) for n in range(good)}
    assert running.tracebacks() == []


def test_readiness_follows_the_broker(tmp_path: Path, until: Until) -> None:
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    broker = Mosquitto(folder)
    broker.start()
    running = Running(tmp_path, f'[ingest]\nhost = "127.0.0.1"\nport = {broker.port}\n')
    running.start()
    try:
        with running.client() as client:
            broker.stop()
            until(lambda: client.get("/readyz").status_code == 503, "still ready without a broker")
            assert "broker" in client.get("/readyz").text
            assert client.get("/healthz").status_code == 200
            broker.start()
            until(lambda: client.get("/readyz").status_code == 200, "not ready again")
            one = Terminal(broker.port)
            one.say(fix(1))
            answered(one, until, {(1, None)})
            one.close()
    finally:
        status = running.stop()
        broker.stop()
    assert status == 0
    assert running.tracebacks() == []
