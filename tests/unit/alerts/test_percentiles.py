"""The 1-3-5 report: percentiles of real times, and everything that is missing said."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.action import Said, step
from alerts.clock import Clockwork
from alerts.event import Step
from alerts.incident import Incident, fold
from alerts.percentiles import BY, MOMENTS, SINCE, Figures, nearest_rank, report
from alerts.settings import ClockSettings
from tests.unit.alerts.jurisdiction.areas import incident

T0 = 1_000_000
"""When the incidents of these stories became red, epoch ms."""


def told(
    held: Incident, kind: Step, after_s: float, *, late_s: float = 0, party: str = "", by: str = ""
) -> Incident:
    t = T0 / 1000 + after_s
    said = Said(party=party, by=by, t=t)
    event = step(held, kind, "u", "reason", T0 + round(1000 * (after_s + late_s)), said)
    assert event is not None
    return fold(held, event)


def clocked(held: Incident, place: str = "key") -> Incident:
    event = Clockwork(ClockSettings(), lambda _lon, _lat: place).begin(held)
    assert event is not None
    return fold(held, event)


def found(
    incidents: list[Incident], moment: str, since: str = "alerted", by: str = "all", **more: object
) -> dict[str, Figures]:
    return {
        one.group: one
        for one in report(incidents, **more)
        if (one.moment, one.since, one.by) == (moment, since, by)
    }


def signed(after_s: float, **more: object) -> Incident:
    return told(told(clocked(incident()), "assigned", 1, party="a"), "signed", after_s, **more)


def test_a_time_runs_from_alert_to_stamp_and_also_from_dispatch() -> None:
    held = told(told(clocked(incident()), "assigned", 10, party="a"), "signed", 35)
    assert found([held], "signed")["all"].p50_s == 35
    assert found([held], "signed", "dispatched")["all"].p50_s == 25
    assert found([held], "dispatched")["all"].p50_s == 10
    assert found([held], "dispatched", "dispatched") == {}


def test_percentiles_are_times_of_incidents() -> None:
    figures = found([signed(n) for n in range(2, 102)], "signed")["all"]
    assert (figures.count, figures.p50_s, figures.p90_s, figures.p99_s) == (100, 51, 91, 100)
    assert figures.max_s == 101


@given(st.lists(st.floats(0, 1e6), max_size=40), st.sampled_from([0.5, 0.9, 0.99, 1.0]))
def test_the_nearest_rank_is_the_least_time_that_enough_do_not_exceed(
    times: list[float], share: float
) -> None:
    rank = nearest_rank(sorted(times), share)
    enough = [t for t in times if sum(u <= t for u in times) >= share * len(times) - 1e-6]
    assert rank == (min(enough) if enough else None)


def test_what_has_no_stamp_is_running_while_open_and_missing_once_closed() -> None:
    running = told(clocked(incident()), "assigned", 1, party="a")
    missing = told(running, "closed", 99)
    figures = found([running, missing, signed(5)], "signed")["all"]
    assert (figures.count, figures.running, figures.missing) == (1, 1, 1)
    nothing = found([running], "on_scene")["all"]
    assert (nothing.count, nothing.p50_s, nothing.p99_s, nothing.max_s) == (0, None, None, None)


def test_a_stamp_before_the_alert_is_odd_and_no_time() -> None:
    figures = found([signed(-5), signed(5)], "signed")["all"]
    assert (figures.odd, figures.count, figures.p50_s) == (1, 1, 5)


@pytest.mark.parametrize(
    ("by", "counts"), [("tap", (1, 0, 0)), ("position", (0, 1, 0)), ("", (0, 0, 1))]
)
def test_it_says_what_stopped_the_clock(by: str, counts: tuple[int, int, int]) -> None:
    figures = found([signed(5, by=by)], "signed")["all"]
    assert (figures.by_tap, figures.by_position, figures.by_unsaid) == counts


def test_it_says_what_rests_on_memory() -> None:
    figures = found([signed(5, late_s=61), signed(5, late_s=60)], "signed")["all"]
    assert (figures.count, figures.told_late) == (2, 1)


def test_it_says_how_many_had_a_deadline_and_met_it() -> None:
    there = [told(signed(5), "on_scene", after_s) for after_s in (59, 60, 61)]
    figures = found([*there, clocked(incident(), "rural"), signed(5)], "on_scene")["all"]
    assert (figures.goals, figures.met) == (4, 2)  # one is under way, one has no clock
    assert found(there, "on_scene", "dispatched")["all"].goals == 0


def test_it_is_told_by_platform_place_and_hour() -> None:
    one, two = signed(5), told(clocked(incident(), "urban"), "signed", 50)
    incidents = [one, two]
    platforms = {"a": "p1"}
    by_platform = found(incidents, "signed", by="platform", platform_of=platforms.get)
    assert {group: f.p50_s for group, f in by_platform.items()} == {"p1": 5, "-": 50}
    assert {g: f.p50_s for g, f in found(incidents, "signed", by="place").items()} == {
        "key": 5, "urban": 50,
    }  # fmt: skip
    assert list(found(incidents, "signed", by="hour")) == ["08"]  # T0 is 00:16 of Greenwich
    assert list(found(incidents, "signed", by="hour", time_zone="UTC")) == ["00"]


def test_drills_and_what_never_was_red_do_not_count() -> None:
    drill = replace(signed(5), drill=True)
    assert report([drill]) == []
    assert found([drill, signed(9)], "signed", drills=True)["all"].p50_s == 5
    assert report([]) == []


stories = st.lists(
    st.tuples(
        st.floats(-10, 500),
        st.sampled_from(["assigned", "signed", "closed"]),
        st.sampled_from(["key", "urban", "rural"]),
    ),
    max_size=12,
)


@settings(deadline=None)
@given(stories)
def test_the_groups_of_each_kind_add_up_to_all(story: list[tuple[float, Step, str]]) -> None:
    incidents = [
        told(clocked(incident(n=n), place), kind, after_s, party="a" if n % 2 else "b")
        for n, (after_s, kind, place) in enumerate(story)
    ]
    figures = report(incidents, {"a": "p"}.get)
    for since in SINCE:
        for moment in MOMENTS:
            sums = {
                by: [
                    sum(getattr(one, name) for one in figures
                        if (one.since, one.moment, one.by) == (since, moment, by))
                    for name in ("count", "running", "missing", "odd", "by_unsaid", "goals", "met")
                ]
                for by in BY
            }  # fmt: skip
            assert len({tuple(values) for values in sums.values()}) == 1
            if since == "alerted":
                assert sum(sums["all"][:4]) == len(incidents)
