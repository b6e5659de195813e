"""Cameras against their own habits: silent, blinded, late, off, and what nobody is blamed for."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.cameras.habit import HOUR_MS, KEPT, expected, fresh_rows, middle
from ingest.cameras.health import CameraHealth, Condition, straightened
from ingest.dialects import Notice
from ingest.sighting import SightingBatch

DAY_S, HOUR_S = 86_400, 3600
T0_S = 20_000 * DAY_S  # midnight


def reads(*rows: tuple[str, float, float] | tuple[str, float, float, float]) -> SightingBatch:
    """Camera, arrival (seconds after `T0_S`), lag and confidence of each, in their order."""
    n = len(rows)
    arrived = np.array([T0_S + row[1] for row in rows], np.float64)
    lag = np.array([row[2] for row in rows], np.float64)
    sure = [row[3] if len(row) > 3 else np.nan for row in rows]
    none, unknown = (None,) * n, np.full(n, np.nan)
    return SightingBatch(
        camera=tuple(row[0] for row in rows),
        plate=none,
        plate_color=none,
        vehicle_class=none,
        vehicle_color=none,
        image=none,
        image_sha256=none,
        read_id=none,
        t_ms=np.rint((arrived - lag) * 1000).astype(np.int64),
        received_ms=np.rint(arrived * 1000).astype(np.int64),
        lon=unknown,
        lat=unknown,
        confidence=np.array(sure, np.float32),
        direction_deg=unknown.astype(np.float32),
    )


def steady(
    camera: str,
    from_s: float,
    to_s: float,
    every_s: float,
    lag_s: float = 0.5,
    *,
    sure: float = 0.95,
) -> list[tuple[str, float, float, float]]:
    return [(camera, t, lag_s, sure) for t in np.arange(from_s, to_s, every_s).tolist()]


def fed(*rows: tuple) -> CameraHealth:
    health = CameraHealth()
    health.observe(reads(*sorted(rows, key=lambda row: row[1])))
    return health


def conditions(health: CameraHealth, at_s: float) -> dict[str, str]:
    told = health.judge(round((T0_S + at_s) * 1000))
    return {
        name: Condition(code).name.lower()
        for name, code in zip(health.ids, told.tolist(), strict=True)
    }


def since_s(health: CameraHealth, camera: str) -> float:
    return health.rows["since_ms"][health.ids.index(camera)] / 1000 - T0_S


TWO_DAYS = [*steady("A", 0, 2 * DAY_S, 60), *steady("B", 0, 2 * DAY_S, 90)]


def test_a_camera_is_learned_for_a_day_and_then_judged() -> None:
    health = fed(*steady("A", 0, 10 * HOUR_S, 60))
    assert conditions(health, 10 * HOUR_S) == {"A": "learning"}
    assert conditions(fed(*TWO_DAYS), 2 * DAY_S) == {"A": "good", "B": "good"}


def test_a_camera_that_reads_nothing_where_much_was_to_be_expected_is_silent_since_then() -> None:
    health = fed(*TWO_DAYS, *steady("B", 2 * DAY_S, 2 * DAY_S + HOUR_S, 90))
    assert conditions(health, 2 * DAY_S + 600)["A"] == "good"
    assert conditions(health, 2 * DAY_S + HOUR_S) == {"A": "silent", "B": "good"}
    assert since_s(health, "A") == pytest.approx(2 * DAY_S - 60)


def test_an_alley_that_sees_nobody_at_night_is_well() -> None:
    alley = [
        row
        for day in range(4)
        for row in steady("alley", day * DAY_S + 8 * HOUR_S, day * DAY_S + 18 * HOUR_S, 60)
    ]
    health = fed(*alley, *steady("B", 0, 4 * DAY_S + 7 * HOUR_S, 60))
    assert conditions(health, 4 * DAY_S + 7 * HOUR_S)["alley"] == "good"
    later = fed(*alley, *steady("B", 0, 4 * DAY_S + 10 * HOUR_S, 60))
    assert conditions(later, 4 * DAY_S + 10 * HOUR_S)["alley"] == "silent"


def test_when_nobody_is_heard_nobody_is_silent() -> None:
    health = fed(*TWO_DAYS)
    assert conditions(health, 3 * DAY_S) == {"A": "good", "B": "good"}


def test_a_camera_that_reads_far_less_than_it_is_used_to_is_blinded() -> None:
    dim = steady("A", 2 * DAY_S, 2 * DAY_S + 2 * HOUR_S, 900)
    health = fed(*TWO_DAYS, *dim, *steady("B", 2 * DAY_S, 2 * DAY_S + 2 * HOUR_S, 90))
    assert conditions(health, 2 * DAY_S + 2 * HOUR_S - 1) == {"A": "blinded", "B": "good"}


def test_a_camera_that_reads_as_much_but_far_less_surely_is_blinded() -> None:
    fog = steady("A", 2 * DAY_S, 2 * DAY_S + HOUR_S, 60, sure=0.6)
    health = fed(*TWO_DAYS, *fog, *steady("B", 2 * DAY_S, 2 * DAY_S + HOUR_S, 90))
    assert conditions(health, 2 * DAY_S + HOUR_S - 1) == {"A": "blinded", "B": "good"}


def test_a_fault_does_not_become_a_habit_within_days() -> None:
    dim = steady("A", 7 * DAY_S, 12 * DAY_S, 400)
    health = fed(*steady("A", 0, 7 * DAY_S, 60), *dim)
    assert conditions(health, 12 * DAY_S - 1) == {"A": "blinded"}


@pytest.mark.parametrize("lag_s", [-120.0, 95.0, 28_800.0, -28_800.0])
def test_a_clock_that_is_off_by_the_same_again_and_again_is_off(lag_s: float) -> None:
    health = fed(*steady("A", 0, 2 * DAY_S, 60, lag_s), *steady("B", 0, 2 * DAY_S, 60))
    assert conditions(health, 2 * DAY_S) == {"A": "clock_off", "B": "good"}
    assert health.lags()[0].tolist() == pytest.approx([lag_s, 0.5])


def test_a_camera_that_sends_what_it_kept_is_late_and_its_clock_is_right() -> None:
    kept = [("A", 2 * DAY_S + n / 100, 3600 - 100 * n, 0.9) for n in range(KEPT)]
    health = fed(*TWO_DAYS, *kept, *steady("B", 2 * DAY_S, 2 * DAY_S + 60, 30))
    assert conditions(health, 2 * DAY_S + 60)["A"] == "late"


def test_pass_times_of_a_clock_that_is_off_come_out_right() -> None:
    health = fed(*steady("A", 0, HOUR_S, 60, -120.0))
    seen = reads(("A", HOUR_S + 60, -120.0), ("A", HOUR_S + 61, 0.2), ("B", HOUR_S + 62, -120.0))
    offset = health.observe(seen)
    assert offset.tolist() == [-120_000, 0, 0]  # the second shows that the clock was set
    assert health.offsets(seen).tolist() == offset.tolist()
    passed = straightened(seen, offset).t_ms / 1000 - T0_S
    assert passed.tolist() == pytest.approx([HOUR_S + 60, HOUR_S + 60.8, HOUR_S + 182])
    assert straightened(seen, np.zeros(3, np.int64)) is seen


def test_a_camera_is_down_when_it_says_so_and_until_it_reads_again() -> None:
    health = fed(*TWO_DAYS)
    at_ms = round((T0_S + 2 * DAY_S) * 1000)
    health.told([Notice("A", is_up=False, at_ms=at_ms), Notice("new", is_up=False, at_ms=at_ms)])
    assert conditions(health, 2 * DAY_S + 60) == {"A": "down", "B": "good", "new": "down"}
    assert since_s(health, "A") == 2 * DAY_S
    health.observe(reads(("A", 2 * DAY_S + 90, 0.5)))
    assert conditions(health, 2 * DAY_S + 100)["A"] == "good"


def test_a_device_that_keeps_alive_no_more_is_down_and_one_that_only_speaks_is_well() -> None:
    health = fed(*steady("B", 0, 2 * DAY_S + 900, 90))
    at_ms = round((T0_S + 2 * DAY_S) * 1000)
    health.told(
        [
            Notice("K", is_up=True, at_ms=at_ms, until_ms=at_ms + 900_000),
            Notice("server", is_up=True, at_ms=at_ms),
        ]
    )
    well = {"B": "good", "K": "good", "server": "good"}
    assert conditions(health, 2 * DAY_S + 900) == well
    assert conditions(health, 2 * DAY_S + 901) == well | {"K": "down"}
    assert since_s(health, "K") == 2 * DAY_S
    later_ms = at_ms + 1_000_000
    health.told([Notice("K", is_up=True, at_ms=later_ms, until_ms=later_ms + 900_000)])
    assert conditions(health, 2 * DAY_S + 1001) == well


def test_while_nobody_is_heard_nobody_stops_to_keep_alive() -> None:
    health = fed(*TWO_DAYS)
    at_ms = round((T0_S + 2 * DAY_S) * 1000)
    health.told([Notice("A", is_up=True, at_ms=at_ms, until_ms=at_ms + 900_000)])
    assert conditions(health, 3 * DAY_S) == {"A": "good", "B": "good"}


def test_a_camera_that_is_registered_and_never_heard_of_is_told() -> None:
    health = fed(*TWO_DAYS)
    health.expect(["A", "C"])
    assert conditions(health, 2 * DAY_S) == {"A": "good", "B": "good", "C": "never"}


def test_names_beyond_the_limit_take_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.cameras.health.LIMIT", 2)
    health = CameraHealth()
    assert health.observe(reads(*((f"C{n}", n, 0.5) for n in range(9)))).tolist() == [0] * 9
    assert health.ids == ["C0", "C1"]


def test_nothing_seen_changes_nothing() -> None:
    health = fed(*TWO_DAYS)
    before = health.encode()
    health.observe(reads(("A", 0, 0)).take(np.zeros(1, np.bool_)))
    health.told([])
    assert health.encode() == before


def test_a_snapshot_gives_back_the_same_and_other_bytes_are_none() -> None:
    health = fed(*TWO_DAYS)
    health.judge(round((T0_S + 2 * DAY_S) * 1000))
    again = CameraHealth.decode(health.encode())
    assert again.encode() == health.encode()
    assert conditions(again, 2 * DAY_S) == conditions(health, 2 * DAY_S)
    with pytest.raises(ValueError, match="Arrow"):
        CameraHealth.decode(b"x")


ROWS = st.lists(
    st.tuples(
        st.sampled_from("ABC"),
        st.sampled_from([0.5, 20, 59.5, 61, 700, 3000, 3600, 9000, 90_000]),  # since the last
        st.sampled_from([-120.0, 0.0, 0.5, 40.0, 500.0]),
        st.sampled_from([0.2, 0.9, 1.0]),
    ),
    max_size=120,
)


def in_order(steps: list[tuple]) -> list[tuple]:
    at, rows = 0.0, []
    for camera, step, lag, sure in steps:
        at += step
        rows.append((camera, at, lag, sure))
    return rows


@settings(deadline=None, max_examples=60)
@given(ROWS, st.sets(st.integers(0, 120), max_size=8))
def test_no_cut_of_batches_changes_an_answer(steps: list[tuple], cuts: set[int]) -> None:
    rows = in_order(steps)
    if not rows:
        return
    seen = reads(*rows)
    whole, parts = CameraHealth(), CameraHealth()
    offset = whole.observe(seen)
    edges = [0, *sorted(c for c in cuts if c < len(rows)), len(rows)]
    piecewise = [parts.observe(seen.take(np.arange(a, b))) for a, b in pairwise(edges)]
    assert np.concatenate(piecewise).tolist() == offset.tolist()
    assert parts.encode() == whole.encode()


@settings(deadline=None, max_examples=60)
@given(ROWS)
def test_counts_lags_and_offsets_are_those_of_an_oracle_that_goes_read_by_read(steps) -> None:
    rows = in_order(steps)
    if not rows:
        return
    health = CameraHealth()
    offset = health.observe(reads(*rows))
    lags: dict[str, list[float]] = defaultdict(list)
    held: dict[str, float] = {}
    minute_of: dict[str, int] = {}
    hours: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for n, (camera, at, lag, _) in enumerate(rows):
        minute = int((T0_S + at) // 60)
        if minute_of.get(camera, -1) < minute:
            known = np.array(lags[camera][-KEPT:], np.float32).astype(np.float64)
            off = 0.0
            if len(known) >= 8:
                low, median, high = np.percentile(known, [25, 50, 75])
                off = median if abs(median) > 30 and high - low <= 15 else 0.0
            held[camera], minute_of[camera] = off, minute
        wanted = held[camera] if abs(lag - held[camera]) <= 30 else 0.0
        assert offset[n] == pytest.approx(wanted * 1000, abs=1)
        lags[camera].append(lag)
        hours[camera][int((T0_S + at) // HOUR_S)] += 1
    for camera, counted in hours.items():
        row = health.rows[health.ids.index(camera)]
        last = max(counted)
        assert (row["hour"], row["count"]) == (last, counted[last])
        assert row["before"] == counted.get(last - 1, 0)
        assert row["reads"] == len(lags[camera])


@given(
    st.lists(st.lists(st.one_of(st.just(np.nan), st.floats(-1e4, 1e4, width=32)), max_size=KEPT))
)
def test_middle_is_that_of_numpy_for_each_row(lists: list[list[float]]) -> None:
    values = np.full((len(lists), KEPT), np.nan, np.float32)
    for n, row in enumerate(lists):
        values[n, : len(row)] = row
    median, spread, many = middle(values)
    for n, row in enumerate(lists):
        known = np.array([v for v in row if not np.isnan(v)], np.float32).astype(np.float64)
        assert many[n] == len(known)
        if len(known):
            low, middle_, high = np.percentile(known, [25, 50, 75])
            assert (median[n], spread[n]) == pytest.approx((middle_, high - low), abs=1e-6)
        else:
            assert np.isnan(median[n])


@given(
    st.lists(st.floats(0, 1000, width=32), min_size=24, max_size=24),
    st.integers(0, 10**9),
    st.integers(-10, 3 * 86_400_000),
)
def test_what_is_expected_is_the_sum_over_minutes_of_its_hour_s_habit(habit, begin, length) -> None:
    rows = fresh_rows(1)
    rows["habit"][0] = habit
    begin_ms = begin * 1000
    found = expected(rows, np.array([begin_ms]), np.array([begin_ms + length]))[0]
    step = 60_000
    at = np.arange(begin_ms, begin_ms + max(length, 0), step)
    share = np.minimum(step, begin_ms + length - at)
    slow = float(np.sum(np.array(habit)[(at // HOUR_MS) % 24] * share / HOUR_MS))
    # a minute of the slow sum may lie in two hours
    assert found == pytest.approx(slow, rel=1e-6, abs=80 * 1000 / 60)
