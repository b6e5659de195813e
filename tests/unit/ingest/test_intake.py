"""Intake: everything durable first, then one answer for each number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from ingest import sqlite
from ingest.admission import Admission
from ingest.intake import Answer, Intake
from ingest.registry import Registry
from ingest.reject import RejectReason
from ingest.settings import IngestSettings
from ingest.store.log import LogFullError
from ingest.store.sqlite_log import SqliteLog
from tests.unit.ingest.making import FIX, NOW_MS, message, vehicles


@pytest.fixture
def log() -> Iterator[SqliteLog]:
    with closing(sqlite.connect(":memory:")) as connection:
        yield SqliteLog(connection)


def intake(log: SqliteLog, registry: Registry | None = None, limit: int = 1000) -> Intake:
    admission = Admission(IngestSettings.model_validate({}), registry)
    return Intake(admission, log, max_payload_bytes=limit, clock_ms=lambda: NOW_MS)


def test_fixes_are_durable_and_each_number_is_answered_once(log: SqliteLog) -> None:
    taken = intake(log).take(
        [
            message([FIX | {"seq": 1}, FIX | {"seq": 2}], "vg/v1/A/fix"),
            message(FIX | {"seq": 1}, "vg/v1/B/fix"),
            message(FIX | {"seq": 2}, "vg/v1/A/fix"),
        ]
    )
    assert taken.number == 1
    ((number, batch),) = log.read_from(1)
    assert (number, vehicles(batch)) == (1, ["A", "A", "B", "A"])
    assert taken.answers == [Answer("A", 1), Answer("A", 2), Answer("B", 1)]


def test_sightings_are_handed_on_with_their_number_in_the_log(log: SqliteLog) -> None:
    taking = intake(log)
    seen = message({"t": FIX["t"], "plate": "湘H1"}, "vg/v1/camera/C1/sighting")
    assert (taking.take([message(FIX)]).sighted, taking.take([seen]).sighted) == (0, 1)
    later, last = (
        message({"t": FIX["t"] + n, "plate": "湘H1"}, "vg/v1/camera/C1/sighting") for n in (1, 2)
    )
    taken = taking.take([later, message(FIX), last])
    assert (taken.number, taken.sighted, taken.sightings.camera) == (2, 2, ("C1", "C1"))
    ((number, held),) = log.sightings_from(2)
    assert (number, held.plate) == (2, taken.sightings.plate)


def test_a_sighting_that_comes_again_is_taken_once_and_counted(log: SqliteLog) -> None:
    seen = message({"t": FIX["t"], "plate": "湘H1"}, "vg/v1/camera/C1/sighting")
    taking = intake(log)
    taken = taking.take([seen, seen])
    assert (len(taken.sightings), taken.repeated) == (1, 1)
    for again in (taking, intake(log)):  # the same run, and one after a restart
        taken = again.take([seen])
        assert (len(taken.sightings), taken.repeated, taken.sighted) == (0, 1, 1)


def test_a_sighting_that_could_not_be_kept_is_no_repeat(log: SqliteLog, monkeypatch) -> None:
    seen = message({"t": FIX["t"], "plate": "湘H1"}, "vg/v1/camera/C1/sighting")
    taking = intake(log)

    def full(*_: object) -> int:
        raise LogFullError("full")

    with monkeypatch.context() as patched:
        patched.setattr(log, "append", full)
        with pytest.raises(LogFullError):
            taking.take([seen])
    assert len(taking.take([seen]).sightings) == 1


def test_what_is_not_numbered_is_not_answered(log: SqliteLog) -> None:
    taken = intake(log).take([message(FIX), message({"seq": 4}, "vg/v1/T1/status")])
    assert (len(taken.batch), taken.answers) == (1, [])


def test_a_refused_row_is_answered_with_its_reason_and_dead_lettered(log: SqliteLog) -> None:
    taken = intake(log).take(
        [message([FIX | {"seq": 1}, FIX | {"seq": 2, "lon": 999}, {"seq": 3}])]
    )
    assert taken.answers == [
        Answer("T1", 1),
        Answer("T1", 3, RejectReason.MISSING_FIELD),
        Answer("T1", 2, RejectReason.OUTSIDE_EARTH),
    ]
    assert {r["reason"] for r in log.rejects(9)} == {"missing_field", "outside_earth"}


def test_an_answer_goes_to_the_terminal_and_not_to_its_vehicle(log: SqliteLog) -> None:
    registry = Registry({"A": "car"})
    taken = intake(log, registry).take(
        [
            message(FIX | {"seq": 1}, "vg/v1/A/fix"),
            message(FIX | {"seq": 2}, "vg/v1/stranger/fix"),
        ]
    )
    assert vehicles(taken.batch) == ["car"]
    assert taken.answers == [Answer("A", 1), Answer("stranger", 2, RejectReason.UNREGISTERED)]


def test_a_payload_above_the_limit_is_refused_unread_beside_its_neighbours(log: SqliteLog) -> None:
    edge = message(b'{"t":1750000000,"lon":1,"lat":2,"seq":7}'.ljust(1000))
    large = message(b'{"t":1750000000,"lon":1,"lat":2,"seq":8}'.ljust(1001))
    taken = intake(log).take([large, edge, large])
    assert taken.answers == [Answer("T1", 7)]
    assert [(r.reason, r.detail) for r in taken.rejects] == [
        (RejectReason.TOO_LARGE, "expected at most 1000 bytes, found 1001")
    ] * 2
    assert len(log.rejects(9, "too_large")) == 2


def test_messages_that_hold_only_refusals_make_no_block(log: SqliteLog) -> None:
    taken = intake(log).take([message(b"?"), message(b"\xff")])
    assert (taken.number, len(taken.batch), log.last()) == (0, 0, 0)
    assert [r["reason"] for r in log.rejects(9)] == ["not_utf8", "not_json"]


def test_a_full_log_keeps_nothing_and_the_same_messages_may_be_taken_again(log: SqliteLog) -> None:
    db = log._connection
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    messages = [
        message([FIX | {"seq": n, "lon": n / 1000} for n in range(2000)]),
        *(message(b"?" * 4000) for _ in range(20)),
    ]
    taking = intake(log, limit=10**6)
    db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(LogFullError):
        taking.take(messages)
    assert (log.last(), log.rejects(99)) == (0, [])
    db.execute("PRAGMA max_page_count = 1000000")
    taken = taking.take(messages)
    assert (taken.number, len(taken.answers), len(log.rejects(99))) == (1, 2000, 20)
