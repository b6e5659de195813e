"""One theft from the fix to the closing, through every hand: and the same under kill -9."""

from __future__ import annotations

import json
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from alerts.event import State, Word
from alerts.sqlite_ledger import SqliteLedger
from tests.running import Running, free_port
from tests.terminals import Terminals
from tests.timeline import Track
from tests.unit.alerts.channels.service import Service
from tests.webhook_receiver import SECRET, Receiver, callback

PATIENCE_S = 90
RULES = "[plausibility]\nback_fill_after_s = 86400\n"
STEPS = ("signed", "departed", "on_scene")


def until(true: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.05)


class Unit:
    """A telephone in a patrol car that repeats what it has to say until it is told it is done."""

    def __init__(self, port: int) -> None:
        self.heard: list[dict] = []
        self.done: set[str] = set()
        self.client = paho.Client(CallbackAPIVersion.VERSION2, "unit-u1", clean_session=False)
        self.client.on_connect = lambda client, *_: client.subscribe("vg/v1/unit/u1/#", 1)
        self.client.on_message = self._received
        self.client.reconnect_delay_set(1, 1)
        self.client.connect_async("127.0.0.1", port)
        self.client.loop_start()

    def _received(self, _client, _data, message) -> None:
        body = json.loads(message.payload)
        if message.topic.endswith("/incident"):
            self.heard.append(body)
        elif message.topic.endswith("/result") and body["result"] == "done":
            self.done.add(body["id"])

    def say(self, action: str, incident: str) -> None:
        body = json.dumps({"id": action, "incident": incident, "action": action, "by": "tap"})

        def is_done() -> bool:
            self.client.publish("vg/v1/unit/u1/answer", body, qos=1)
            time.sleep(0.3)
            return action in self.done

        until(is_done, f"{action} was not taken")

    def stop(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.mark.service
@pytest.mark.timeout(900)
@pytest.mark.parametrize("killed", [False, True], ids=["calm", "killed"])
def test_one_theft_goes_to_platform_unit_and_owner_and_is_closed(  # noqa: PLR0915 - its whole life
    tmp_path: Path, *, killed: bool
) -> None:
    (tmp_path / "rules.toml").write_text(RULES)
    (tmp_path / "secret").write_text(SECRET)
    service, port = Service(), free_port()
    (tmp_path / "owners.csv").write_text(f"vehicle_id,address\nK1,{service.address}\n")
    with Receiver() as platform:
        run = Running(
            tmp_path,
            f"""
            [ingest]
            port = {port}
            [streams]
            rules = "{tmp_path / "rules.toml"}"
            snapshot_s = 1
            [alerts]
            public_url = "http://127.0.0.1"
            [[alerts.channels]]
            type = "governance"
            name = "desk"
            url = "{platform.url}"
            secret_file = "{tmp_path / "secret"}"
            [[alerts.channels]]
            type = "units"
            name = "units"
            [[alerts.channels]]
            type = "owners"
            name = "owners"
            owners = "{tmp_path / "owners.csv"}"
            """,
        )

        def die() -> None:
            if killed:
                run.kill(signal.SIGKILL)
                run.start()

        def platform_says(action: str, **more: object) -> None:
            body = {"id": f"p-{action}", "incident": incident, "action": action, **more}

            def is_taken() -> bool:
                try:
                    return callback(f"{run.url}/callbacks/desk", body)[0] == 200
                except OSError:
                    return False

            until(is_taken, f"the callback {action} was not taken")

        run.start()
        unit = Unit(port)
        track = Track("K1", armed=True, ignition=False, t_ms=int(time.time() * 1000) - 40 * 60_000)
        terminals = Terminals(port, [track.park(20, every_s=60).ride(12)])
        try:
            terminals.wait(PATIENCE_S)
            die()
            until(lambda: platform.effects, "the platform heard nothing")
            until(lambda: service.heard, "the owner heard nothing")
            incident = next(iter(platform.effects.values()))["externalId"]
            link = re.search(r"/answer/\S+", service.heard[-1]["message"])
            assert link is not None
            answered = httpx.post(run.url + link[0], data={"word": "stolen"})
            assert answered.status_code == 200
            die()
            platform_says("assigned", party="u1")
            die()
            until(lambda: unit.heard, "the unit heard nothing")
            assert unit.heard[0]["yours"] is True
            for action in STEPS:
                unit.say(action, incident)
            die()
            platform_says("feedback", reason="found in a yard")
            die()
            platform_says("closed", outcome="recovered")
            states = lambda: {one["status"] for one in platform.effects.values()}  # noqa: E731
            until(lambda: "closed" in states(), "the platform did not hear of the end")
        finally:
            terminals.close()
            unit.stop()
            run.stop()
            service.stop()
    ledger = SqliteLedger(tmp_path / "data" / "vehicleguard.sqlite")
    held, entries = ledger.incident(incident)
    kinds = [entry.event.kind for entry in entries]
    assert (held.state, held.word) == (State.CLOSED, Word.STOLEN)
    for kind in ("assigned", *STEPS, "feedback", "closed"):
        assert kinds.count(kind) == 1
    assert [s.moment for s in held.course.stamps] == [
        *("alerted", "dispatched", "signed", "departed", "on_scene", "feedback", "closed")
    ]
    versions = [one["version"] for one in platform.effects.values()]
    assert versions == sorted(versions)
    ledger.disconnect()
    assert run.tracebacks() == []
