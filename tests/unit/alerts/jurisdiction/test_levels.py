"""Who sees what, who has it, and that the numbers of the levels add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.action import IllegalMoveError, Said, step, undo
from alerts.event import Event, Outcome, State, Step
from alerts.force import Platform
from alerts.incident import Incident, fold
from alerts.jurisdiction.audience import audience, nearest
from alerts.jurisdiction.desk import Desk, desk_of
from alerts.jurisdiction.tally import tally
from alerts.level import Level
from tests.unit.alerts.jurisdiction.areas import AREAS, PLACER, incident

TREE = AREAS.tree
PLATFORMS = {
    "p1": Platform("p1", "p1", 112.1, 28.1),
    "p2": Platform("p2", "p2", 113.5, 28.5),
}
WAY = ["c", "c1", "c1t1", "c1t1v1", "c1t1v1g1"]
PLACED = PLACER.place([(112.11, 28.11)])[0]


@pytest.mark.parametrize(
    ("level", "centres", "platform"),
    [
        (Level.BLUE, ["c1t1v1g1"], None),
        (Level.YELLOW, ["c1", "c1t1v1g1"], "p1"),
        (Level.RED, WAY, "p1"),
    ],
)
def test_each_level_shows_it_to_those_it_concerns(
    level: Level, centres: list[str], platform: str | None
) -> None:
    seen = audience(incident(level), PLACED, TREE, PLATFORMS)
    assert (seen.owner, seen.manager) == (True, "c1t1v1g1")
    assert (list(seen.centres), seen.platform) == (centres, platform)


def test_a_centre_that_was_given_it_sees_it_whatever_its_level() -> None:
    held = incident(Level.BLUE)
    event = Desk(TREE, "c1t1v1g1", "wang").pass_up(held, PLACED, "not mine", 5000)
    assert event is not None
    seen = audience(fold(held, event), PLACED, TREE, {})
    assert (list(seen.centres), seen.platform) == (["c1t1v1", "c1t1v1g1"], None)


def test_the_nearest_platform_is_that_of_the_least_distance() -> None:
    assert nearest(PLATFORMS, (113.4, 28.4)) == "p2"
    assert nearest({}, (113.4, 28.4)) is None


@pytest.mark.parametrize(
    ("level", "code"), [(Level.BLUE, "c1t1v1g1"), (Level.YELLOW, "c1"), (Level.RED, "c1")]
)
def test_it_lies_with_the_grid_while_it_is_blue_and_then_with_the_county(
    level: Level, code: str
) -> None:
    assert desk_of(incident(level), PLACED, TREE) == code


def test_outside_of_every_county_it_lies_with_the_city() -> None:
    away = PLACER.place([(116.4, 39.9)])[0]
    assert desk_of(incident(Level.RED), away, TREE) == "c"
    assert audience(incident(Level.YELLOW), away, TREE, {}).centres == ("c",)


def moved(held: Incident, event: Event | None) -> Incident:
    assert event is not None
    return fold(held, event)


def test_a_centre_passes_up_assigns_down_and_takes_back_with_its_reason_in_the_history() -> None:
    held = incident()
    county, city = Desk(TREE, "c1", "li"), Desk(TREE, "c", "zhao")
    up = county.pass_up(held, PLACED, "crosses the border", 5000)
    held = moved(held, up)
    assert up is not None
    assert (up.party, up.reason) == ("c", "c1 passes it up to c: crosses the border")
    assert up.reason_zh == "c1上报c：crosses the border"
    assert desk_of(held, PLACED, TREE) == "c"
    assert county.pass_up(held, PLACED, "again", 5001) is None
    held = moved(held, city.assign_down(held, PLACED, "c1t2", "nearest", 6000))
    assert desk_of(held, PLACED, TREE) == "c1t2"
    held = moved(held, county.take_back(held, PLACED, "too slow", 7000))
    assert desk_of(held, PLACED, TREE) == "c1"
    assert county.take_back(held, PLACED, "too slow", 7001) is None
    held = moved(held, city.supervise(held, PLACED, "two thefts a week", 8000))
    assert held.course.supervised
    assert desk_of(held, PLACED, TREE) == "c1"


def test_moving_it_between_centres_recalls_nobody_who_is_under_way() -> None:
    held = moved(incident(), step(incident(), "assigned", "li", "", 2000, Said(party="unit-7")))
    held = moved(held, Desk(TREE, "c1", "li").pass_up(held, PLACED, "big", 5000))
    held = moved(held, Desk(TREE, "c", "zhao").take_back(
        moved(held, Desk(TREE, "c", "zhao").assign_down(held, PLACED, "c2", "x", 5500)),
        PLACED, "y", 6000))  # fmt: skip
    assert (held.course.party, held.course.state) == ("unit-7", State.ASSIGNED)
    watched = moved(held, step(held, "supervised", "zhao", "look", 7000, Said(party="c")))
    assert watched.course.party == "unit-7"


def test_a_move_can_be_taken_back_by_whoever_made_it() -> None:
    held = moved(incident(), Desk(TREE, "c1", "li").pass_up(incident(), PLACED, "slip", 5000))
    back = moved(held, undo(held, "li", "wrong button", 6000))
    assert desk_of(back, PLACED, TREE) == "c1"


@pytest.mark.parametrize(
    "wrong",
    [
        lambda held: Desk(TREE, "c", "x").pass_up(held, PLACED, "r", 1),
        lambda held: Desk(TREE, "c2", "x").pass_up(held, PLACED, "r", 1),
        lambda held: Desk(TREE, "c1", "x").assign_down(held, PLACED, "c2", "r", 1),
        lambda held: Desk(TREE, "c1", "x").assign_down(held, PLACED, "nowhere", "r", 1),
        lambda held: Desk(TREE, "c1", "x").assign_down(held, PLACED, "c1", "r", 1),
        lambda held: Desk(TREE, "c1t1", "x").take_back(held, PLACED, "r", 1),
        lambda held: Desk(TREE, "c2", "x").supervise(held, PLACED, "r", 1),
        lambda held: Desk(TREE, "nowhere", "x").supervise(held, PLACED, "r", 1),
    ],
)
def test_what_is_not_a_centres_to_do_is_refused(wrong: Callable[[Incident], object]) -> None:
    with pytest.raises(IllegalMoveError):
        wrong(incident())


def test_no_move_without_a_reason() -> None:
    with pytest.raises(ValueError, match="expected a reason"):
        Desk(TREE, "c1", "li").pass_up(incident(), PLACED, "", 1)


def closed(held: Incident, outcome: Outcome | None) -> Incident:
    event = step(held, "closed", "li", "", 9000, Said(outcome=outcome))
    return moved(held, event)


incidents = st.builds(
    lambda n, level, supervised, outcome, drill: replace(
        _made(n, level, supervised=supervised, outcome=outcome), drill=drill
    ),
    st.integers(0, 9),
    st.sampled_from(Level),
    st.booleans(),
    st.sampled_from(["open", None, *Outcome]),
    st.booleans(),
)


def _made(n: int, level: Level, *, supervised: bool, outcome: str | None) -> Incident:
    held = incident(level, n=n)
    if supervised:
        kind: Step = "supervised"
        held = moved(held, step(held, kind, "zhao", "look", 3000))
    return held if outcome == "open" else closed(held, Outcome(outcome) if outcome else None)


@settings(deadline=None)
@given(st.lists(st.tuples(incidents, st.sampled_from(sorted(TREE.areas))), max_size=30))
def test_the_numbers_of_a_level_are_those_of_the_levels_below_and_its_own(
    placed: list[tuple[Incident, str]],
) -> None:
    counts = tally(placed, TREE)
    for code in TREE.areas:
        below: Counter[str] = Counter(counts[code].own)
        for child in TREE.children(code):
            below.update(counts[child].total)
        assert counts[code].total == below
    real = [(one, code) for one, code in placed if not one.drill]
    for code in TREE.areas:  # one incident after the other, from the root to where it lies
        inside = [one for one, at in real if code in TREE.path(at)]
        total = counts[code].total
        assert total.get("all", 0) == len(inside)
        assert total.get("open", 0) == sum(one.is_open for one in inside)
        assert total.get("open.red", 0) == sum(
            one.is_open and one.level is Level.RED for one in inside
        )
        assert total.get("supervised", 0) == sum(one.course.supervised for one in inside)
        shut = sum(n for key, n in total.items() if key.startswith("closed."))
        assert shut + total.get("open", 0) == len(inside)
