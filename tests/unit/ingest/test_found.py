"""What dialects find is judged in one place: names, places, clocks, numbers without sense."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ingest.dialects.found import LOCATED, Found, flags_of
from ingest.dialects.moment import epoch_s
from ingest.dialects.sense import EARLIEST_S, LATEST_S, is_name, misplaced, sensible
from ingest.fix import NO_SEQ, flag_names
from tests.unit.ingest.making import NOW_MS, T, message, vehicles


@pytest.mark.parametrize("name", ["a", "a b", "车-1", "jane:phone", "a" * 64, "京A·12345", "<x>"])
def test_names_that_stand_in_a_topic_and_an_address_are_names(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize(
    "name", ["", " a", "a ", "a/b", "+", "a#", "a\nb", "a\x00", "a\x1b[2J", "a" * 65, "\u0085a"]
)
def test_names_that_do_not_are_none(name: str) -> None:
    assert not is_name(name)


def test_fixes_come_in_their_order_with_the_arrival_of_their_messages() -> None:
    messages = [message(b"", received_ms=NOW_MS + n) for n in range(3)]
    found = Found(messages)
    for n, terminal in ((0, "B"), (2, "A"), (2, "B")):
        found.fix(n, terminal, T + n, 1, 2)
    found.kind(1, "heartbeat")
    decoded = found.decoded()
    assert vehicles(decoded.fixes) == ["B", "A", "B"]
    assert decoded.source.tolist() == [0, 2, 2]
    assert decoded.fixes.received_ms.tolist() == [NOW_MS, NOW_MS + 2, NOW_MS + 2]
    assert decoded.fixes.seq.tolist() == [NO_SEQ] * 3
    assert decoded.kinds == {1: "heartbeat"}


def test_what_cannot_be_meant_is_refused_and_leaves_its_neighbours() -> None:
    found = Found([message(b"m")])
    found.fix(0, "A", T, 1, 2)
    for terminal, t, lon in (("A/B", T, 1), ("A", 0, 1), ("A", T, 190), ("A", math.nan, 1)):
        found.fix(0, terminal, t, lon, 2)
    found.fix(0, "A", T + 1, 1, math.nan)
    found.fix(0, "A", T + 2, 1, 2)
    decoded = found.decoded()
    assert decoded.fixes.t_ms.tolist() == [T * 1000, (T + 2) * 1000]
    assert [str(r.reason) for r in decoded.rejects] == [
        *("bad_value", "outside_earth", "outside_earth", "clock_off", "clock_off")
    ]


def test_a_number_without_sense_is_unknown_and_nowhere_is_not_located() -> None:
    found = Found([message(b"m")])
    found.fix(0, "A", T, 0, 0, speed_mps=-1, heading_deg=361, accuracy_m=math.inf, altitude_m=1e9)
    fixes = found.decoded().fixes
    for column in (fixes.speed_mps, fixes.heading_deg, fixes.accuracy_m, fixes.altitude_m):
        assert math.isnan(column.item())
    assert fixes.flags.item() & LOCATED == 0


def test_flags_say_only_what_was_said() -> None:
    assert flag_names(flags_of()) == ["located"]
    assert flag_names(flags_of(located=False, ignition=False)) == ["ignition_known"]
    assert flag_names(flags_of(armed=True, moving=False, back_fill=True)) == [
        *("located", "armed", "armed_known", "back_fill")
    ]


def test_columns_are_judged_with_the_first_reason_first() -> None:
    t, lon, lat = (np.array(c, float) for c in ([T, 0, T, 0], [1, 1, 181, 181], [2, 2, 2, 2]))
    found = misplaced(t, lon, lat)
    assert {row: str(reason) for row, (reason, _) in found.items()} == {
        1: "clock_off",
        2: "outside_earth",
        3: "outside_earth",
    }
    assert np.isnan(sensible([None, 5, -1], 0, 4)).all()


@pytest.mark.parametrize(
    ("date", "t"),
    [
        ("2025-06-15T15:06:40Z", 1750000000),
        ("2025-06-15T23:06:40.250+08:00", 1750000000.25),
        ("2025-06-15T15:06:40.000+0000", 1750000000),
        (1750000000250, 1750000000.25),
        ("2025-06-15T15:06:40", None),
        ("0001-01-01T00:00:00+23:59", None),
        ("9999-12-31T23:59:59-23:59", None),
        ("", None),
        ("now", None),
        (10**400, None),
    ],
)
def test_a_date_counts_only_with_its_zone(date: str | int, t: float | None) -> None:
    found = epoch_s(date)
    # a date of another century is refused as such further on
    assert (found if found is not None and EARLIEST_S <= found < LATEST_S else None) == t
