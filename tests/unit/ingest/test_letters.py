"""Dead letters read again: stored once, whatever happens in between, and settled with it."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ingest import sqlite
from ingest.admission import Admission
from ingest.dialects import router_of
from ingest.intake import Intake
from ingest.message import Message
from ingest.registry import Registry
from ingest.reject import Reject, RejectReason
from ingest.settings import IngestSettings
from ingest.store.letters import Outcome, read_again
from ingest.store.log import LogFullError
from ingest.store.sqlite_letters import SqliteLetters
from ingest.store.sqlite_log import PAYLOAD_KEPT, SqliteLog
from tests.unit.ingest.making import FIX, NOW_MS, message, vehicles

LATER_MS = NOW_MS + 86_400_000
PHONE = {"_type": "location", "tst": FIX["t"], "lon": 1, "lat": 2}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


@pytest.fixture
def log(store: Path) -> Iterator[SqliteLog]:
    with closing(sqlite.connect(store)) as connection:
        yield SqliteLog(connection)


def take(log: SqliteLog, *messages: Message, known: dict[str, str] | None = None,
         dialects: list[str] | None = None) -> None:  # fmt: skip
    registry = None if known is None else Registry(known)
    Intake(
        Admission(IngestSettings.model_validate({}), registry), log, max_payload_bytes=100_000,
        clock_ms=lambda: NOW_MS, router=router_of(dialects),
    ).take(messages)  # fmt: skip


def again(log: SqliteLog, known: dict[str, str] | None = None, *, limit: int = 100) -> Outcome:
    registry = None if known is None else Registry(known)
    graveyard = SqliteLetters(log._connection)
    return read_again(
        graveyard.letters(0, limit),
        graveyard,
        log,
        router_of(None),
        Admission(IngestSettings.model_validate({}), registry),
        max_payload_bytes=100_000,
        at_ms=LATER_MS,
    )


def held(log: SqliteLog) -> list[tuple[str, int]]:
    return [
        (name, t)
        for _, batch in log.read_from(1)
        for name, t in zip(vehicles(batch), batch.t_ms.tolist(), strict=True)
    ]


def test_what_a_dialect_understands_by_now_is_stored_and_its_letter_settled(
    log: SqliteLog,
) -> None:
    take(log, message(PHONE, "owntracks/jane/phone"), dialects=["native"])
    assert held(log) == []
    assert again(log) == Outcome(letters=1, settled=1, fixes=1)
    assert held(log) == [("jane:phone", FIX["t"] * 1000)]
    ((_, batch),) = log.read_from(1)
    assert batch.received_ms.tolist() == [NOW_MS]
    assert [letter["settled"] for letter in log.rejects(9)] == [LATER_MS / 1000]
    assert again(log) == Outcome()


def test_a_terminal_that_was_registered_since_gets_its_fixes(log: SqliteLog) -> None:
    take(log, message(FIX, "vg/v1/A/fix"), message(FIX, "vg/v1/B/fix"), known={})
    assert again(log, {"A": "car"}) == Outcome(letters=2, settled=1, refused=1, fixes=1)
    assert held(log) == [("car", FIX["t"] * 1000)]
    assert again(log, {"A": "car"}) == Outcome(letters=1, refused=1)
    assert len(held(log)) == 1


def test_rows_that_were_good_at_first_are_not_stored_again(log: SqliteLog) -> None:
    rows = [FIX | {"t": FIX["t"] + n} for n in range(3)]
    topic = "v1/gateway/telemetry"
    body = {
        name: [{"ts": row["t"] * 1000, "values": {"lat": 1, "lon": 2}} for row in rows]
        for name in ("A", "B")
    }
    take(log, message(body, topic), known={"A": "a"})
    assert len(held(log)) == 3
    assert len(log.rejects(9)) == 3
    outcome = again(log, {"A": "a", "B": "b"})
    assert outcome == Outcome(letters=3, settled=3, fixes=3, repeated=3)
    assert sorted(held(log)) == sorted(
        (name, row["t"] * 1000) for name in ("a", "b") for row in rows
    )


def test_of_a_message_as_many_letters_stay_as_rows_are_still_refused(log: SqliteLog) -> None:
    body = [FIX | {"lon": 999}, {"seq": 1}, FIX | {"t": FIX["t"] + 1}]
    take(log, message(body, "vg/v1/A/fix"), known={})
    assert len(log.rejects(9)) == 3
    outcome = again(log, {"A": "car"})
    assert outcome == Outcome(letters=3, settled=1, refused=2, fixes=1)
    assert {r["reason"] for r in log.rejects(9) if "settled" not in r} == {
        "outside_earth",
        "missing_field",
    }


def test_a_message_that_holds_no_fix_by_now_is_settled(log: SqliteLog) -> None:
    lwt = message({"_type": "lwt", "tst": 1}, "owntracks/jane/phone")
    take(log, lwt, dialects=["native"])
    assert again(log) == Outcome(letters=1, settled=1)


def test_sightings_come_back_too_and_once(log: SqliteLog) -> None:
    seen = {"t": FIX["t"], "plate": "湘H12345"}
    topic = "vg/v1/camera/C1/sighting"
    take(log, message(seen, topic), dialects=["traccar"])
    take(log, message(seen, topic))
    assert again(log) == Outcome(letters=1, settled=1, repeated=1)
    assert log.last_sightings() == 1


def test_a_letter_that_was_cut_stays_as_it_is(log: SqliteLog) -> None:
    padded = json.dumps(PHONE).encode().ljust(PAYLOAD_KEPT + 1)
    whole = json.dumps(PHONE | {"tst": FIX["t"] + 1}).encode().ljust(PAYLOAD_KEPT)
    topic = "owntracks/jane/phone"
    take(log, message(padded, topic), message(whole, topic), dialects=["native"])
    assert again(log) == Outcome(letters=2, settled=1, cut=1, fixes=1)
    assert again(log) == Outcome(letters=1, cut=1)


def test_of_a_store_that_did_not_note_sizes_a_letter_at_the_limit_counts_as_cut(
    log: SqliteLog,
) -> None:
    bodies = [json.dumps(PHONE).encode().ljust(size) for size in (PAYLOAD_KEPT, 100)]
    topic = "owntracks/jane/phone"
    take(log, *(message(body, topic) for body in bodies), dialects=["native"])
    log._connection.execute("UPDATE rejects SET bytes = NULL")
    assert again(log) == Outcome(letters=2, settled=1, cut=1, fixes=1)


def test_a_full_disk_changes_nothing_and_the_next_replay_does_it(log: SqliteLog) -> None:
    # places that no compression makes small
    chance = random.Random(7)
    body = [FIX | {"t": FIX["t"] + n, "lon": chance.uniform(-180, 180)} for n in range(30)]
    for n in range(400):
        take(log, message(body, f"vg/v1/T{n}/fix"), dialects=["traccar"])
    db = log._connection
    db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0]}")
    with pytest.raises(LogFullError):
        again(log, limit=400)
    assert (held(log), [r for r in log.rejects(99) if "settled" in r]) == ([], [])
    db.execute("PRAGMA max_page_count = 1000000")
    assert again(log, limit=400) == Outcome(letters=400, settled=400, fixes=12_000)


KILLED = """
import os, signal, sqlite3, sys
from pathlib import Path
from ingest import sqlite
from ingest.store.sqlite_log import SqliteLog
from vehicleguard.cli import main

settle = SqliteLog._settle
def killed(self, numbers, at_ms):
    if sys.argv[2] == "after":
        settle(self, numbers, at_ms)
    os.kill(os.getpid(), signal.SIGKILL)
SqliteLog._settle = killed
main(["rejects", "replay", "--data", sys.argv[1]])
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_replay_that_was_killed_before_its_end_has_done_nothing(
    tmp_path: Path, when: str
) -> None:
    store = tmp_path / "vehicleguard.sqlite"
    with closing(sqlite.connect(store)) as connection:
        log = SqliteLog(connection)
        take(log, message(PHONE, "owntracks/jane/phone"), dialects=["native"])
    root = Path(__file__).parents[3]
    died = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), when], cwd=root, check=False, timeout=120
    )
    assert died.returncode == -signal.SIGKILL
    with closing(sqlite.connect(store)) as connection:
        log = SqliteLog(connection)
        assert (held(log), len(SqliteLetters(connection).letters(0, 9))) == ([], 1)
        # now, at the time of the letter, as the command would
        assert again(log).fixes == 1
        assert again(log) == Outcome()
        assert len(held(log)) == 1


def test_letters_come_in_pages_oldest_first_and_by_reason(log: SqliteLog) -> None:
    take(log, message(b"?"), message(b"\xff"), message(b"!"))
    graveyard = SqliteLetters(log._connection)
    assert [x.payload for x in graveyard.letters(0, 2)] == [b"?", b"\xff"]
    assert [x.payload for x in graveyard.letters(2, 2)] == [b"!"]
    assert [x.payload for x in graveyard.letters(0, 9, "not_utf8")] == [b"\xff"]
    assert sorted(graveyard.counts()) == [
        ("not_json", "vg/v1/T1/fix", 2),
        ("not_utf8", "vg/v1/T1/fix", 1),
    ]


def test_a_payload_above_the_limit_of_now_is_refused_as_before(log: SqliteLog) -> None:
    body = json.dumps(PHONE).encode().ljust(200)
    letter = Reject(RejectReason.TOO_LARGE, "big", "owntracks/a/b", body, NOW_MS)
    nothing = router_of(None).decode([])
    log.append(nothing.fixes, nothing.sightings, [letter], NOW_MS)
    graveyard = SqliteLetters(log._connection)
    outcome = read_again(
        graveyard.letters(0, 9), graveyard, log, router_of(None),
        Admission(IngestSettings.model_validate({}), None), max_payload_bytes=100, at_ms=LATER_MS,
    )  # fmt: skip
    assert outcome == Outcome(letters=1, refused=1)
