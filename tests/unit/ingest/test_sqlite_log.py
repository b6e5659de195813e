"""The durable log in SQLite: numbered without gaps in meaning, whole or nothing, bounded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import sighting, sqlite
from ingest.fix import FixBatch
from ingest.reject import Reject, RejectReason
from ingest.sighting import SightingBatch
from ingest.store import sqlite_log
from ingest.store.log import LogFullError
from ingest.store.sqlite_log import PAYLOAD_KEPT, SqliteLog
from tests.unit.ingest.making import FIX, NATIVE, NOW_MS, T, decode, message, same_columns

NO_SIGHTINGS = decode([]).sightings
AT = NOW_MS


def fixes(*seqs: int) -> FixBatch:
    return NATIVE.decode([message(FIX | {"seq": seq}) for seq in seqs]).fixes


def sightings() -> SightingBatch:
    return decode({"t": T, "plate": "湘H1"}, "vg/v1/camera/C1/sighting").sightings


def reject(n: int = 0, payload: bytes = b"x") -> Reject:
    return Reject(RejectReason.NOT_JSON, f"wrong {n}", "vg/v1/T/fix", payload, AT + n)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


@pytest.fixture
def log(store: Path) -> Iterator[SqliteLog]:
    with closing(sqlite.connect(store)) as connection:
        yield SqliteLog(connection)


def append(log: SqliteLog, *seqs: int, at_ms: int = AT) -> int:
    return log.append(fixes(*seqs), NO_SIGHTINGS, [], at_ms)


def held(log: SqliteLog, first: int = 0) -> dict[int, list[int]]:
    return {number: batch.seq.tolist() for number, batch in log.read_from(first)}


def test_blocks_are_numbered_from_one_and_read_back_in_order(log: SqliteLog) -> None:
    assert log.last() == 0
    assert [append(log, 1, 2), append(log, 3)] == [1, 2]
    assert log.last() == 2
    assert held(log) == {1: [1, 2], 2: [3]}
    assert held(log, 2) == {2: [3]}
    assert held(log, 3) == {}
    ((_, first), *_) = log.read_from(1)
    same_columns(first, fixes(1, 2))


def test_what_holds_no_fix_makes_no_block(log: SqliteLog) -> None:
    append(log, 1)
    assert log.append(FixBatch.empty(), NO_SIGHTINGS, [], AT) == 1
    assert log.append(FixBatch.empty(), sightings(), [reject()], AT) == 1
    assert held(log) == {1: [1]}
    assert len(log.rejects(10)) == 1


def test_a_log_opened_again_goes_on_numbering_though_all_blocks_were_pruned(store: Path) -> None:
    with closing(sqlite.connect(store)) as connection:
        log = SqliteLog(connection)
        append(log, 1)
        append(log, 2)
        assert log.prune(AT + 1, keep_from=99) == 2
        assert held(log) == {}
    with closing(sqlite.connect(store)) as connection:
        log = SqliteLog(connection)
        assert log.last() == 2
        assert append(log, 3) == 3


def test_pruning_drops_only_what_is_both_old_and_worked_on(log: SqliteLog) -> None:
    for n in range(1, 6):
        append(log, n, at_ms=AT + n)
    assert log.prune(before_ms=AT + 4, keep_from=3) == 2
    assert sorted(held(log)) == [3, 4, 5]
    assert log.prune(before_ms=AT + 4, keep_from=99) == 1
    assert sorted(held(log)) == [4, 5]
    assert log.last() == 5


def test_pruning_drops_old_sightings(log: SqliteLog) -> None:
    for n in (1, 2):
        log.append(FixBatch.empty(), sightings(), [], AT + n)
    log.prune(before_ms=AT + 2, keep_from=0)
    left = log._connection.execute("SELECT at_ms FROM sightings").fetchall()
    assert left == [(AT + 2,)]


def test_sightings_are_read_back_with_the_blocks_that_they_came_with(store: Path) -> None:
    with closing(sqlite.connect(store)) as connection:
        log = SqliteLog(connection)
        log.append(FixBatch.empty(), sightings(), [], AT)
        append(log, 1)
        log.append(fixes(2), sightings(), [], AT)
        log.append(FixBatch.empty(), sightings(), [], AT)
        append(log, 3)

        def numbers(first: int, before: int | None = None) -> list[int]:
            return [number for number, _ in log.sightings_from(first, before)]

        assert numbers(1) == [1, 2, 3]
        assert numbers(3) == [3]
        assert [numbers(1, block) for block in (1, 2, 3)] == [[1], [1], [1, 2, 3]]
        (_, held), *_ = log.sightings_from(1)
        assert held.plate == ("湘H1",)
        log.prune(AT + 1, keep_from=99)
        assert SqliteLog(connection).last_sightings() == log.last_sightings() == 3


def test_sightings_of_a_store_that_did_not_note_their_block_are_history(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = sighting.encode(sightings())
    with closing(sqlite.connect(store)) as connection:
        with monkeypatch.context() as before:
            before.setattr(sqlite_log, "_STEPS", sqlite_log._STEPS[:1])
            SqliteLog(connection)
        connection.execute("INSERT INTO sightings VALUES (1, 1, ?, ?)", (AT, body))
        log = SqliteLog(connection)
        log.append(FixBatch.empty(), sightings(), [], AT)
        assert [number for number, _ in log.sightings_from(1)] == [2]


def test_blocks_appended_while_the_log_is_read_are_read_too(log: SqliteLog) -> None:
    append(log, 1)
    reading = log.read_from(1)
    assert next(reading)[0] == 1
    append(log, 2)
    assert next(reading)[0] == 2


def test_dead_letters_are_newest_first_and_filtered_by_reason(log: SqliteLog) -> None:
    other = Reject(RejectReason.TOO_LARGE, "big", "t", b"\xff\x00", AT + 7)
    log.append(FixBatch.empty(), NO_SIGHTINGS, [reject(1), other, reject(2)], AT)
    assert [r["detail"] for r in log.rejects(10)] == ["wrong 2", "big", "wrong 1"]
    assert [r["detail"] for r in log.rejects(1)] == ["wrong 2"]
    assert log.rejects(10, "too_large") == [
        {"t": (AT + 7) / 1000, "reason": "too_large", "detail": "big", "topic": "t",
         "payload": "\\xff\x00"}
    ]  # fmt: skip
    assert log.rejects(10, "unregistered") == []


def test_dead_letters_are_bounded_in_number_and_size(
    log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_log, "REJECTS_KEPT", 10)
    long = Reject(RejectReason.TOO_LARGE, "d" * 10_000, "t" * 10_000, b"p" * 100_000, AT)
    for _ in range(4):
        log.append(FixBatch.empty(), NO_SIGHTINGS, [reject(n) for n in range(6)], AT)
    log.append(FixBatch.empty(), NO_SIGHTINGS, [long], AT)
    letters = log.rejects(1000)
    assert len(letters) == 10
    assert len(str(letters[0]["payload"])) == PAYLOAD_KEPT
    assert len(str(letters[0]["detail"])) == len(str(letters[0]["topic"])) == 500


def test_a_reader_of_its_own_sees_what_was_committed(store: Path) -> None:
    with closing(sqlite.connect(store)) as one, closing(sqlite.connect(store)) as two:
        log = SqliteLog(one, reader=two)
        log.append(FixBatch.empty(), NO_SIGHTINGS, [reject()], AT)
        assert len(log.rejects(5)) == 1


def test_a_full_disk_keeps_nothing_of_the_append_and_the_next_one_works(store: Path) -> None:
    with closing(sqlite.connect(store)) as connection:
        log = SqliteLog(connection)
        append(log, 1)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        letters = [reject(n, b"p" * PAYLOAD_KEPT) for n in range(20)]
        with pytest.raises(LogFullError, match="full"):
            log.append(fixes(*range(5)), sightings(), letters, AT)
        assert log.last() == 1
        assert held(log) == {1: [1]}
        assert log.rejects(10) == []
        assert not connection.in_transaction
        connection.execute("PRAGMA max_page_count = 1073741823")
        assert log.append(fixes(*range(5)), sightings(), letters, AT) == 2
        assert held(log) == {1: [1], 2: [0, 1, 2, 3, 4]}
        assert len(log.rejects(100)) == 20


def test_a_store_held_by_another_is_full_for_now_and_not_broken(store: Path) -> None:
    with closing(sqlite.connect(store)) as one, closing(sqlite.connect(store)) as two:
        log = SqliteLog(one)
        one.execute("PRAGMA busy_timeout = 0")
        two.execute("BEGIN IMMEDIATE")
        with pytest.raises(LogFullError, match="locked"):
            append(log, 1)
        two.execute("ROLLBACK")
        assert append(log, 1) == 1


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["append", "empty", "prune", "reopen"]), st.integers(0, 6)),
        max_size=25,
    )
)
def test_numbers_only_rise_and_what_is_kept_is_what_a_dictionary_would_keep(
    work: list[tuple[str, int]],
) -> None:
    with closing(sqlite.connect(":memory:")) as connection:
        log = SqliteLog(connection)
        kept: dict[int, tuple[int, list[int]]] = {}
        last = 0
        for at, (what, n) in enumerate(work):
            if what == "append":
                last += 1
                assert append(log, n, at_ms=AT + at) == last
                kept[last] = (AT + at, [n])
            elif what == "empty":
                assert log.append(FixBatch.empty(), NO_SIGHTINGS, [], AT + at) == last
            elif what == "prune":
                log.prune(AT + at - n, keep_from=last)
                kept = {k: v for k, v in kept.items() if v[0] >= AT + at - n or k >= last}
            else:
                log = SqliteLog(connection)
            assert log.last() == last
        assert held(log) == {k: seqs for k, (_, seqs) in kept.items()}
