"""Ids by row: a dictionary of texts, in a tenth of its memory."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams import snapshot
from streams.roster import Roster
from streams.state import FleetState

IDS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", "a", "\x00", "京A·12345", "湘H88888", "🛵", "v1", "v11", "v111"]),
    st.integers(0, 50).map(lambda n: f"v{n}"),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(IDS, max_size=40), max_size=8))
def test_it_answers_as_a_dictionary_does(batches: list[list[str]]) -> None:
    roster, expected = Roster(), dict[str, int]()
    for batch in batches:
        rows = [expected.setdefault(text, len(expected)) for text in batch]
        assert roster.rows_of(batch).tolist() == rows
    assert list(roster) == list(expected)
    assert len(roster) == len(expected)
    assert [roster.row_of(text) for text in expected] == list(expected.values())
    for stranger in ("a stranger", "陌生", "v1 "):
        assert roster.row_of(stranger) == expected.get(stranger)
    assert roster.rows_of(list(expected)).tolist() == list(expected.values())


@settings(max_examples=50, deadline=None)
@given(st.lists(IDS, unique=True, max_size=60))
def test_its_columns_hold_every_id(ids: list[str]) -> None:
    data, at = Roster(ids).columns()
    held = data.tobytes()
    ends = at.tolist()
    assert [held[a:b].decode() for a, b in pairwise(ends)] == ids


@settings(max_examples=50, deadline=None)
@given(st.lists(IDS, unique=True, max_size=60))
def test_a_snapshot_keeps_every_id_in_its_row(ids: list[str]) -> None:
    state = FleetState(capacity=1)
    state.intern(tuple(ids))
    again = snapshot.decode(snapshot.encode(state, []), [])
    assert list(again.ids) == ids
    assert [again.row_of(text) for text in ids] == list(range(len(ids)))


def test_it_is_the_sequence_of_its_ids() -> None:
    roster = Roster(["a", "京", ""])
    assert (roster[0], roster[-1], roster[1:]) == ("a", "", ["京", ""])
    assert roster == ["a", "京", ""]
    assert roster != ["a", "京"]
    assert "京" in roster
    for outside in (3, -4):
        with pytest.raises(IndexError):
            roster[outside]


def test_one_without_ids_knows_nobody() -> None:
    roster = Roster()
    assert (len(roster), list(roster), roster.row_of(""), roster.row_of("a")) == (0, [], None, None)
    assert roster.rows_of(()).tolist() == []


def test_an_id_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="each once"):
        Roster(["a", "b", "a"])


def test_it_grows_and_every_id_keeps_its_row() -> None:
    roster = Roster()
    ids = [f"vehicle-{n:08}" for n in range(200_000)]
    for first in range(0, len(ids), 7001):
        rows = roster.rows_of(ids[first : first + 7001])
        assert rows.tolist() == list(range(first, first + len(rows)))
    assert roster.rows_of(ids[::-1]).tolist() == list(range(len(ids)))[::-1]
    assert (roster[0], roster[123_456], roster[-1]) == (ids[0], ids[123_456], ids[-1])


def test_asking_for_a_stranger_enrols_nobody() -> None:
    roster = Roster(["a"])
    assert roster.row_of("b") is None
    assert len(roster) == 1


def test_a_vehicle_takes_less_than_256_bytes_with_its_id_and_its_timer() -> None:
    count = 1 << 17
    state = FleetState(capacity=count)
    state.intern(tuple(f"V{n:09}" for n in range(count)))
    assert state.nbytes <= 256 * count
