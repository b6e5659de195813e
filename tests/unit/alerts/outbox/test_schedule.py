"""When what is tried: pauses, order, who overtakes whom, and the clock that jumps."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.outbox.destination import Destination
from alerts.outbox.result import Delivered, Refused, Retry
from alerts.outbox.schedule import ASIDE, BROKEN, Line, Waiting, settled, turn_of

DESK = Destination("desk", "county", fallback="siren", deadline_s=60, keep_s=3600)


def row(seq: int, incident: str = "", **said: object) -> Waiting:
    return Waiting(f"d-{seq}", seq, incident or f"i-{seq}", since_ms=0, **said)


def attempts_of(one: Waiting, until_s: float) -> list[float]:
    """Seconds at which a lone row is tried at a destination that never answers."""
    times, now_ms, line = [], 0, Line()
    while now_ms <= until_s * 1000:
        turn = turn_of([one], line, now_ms)
        if turn.row is None:
            now_ms += turn.wait_ms or 0
            continue
        times.append(now_ms / 1000)
        one = replace(one, attempts=one.attempts + 1, tried_ms=now_ms)
        line = line.after(one, Retry("away"), now_ms)
    return times


def test_retries_come_after_0_1_2_4_8_15_seconds_and_then_every_15() -> None:
    # the fifth failure in a row breaks the circuit, which rests 15 s at least
    assert attempts_of(row(1), 100) == [0, 0, 1, 3, 7, 22, 37, 52, 67, 82, 97]


def test_pauses_of_a_row_among_others_that_succeed_are_those_promised() -> None:
    due = [replace(row(1), attempts=n, tried_ms=1000).due_ms() - 1000 for n in range(1, 9)]
    assert due == [0, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]


def test_a_receiver_may_ask_for_a_longer_rest_but_not_for_ever() -> None:
    tried = replace(row(1), attempts=1, tried_ms=0)
    assert replace(tried, rest_s=30).due_ms() == 30_000
    assert replace(tried, rest_s=1e9).due_ms() == 300_000


def test_rows_go_in_the_order_of_their_events() -> None:
    failed = row(1, attempts=3, tried_ms=1000)
    assert turn_of([failed, row(2)], Line(), 1500).row is None
    assert turn_of([failed, row(2)], Line(), 3000).row is failed


def test_a_row_that_is_set_aside_holds_up_its_own_incident_only() -> None:
    poison, behind, other = row(1, "a", attempts=ASIDE, tried_ms=1000), row(2, "a"), row(3, "b")
    assert turn_of([poison, behind, other], Line(), 1001).row is other
    assert turn_of([poison, behind], Line(), 1001).row is None


def test_a_message_that_a_receiver_chokes_on_breaks_no_circuit_for_others() -> None:
    line = Line(BROKEN + 3, 1000, "")
    poison = row(1, attempts=9, tried_ms=1000)
    assert turn_of([poison, row(2)], line, 1001).wait_ms == 14_999
    # the rest over, it is the fresh one that finds out whether somebody is there
    assert turn_of([poison, row(2)], line, 16_000).row == row(2)


def test_addresses_of_one_destination_do_not_wait_for_each_other() -> None:
    away = row(1, address="u1", attempts=2, tried_ms=1000)
    line = Line()
    for _ in range(BROKEN):
        line = line.after(away, Retry("away"), 1000)
    other = row(2, address="u2")
    assert turn_of([away, other], line, 1001).row is other
    line = line.after(other, Retry("away"), 1001)
    assert turn_of([away, row(3, address="u3")], line, 1002).row is None  # all are away


def test_whoever_refuses_is_there() -> None:
    assert Line(4, 1000, "").after(row(1), Refused("no"), 2000) == Line()


@given(
    now_ms=st.integers(0, 2 * 10**12),
    jump_ms=st.integers(1, 10**12),
    attempts=st.integers(1, 40),
)
def test_a_clock_put_back_delays_nothing(now_ms: int, jump_ms: int, attempts: int) -> None:
    tried = row(1, attempts=attempts, tried_ms=now_ms + jump_ms)
    line = Line(attempts, now_ms + jump_ms, "")
    assert turn_of([tried], line, now_ms).row is tried


@given(
    rows=st.lists(
        st.builds(
            lambda seq, who, n, at: row(seq, f"i-{who}", attempts=n, tried_ms=at),
            st.integers(0, 50), st.integers(0, 4), st.integers(0, 9), st.integers(0, 10**6),
        ),
        unique_by=lambda one: one.seq,
    ),
    failures=st.integers(0, 9),
    now_ms=st.integers(0, 10**6),
)  # fmt: skip
def test_there_is_always_a_turn_to_come_and_never_one_out_of_its_incident_s_order(
    rows: list[Waiting], failures: int, now_ms: int
) -> None:
    rows.sort(key=lambda one: one.seq)
    turn = turn_of(rows, Line(failures, 10**5, ""), now_ms)
    if not rows:
        assert turn == (None, None)
    elif turn.row is None:
        assert turn.wait_ms is not None
        assert 0 < turn.wait_ms <= 15_000
        after = turn_of(rows, Line(failures, 10**5, ""), now_ms + turn.wait_ms)
        assert after.row is not None
    else:
        earlier = [one for one in rows if one.seq < turn.row.seq]
        assert all(one.incident_id != turn.row.incident_id for one in earlier)


@pytest.mark.parametrize(
    ("result", "at_s", "wanted"),
    [
        (Delivered(), 0, ("delivered", "")),
        (Retry("500"), 59, ("waiting", "")),
        (Retry("500"), 60, ("waiting", "siren")),
        (Retry("500"), 3600, ("dead", "siren")),
        (Refused("422"), 0, ("dead", "siren")),
    ],
)
def test_the_fallback_hears_at_the_deadline_and_of_what_is_refused(
    result: object, at_s: int, wanted: tuple[str, str]
) -> None:
    after = settled(row(1), result, DESK, at_s * 1000)
    assert (after.state, after.fallback) == wanted
    again = settled(row(1, has_fallen_back=True), result, DESK, at_s * 1000)
    assert (again.state, again.fallback) == (wanted[0], "")


def test_what_waited_through_an_outage_of_our_own_is_tried_before_it_is_given_up() -> None:
    old = row(1)
    assert turn_of([old], Line(), 10**12).row is old
    assert settled(old, Delivered(), DESK, 10**12).state == "delivered"
