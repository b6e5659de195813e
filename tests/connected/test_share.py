"""Processes on a shared subscription: each message once, and what dies with one is not lost."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.connected.conftest import Mosquitto
from tests.members import Member
from tests.terminals import Terminals
from tests.timeline import Track
from vehicleguard.bench import feeder

pytestmark = pytest.mark.service

MEMBERS = 2
MESSAGES = 3000
Until = Callable[[Callable[[], object], str], None]


@pytest.fixture
def group(
    request: pytest.FixtureRequest, tmp_path: Path, mosquitto: Mosquitto
) -> Iterator[list[Member]]:
    members = [
        Member(
            tmp_path,
            f"member-{n}",
            port=mosquitto.port,
            share="city",
            mqtt_version=request.param,
        )
        for n in range(MEMBERS)
    ]
    try:
        for one in members:
            one.start()
        for one in members:
            one.wait_ready()
        yield members
    finally:
        for one in members:
            one.end()


def stored(group: list[Member]) -> Counter[tuple[str, int]]:
    return sum((one.stored() for one in group), Counter())


@pytest.mark.parametrize("group", [4], indirect=True)
def test_each_message_comes_to_one_of_the_group_and_all_have_their_part(
    group: list[Member], mosquitto: Mosquitto, until: Until
) -> None:
    feeder.main(mosquitto.port, MESSAGES, numbered=True)
    until(lambda: len(stored(group)) == MESSAGES, "not all messages came")
    assert set(stored(group).values()) == {1}
    assert min(len(one.stored()) for one in group) > MESSAGES / MEMBERS / 2


@pytest.mark.parametrize("group", [5], indirect=True)
def test_what_a_killed_process_had_not_acknowledged_comes_to_it_when_it_is_back(
    group: list[Member], mosquitto: Mosquitto, until: Until
) -> None:
    feeder.main(mosquitto.port, MESSAGES, numbered=True)
    group[1].end(signal.SIGKILL)
    feeder.main(mosquitto.port, 2 * MESSAGES, numbered=True)
    until(lambda: len(group[0].stored()) > MESSAGES / 2, "the other does not go on")
    group[1].start()
    until(lambda: len(stored(group)) == 2 * MESSAGES, "messages are lost")


@pytest.mark.parametrize("group", [4], indirect=True)
def test_what_a_process_took_to_its_grave_is_repeated_to_the_others_by_its_terminals(
    group: list[Member], mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.terminals._REPEAT_S", 0.2)
    start_ms = int(time.time() * 1000) - 3_600_000
    told = [Track(f"T{n}", t_ms=start_ms, armed=True).park(2) for n in range(8)]
    terminals = Terminals(mosquitto.port, told)
    try:
        while terminals.acknowledged() < 8:
            time.sleep(0.02)
        group[1].end(signal.SIGKILL)
        terminals.wait(90)
    finally:
        terminals.close()
    assert set(stored(group)) == {(t.vehicle, n) for t in told for n in range(len(t.rows))}
