"""Who hears of what: by level, kind, hours, silence and place."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import action
from alerts.action import Said
from alerts.channels.bulletin import KINDS as NAMES
from alerts.event import EventKind, Word
from alerts.incident import fold_all
from alerts.ledger import Entry
from alerts.level import Level
from alerts.outbox.delivery import deliveries_of, delivery_id
from alerts.outbox.destination import FLOOR, KINDS, Destination, Quiet, Role
from alerts.outbox.routes import Routes
from alerts.outbox.silence import Silence
from alerts.sqlite_ledger import SqliteLedger
from tests.unit.alerts.acting import answer, close, lower, step
from tests.unit.alerts.reports import report

ID = "i-v-left_fence-1000.0"
EVERYBODY = tuple(Destination(role, role) for role in FLOOR)


def opened(level: str = "blue", at_ms: int = 1_000_000, vehicle: str = "v") -> Entry:
    ledger = SqliteLedger(":memory:")
    return ledger.receive([report(level=level, vehicle=vehicle)], at_ms)[0]


def names(entry: Entry, *, held: bool = False, **said: object) -> set[str]:
    told = deliveries_of(entry, EVERYBODY, **said)
    return {one.destination for one in told if bool(one.held) is held}


@pytest.mark.parametrize(
    ("level", "hear"),
    [
        ("blue", {"owner", "grid", "system"}),
        ("yellow", {"owner", "grid", "system", "county", "platform"}),
        ("red", {"owner", "grid", "system", "county", "platform", "city"}),
    ],
)
def test_each_level_reaches_those_whom_it_concerns(level: str, hear: set[str]) -> None:
    assert names(opened(level)) == hear


def test_who_was_told_of_red_hears_that_it_is_blue_again_and_closed() -> None:
    ledger = SqliteLedger(":memory:")
    ledger.receive([report(level="red")], 1_000_000)
    assert "city" in names(lower(ledger, ID, Level.BLUE, "a tow truck of ours", at_ms=1_001_000))
    assert "city" in names(close(ledger, ID, None, at_ms=1_002_000))


def test_who_never_heard_of_it_does_not_hear_of_its_end() -> None:
    ledger = SqliteLedger(":memory:")
    ledger.receive([report(level="blue")], 1_000_000)
    told = names(answer(ledger, ID, Word.MINE, "mine", at_ms=1_001_000))
    assert told == {"grid", "system"}


def test_a_unit_hears_what_it_is_given_and_that_it_is_taken_away() -> None:
    ledger = SqliteLedger(":memory:", routes=Routes(EVERYBODY))
    ledger.receive([report(level="red")], 1_000_000)
    units = (Destination("unit", "unit"),)
    heard = []
    steps = [("assigned", "u1", ""), ("reassigned", "u2", "nearer"), ("returned", "", "stuck")]
    before = ledger.incident(ID)[0]
    for at, (kind, party, reason) in enumerate(steps, 1):
        entry = step(
            ledger, ID, kind, at_ms=1_000_000 + at * 1000, reason=reason, said=Said(party=party)
        )
        heard.append([one.address for one in deliveries_of(entry, units, before=before)])
        before = entry.incident
    assert heard == [["u1"], ["u2", "u1"], ["u2"]]


def test_a_unit_hears_that_its_assignment_was_taken_back() -> None:
    ledger = SqliteLedger(":memory:")
    ledger.receive([report(level="red")], 1_000_000)
    given_to = step(ledger, ID, "assigned", at_ms=1_001_000, said=Said(party="u1")).incident
    entry = ledger.act(ID, lambda held: action.undo(held, "officer", "a slip", 1_002_000))
    (one,) = deliveries_of(entry, (Destination("unit", "unit"),), before=given_to)
    assert one.address == "u1"


def test_every_owner_hears_of_the_own_vehicle() -> None:
    ledger = SqliteLedger(":memory:")
    ledger.receive([report(level="red")], 1_000_000)
    ledger.receive([report(level="red", vehicle="w")], 1_000_000)
    other = "i-w-left_fence-1000.0"
    ledger.merge(other, ID, "officer", "one van", 1_001_000)
    entry = close(ledger, ID, None, at_ms=1_002_000)
    told = deliveries_of(entry, (Destination("owners", "owner"),))
    assert [one.address for one in told] == ["v", "w"]
    assert len({one.id for one in told}) == 2


NIGHT = Quiet(time(22), time(7))


@pytest.mark.parametrize(
    ("utc_hour", "quiet"),
    [(13, False), (14, True), (20, True), (22, True), (23, False), (3, False)],
)
def test_quiet_hours_go_over_midnight_in_the_time_of_the_place(
    *, utc_hour: int, quiet: bool
) -> None:
    assert NIGHT.holds(86_400_000 * 20_000 + utc_hour * 3_600_000) is quiet


@given(level=st.sampled_from(["blue", "yellow", "red"]), at_ms=st.integers(0, 4 * 10**12))
def test_neither_quiet_hours_nor_a_silence_ever_hold_back_red(level: str, at_ms: int) -> None:
    always = Silence("desk", "a fair in town", until_ms=5 * 10**12)
    rest = Quiet(time(0), time(23, 59, 59, 999_999))
    entry = opened(level, at_ms)
    spared = [Destination("grid", "grid", quiet=rest), Destination("county", "county")]
    told = deliveries_of(entry, spared, [always])
    assert [one.held for one in told if not one.held] == (
        ["", ""] if level == "red" else []
    )  # fmt: skip
    assert len(told) == {"blue": 1, "yellow": 2, "red": 2}[level]


def test_what_is_held_back_says_why() -> None:
    entry = opened("blue", at_ms=1_700_000_000_000)
    quiet = Destination("grid", "grid", quiet=Quiet(time(0), time(23, 59)))
    (one,) = deliveries_of(entry, [quiet])
    assert one.held == "quiet_hours"
    about = Silence("desk", "known", 1_800_000_000_000, vehicle_id="v")
    (one,) = deliveries_of(entry, [Destination("grid", "grid")], [about])
    assert one.held == "silenced"


@pytest.mark.parametrize(
    "other",
    [
        Silence("desk", "over", until_ms=1_000_000),
        Silence("desk", "another's", until_ms=2_000_000, destination="county"),
        Silence("desk", "another", until_ms=2_000_000, vehicle_id="w"),
    ],
)
def test_a_silence_covers_what_it_names_and_while_it_lasts(other: Silence) -> None:
    assert names(opened(), silences=[other], held=True) == set()


def test_a_destination_hears_only_of_what_lies_where_it_is_in_charge() -> None:
    entry = opened("red")
    assert names(entry, concerns=lambda one, _: one.name != "county") == (names(entry) - {"county"})


def test_every_kind_of_event_has_a_name_and_reaches_some_system() -> None:
    kinds = {kind for part in get_args(EventKind) for kind in get_args(part)}
    assert kinds == set(NAMES) == KINDS["system"]


def test_every_role_hears_of_the_beginning_and_the_end() -> None:
    assert all({"opened", "closed"} <= kinds for kinds in KINDS.values())


@given(st.lists(st.tuples(st.text(), st.integers(0), st.text(), st.text()), unique=True))
def test_ids_differ_where_anything_differs_and_are_plain_ascii(
    rows: list[tuple[str, int, str, str]],
) -> None:
    plain = [row for row in rows if "\n" not in "".join((row[0], row[2], row[3]))]
    ids = [delivery_id(*row) for row in plain]
    assert len(set(ids)) == len(ids)
    assert all(one.isascii() and len(one) == 26 for one in ids)


def test_an_event_and_its_deliveries_are_one_transaction(tmp_path: Path) -> None:
    class Broken(Routes):
        def of(self, entry, before, silences):
            raise RuntimeError("a bug")

    ledger = SqliteLedger(tmp_path / "store", routes=Broken(EVERYBODY))
    with pytest.raises(RuntimeError):
        ledger.receive([report()], 1_000_000)
    assert ledger.last_seq() == 0
    ledger.disconnect()


def test_a_role_is_told_of_no_incident_that_it_is_not_to_see() -> None:
    roles: list[Role] = [role for role, floor in FLOOR.items() if floor > Level.BLUE]
    ledger = SqliteLedger(":memory:")
    ledger.receive([report(level="blue")], 1_000_000)
    step(ledger, ID, "signed", at_ms=1_001_000)
    step(ledger, ID, "feedback", at_ms=1_002_000, reason="nothing there")
    close(ledger, ID, None, at_ms=1_003_000)
    for entry in ledger.incident(ID)[1]:
        assert deliveries_of(entry, [Destination(role, role) for role in roles]) == []
    assert fold_all(e.event for e in ledger.incident(ID)[1]).level is Level.BLUE
