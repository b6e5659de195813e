"""Replies of platforms and units: what is taken, what is not, and that each counts once."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import reply
from alerts.action import Said
from alerts.event import State
from alerts.sqlite_ledger import SqliteLedger
from tests.unit.alerts.acting import step
from tests.unit.alerts.reports import report

ID = "i-v-left_fence-1000.0"
NOW = 2_000_000


@pytest.fixture
def ledger() -> SqliteLedger:
    one = SqliteLedger(":memory:")
    one.receive([report(level="red")], 1_000_000)
    return one


def said(action: str, id_: str = "r1", **more: object) -> reply.Reply:
    body = {"id": id_, "incident": ID, "action": action, **more}
    one = reply.read(json.dumps(body).encode())
    assert isinstance(one, reply.Reply)
    return one


def test_replies_move_an_incident_through_its_whole_life(ledger: SqliteLedger) -> None:
    told = [
        ("accepted", {}),
        ("assigned", {"party": "p7"}),
        ("signed", {"actor": "officer 3"}),
        ("departed", {"by": "tap"}),
        ("on_scene", {"by": "position", "t": 1990.0}),
        ("feedback", {"reason": "found it in a yard"}),
        ("closed", {"outcome": "recovered"}),
    ]
    for n, (action, more) in enumerate(told):
        answer, entry = reply.file(ledger, said(action, f"r{n}", **more), "platform", NOW + n)
        assert answer == (200, "")
        assert entry is not None
    incident, entries = ledger.incident(ID)
    assert (incident.state, incident.course.party) == (State.CLOSED, "p7")
    on_scene = incident.course.stamp("on_scene")
    assert on_scene is not None
    assert (on_scene.t, on_scene.by, on_scene.actor) == (1990.0, "position", "platform")
    assert entries[3].event.actor == "platform:officer 3"


def test_a_reply_sent_again_however_late_changes_nothing(ledger: SqliteLedger) -> None:
    first = said("supervised", reason="a minister's car")
    assert reply.file(ledger, first, "platform", NOW)[1] is not None
    reply.file(ledger, said("signed", "r2"), "platform", NOW + 1)
    before = ledger.last_seq()
    assert reply.file(ledger, first, "platform", NOW + 2) == ((200, "known already"), None)
    assert ledger.last_seq() == before
    # the same id of another source is another reply
    assert reply.file(ledger, first, "other", NOW + 3)[1] is not None


def test_a_unit_speaks_of_its_own_task_alone(ledger: SqliteLedger) -> None:
    step(ledger, ID, "assigned", at_ms=NOW, said=Said(party="u1"))
    answer, entry = reply.file(ledger, said("signed"), "unit:u2", NOW, unit="u2")
    assert (answer.status, entry) == (409, None)
    assert reply.file(ledger, said("signed"), "unit:u1", NOW, unit="u1")[0].status == 200


@pytest.mark.parametrize(
    ("action", "more", "status"),
    [
        ("departed", {}, 409),  # nobody has signed
        ("assigned", {}, 422),  # to whom?
        ("supervised", {}, 422),  # why?
        ("signed", {"incident": "i-none"}, 404),
    ],
)
def test_what_cannot_be_is_answered_and_changes_nothing(
    action: str, more: dict[str, object], status: int, ledger: SqliteLedger
) -> None:
    answer, entry = reply.file(ledger, said(action, **more), "platform", NOW)
    assert (answer.status, entry, ledger.last_seq()) == (status, None, 1)
    assert not answer.is_done


@pytest.mark.parametrize("t", [None, 1e18, -1e18, 2_000_000.0, 0.0])
def test_a_time_that_cannot_be_is_that_of_arrival(t: float | None, ledger: SqliteLedger) -> None:
    _, entry = reply.file(ledger, said("signed", t=t), "platform", 10**12)
    assert entry is not None
    assert entry.event.t == 10**9


BAD = [
    b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"id": 1}', b"[" * 100_000, b"x" * 1_000_000,
    b'{"id": "", "incident": "i", "action": "signed"}',
    b'{"id": "a", "incident": "i", "action": "rated"}',
    b'{"id": "a", "incident": "i", "action": "signed", "t": NaN}',
    b'{"id": "a", "incident": "i", "action": "signed", "t": 1e999}',
    b'{"id": "a", "incident": "i", "action": "signed", "reason": "' + b"x" * 1001 + b'"}',
    b'{"id": "a", "incident": "i", "action": "closed", "outcome": "merged"}',
]  # fmt: skip


@pytest.mark.parametrize("body", BAD, ids=range(len(BAD)))
def test_what_is_no_reply_is_refused(body: bytes) -> None:
    answer = reply.read(body)
    assert isinstance(answer, reply.Answer)
    assert answer.status in {413, 422}


@given(st.binary(max_size=200))
def test_no_bytes_raise(body: bytes) -> None:
    reply.read(body)


@given(st.dictionaries(st.sampled_from(["id", "incident", "action", "t", "party"]), st.text() | st.floats() | st.none()))  # fmt: skip # noqa: E501
def test_no_json_raises(body: dict[str, object]) -> None:
    assert isinstance(reply.read(json.dumps(body).encode()), reply.Reply | reply.Answer)
