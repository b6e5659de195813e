"""Units are chosen for all incidents together, by time to arrive and what weighs; it says why."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from alerts.dispatch import StraightLine, Task, plan
from alerts.dispatch.choosing import CONSIDERED, loads, straight
from alerts.dispatch.handover import handed, sign_due_ms, task_of, wants_unit
from alerts.dispatch.why import duration
from alerts.dispatch_settings import DispatchSettings
from alerts.event import Step
from alerts.force import Duty, Mode, Moved, Shift, Status, Unit
from alerts.incident import Incident, fold
from alerts.level import Level
from tests.unit.alerts.acting import action
from tests.unit.alerts.dispatch.force import NOW, PLAIN, Ruler, duty_of, unit
from tests.unit.alerts.jurisdiction.areas import incident


def at(lon: float, name: str = "i", **more: object) -> Task:
    return Task(name, lon, 0.0, **more)


def chosen(
    tasks: list[Task], duty: Duty, settings: DispatchSettings = PLAIN, **load: int
) -> list[list[str]]:
    found = plan(tasks, duty, load, Ruler(), settings, NOW)
    return [[pick.unit for pick in choice.picks] for choice in found.choices]


def said(task: Task, duty: Duty, settings: DispatchSettings = PLAIN, **load: int) -> str:
    return plan([task], duty, load, Ruler(), settings, NOW).choices[0].said.en


def test_the_nearest_unit_goes_and_it_says_how_soon_it_is_there() -> None:
    duty = duty_of(unit("a", 140), unit("b", 100))
    assert chosen([at(10)], duty) == [["b"]]
    choice = plan([at(10)], duty, {}, Ruler(), PLAIN, NOW).choices[0]
    assert choice.said == ("b: nearest unit, 1 min 30 s", "b：最近的警力，1 分 30 秒")
    assert choice.picks[0].arrive_s == 90


@pytest.mark.parametrize(
    ("nearer", "why"),
    [
        ({"shift": Shift.parse("00:00-00:01")}, "off shift"),
        ({"capabilities": frozenset({"dog"})}, "without the means needed"),
    ],
)
def test_who_was_nearer_and_could_not_go_is_told(nearer: dict[str, object], why: str) -> None:
    duty = duty_of(unit("7", 20, **nearer), unit("b", 30, capabilities=frozenset({"drone"})))
    assert said(at(10, needs=frozenset({"drone"})), duty) == (
        f"b: nearest free unit, 20 s; 7 was nearer (10 s) but {why}"
    )


@pytest.mark.parametrize(("status", "why"), [(Status.BUSY, "busy"), (Status.OFF, "off duty")])
def test_a_unit_that_says_it_cannot_is_not_sent(status: Status, why: str) -> None:
    duty = duty_of(unit("7", 20), unit("b", 30), **{"7": status})
    assert said(at(10), duty) == f"b: nearest free unit, 20 s; 7 was nearer (10 s) but {why}"


def test_a_unit_takes_no_more_than_its_limit_and_each_it_has_weighs() -> None:
    duty = duty_of(unit("a", 10, limit=2), unit("b", 50))
    held = DispatchSettings(load_s=60)
    assert chosen([at(0)], duty, held) == [["a"]]
    assert chosen([at(0)], duty, held, a=1) == [["b"]]
    assert "a was nearer (10 s) but has an incident already" in said(at(0), duty, held, a=1)
    assert chosen([at(0)], duty, DispatchSettings(load_s=10), a=1) == [["a"]]
    assert chosen([at(0)], duty, DispatchSettings(load_s=0), a=2) == [["b"]]


def test_another_jurisdiction_weighs_and_is_told() -> None:
    duty = duty_of(unit("a", 10, area="c2"), unit("b", 50, area="c1t1"))
    task = at(0, path=("c", "c1", "c1t1"))
    assert chosen([task], duty, DispatchSettings(outside_s=60)) == [["b"]]
    assert chosen([task], duty, DispatchSettings(outside_s=30)) == [["a"]]
    assert "of another jurisdiction" in said(task, duty, DispatchSettings(outside_s=30))


def test_an_old_position_weighs_and_is_told() -> None:
    duty = duty_of(unit("a", 10), unit("b", 50), fresh=False)
    duty.hear(Moved("a", NOW - 300_000, 10, 0.1), NOW)
    duty.hear(Moved("b", NOW, 50, 0.1), NOW)
    assert chosen([at(0)], duty, DispatchSettings(stale_s=60)) == [["b"]]
    assert said(at(0), duty) == "a: nearest unit, 10 s, its position is 5 min old"
    alone = duty_of(unit("a", 10), fresh=False)
    assert said(at(0), alone) == "a: nearest unit, 10 s, reckoned from its post"


def test_the_only_unit_of_one_incident_is_not_spent_on_another_that_has_two() -> None:
    duty = duty_of(unit("a", 10), unit("b", 40))
    tasks = [at(0, "one"), at(15, "two", tried=frozenset({"b"}))]
    assert chosen(tasks, duty) == [["b"], ["a"]]
    one, _ = plan(tasks, duty, {}, Ruler(), PLAIN, NOW).choices
    assert one.said.en == "b: nearest free unit, 40 s; a was nearer (10 s) but goes to two"
    assert "派往 two" in one.said.zh


def test_with_too_few_units_the_graver_incident_gets_one_and_each_gets_one_before_any_two() -> None:
    duty = duty_of(unit("a", 10))
    assert chosen([at(10, "one"), at(500, "two", weight=6)], duty) == [[], ["a"]]
    both = duty_of(unit("a", 10), unit("b", 20))
    assert chosen([at(10, "one", units=2, weight=6), at(500, "two")], both) == [["a"], ["b"]]


def test_nobody_can_go_and_it_says_why() -> None:
    duty = duty_of(unit("a", 10), unit("b", 20), unit("c", 5000), a=Status.BUSY, b=Status.OFF)
    assert said(at(0), duty) == (
        "no unit can go; of the nearest, 1 busy, 1 off duty, 1 too far away"
    )
    found = plan([at(0)], duty_of(unit("a", 10)), {}, Ruler(far=5), PLAIN, NOW).choices[0]
    assert found.said.en == "no unit can go; of the nearest, 1 without a way there"
    assert said(at(0), Duty({})) == "no unit is known"


def test_nothing_to_do_is_done_without_asking() -> None:
    assert plan([], duty_of(unit("a", 1)), {}, Ruler(), PLAIN, NOW).choices == ()


def test_the_router_is_asked_about_few_of_many_units() -> None:
    ruler = Ruler()
    duty = duty_of(*(unit(f"u{n}", n / 100) for n in range(500)))
    found = plan([at(2.5, "x"), at(2.6, "y")], duty, {}, ruler, PLAIN, NOW)
    assert ruler.asked[0][0] <= 2 * (CONSIDERED + 2)
    assert [choice.picks[0].arrive_s for choice in found.choices] == [0, 0]


units = st.lists(
    st.tuples(st.integers(0, 100), st.sampled_from(Status), st.integers(0, 2)), max_size=5
)
wanted = st.lists(
    st.tuples(st.integers(0, 100), st.integers(1, 6), st.integers(1, 2)), min_size=1, max_size=3
)


@settings(deadline=None)
@given(units, wanted)
def test_no_other_choice_serves_more_or_is_sooner(
    held: list[tuple[int, Status, int]], wants: list[tuple[int, int, int]]
) -> None:
    names = [f"u{n}" for n in range(len(held))]
    duty = duty_of(
        *(unit(name, lon, limit=2) for name, (lon, _, _) in zip(names, held, strict=True)),
        **{name: status for name, (_, status, _) in zip(names, held, strict=True)},
    )
    load = {name: n for name, (_, _, n) in zip(names, held, strict=True)}
    tasks = [at(lon, f"t{n}", weight=w, units=k) for n, (lon, w, k) in enumerate(wants)]
    settings = DispatchSettings(load_s=30)
    found = plan(tasks, duty, load, Ruler(), settings, NOW)

    def cost(name: str, task: Task) -> float:
        lon, status, own = held[int(name[1:])]
        return math.inf if status is not Status.FREE or own >= 2 else abs(lon - task.lon) + 30 * own

    def value(who: dict[str, int]) -> tuple[float, float]:
        top = max(task.weight for task in tasks)
        none = 0
        for n, task in enumerate(tasks):
            got = sum(to == n for to in who.values())
            if got > task.units:
                return math.inf, math.inf
            slots = [task.weight * (top + 1), *([task.weight] * (task.units - 1))]
            none += sum(slots[got:])
        return none, sum(cost(name, tasks[to]) for name, to in who.items())

    every = (
        {name: to for name, to in zip(names, ways, strict=True) if to is not None}
        for ways in itertools.product([None, *range(len(tasks))], repeat=len(names))
    )
    values = [value(who) for who in every]
    best = min(one for one in values if not math.isinf(one[1]))
    goes = {pick.unit: n for n, one in enumerate(found.choices) for pick in one.picks}
    assert value(goes) == pytest.approx(best)
    assert sum(len(one.picks) for one in found.choices) == len(goes)


def test_straight_lines_are_as_long_as_the_road_factor_says_at_the_speed_of_the_mode() -> None:
    router = straight(DispatchSettings(road_factor=1.5, car_kmh=36, foot_kmh=6))
    assert isinstance(router, StraightLine)
    car, foot = (unit(mode, 112, mode=Mode(mode), home=(112.0, 28.5)) for mode in ("car", "foot"))
    duty = duty_of(car, foot)
    found = plan([Task("i", 112.01, 28.5, units=2)], duty, {}, router, PLAIN, NOW).choices[0]
    assert [round(pick.arrive_s) for pick in found.picks] == [147, 881]  # 979 m of geodesic


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.4, "59 s"), (59.6, "1 min"), (130, "2 min 10 s"), (3600, "60 min")],
)
def test_a_way_is_told_in_minutes_and_seconds(seconds: float, text: str) -> None:
    assert duration(seconds).en == text


@pytest.mark.parametrize(
    "wrong",
    [{"router": "osrm"}, {"router_url": "http://x"}, {"router": "osrm", "router_url": "ftp://x"},
     {"road_factor": 0.5}, {"car_kmh": 0}, {"router": "magic"}],
)  # fmt: skip
def test_settings_without_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        DispatchSettings(**wrong)


def told(held: Incident, kind: Step, at_ms: int, party: str = "", actor: str = "u") -> Incident:
    event = action.step(held, kind, actor, "reason", at_ms, action.Said(party=party))
    assert event is not None
    return fold(held, event)


def choose(held: Incident, now_ms: int, *units_: Unit) -> Incident | None:
    """What dispatch makes of an incident, None where it changes nothing."""
    if not wants_unit(held, now_ms, 45):
        return None
    duty = Duty({one.id: one for one in units_})
    task = task_of(held)
    found = plan([task], duty, {}, straight(PLAIN), PLAIN, now_ms)
    event = handed(held, found.choices[0], now_ms)
    return None if event is None else fold(held, event)


NEAR, NEXT = (unit(name, lon, home=(lon, 28.11)) for name, lon in [("a", 112.12), ("b", 112.15)])


def test_a_unit_that_does_not_sign_in_time_is_replaced_by_the_next_and_not_asked_again() -> None:
    held = choose(incident(), 10_000, NEAR, NEXT)
    assert held is not None
    assert (held.course.party, sign_due_ms(held, 45)) == ("a", 55_000)
    assert choose(held, 54_999, NEAR, NEXT) is None
    second = choose(held, 55_000, NEAR, NEXT)
    assert second is not None
    assert (second.course.party, second.course.tried) == ("b", ("a",))
    assert sign_due_ms(second, 45) == 100_000
    assert choose(second, 100_000, NEAR, NEXT) is None  # nobody is left: the clock escalates
    assert [stamp.moment for stamp in second.course.stamps] == ["alerted", "dispatched"]
    assert second.course.stamp("dispatched").at_ms == 10_000


def test_the_history_says_who_did_not_sign_and_who_comes_instead() -> None:
    held = told(incident(), "assigned", 10_000, "a")
    duty = Duty({"b": NEXT})
    choice = plan([task_of(held)], duty, {}, straight(PLAIN), PLAIN, 60_000).choices[0]
    event = handed(held, choice, 60_000)
    assert event is not None
    assert event.kind == "reassigned"
    assert event.reason.startswith("a has not signed for 50 s; b: nearest unit, ")
    assert event.reason_zh.startswith("a 已 50 秒未签收；b：最近的警力")


def test_who_signed_is_left_alone_and_who_gave_it_back_is_not_asked_again() -> None:
    held = told(incident(), "assigned", 10_000, "a")
    signed = told(held, "signed", 20_000)
    assert sign_due_ms(signed, 45) is None
    assert not wants_unit(signed, 900_000, 45)
    back = told(signed, "returned", 30_000)
    again = choose(back, 31_000, NEAR, NEXT)
    assert again is not None
    assert again.course.party == "b"


def test_a_watching_centre_or_another_desk_does_not_start_the_wait_anew() -> None:
    held = told(incident(), "assigned", 10_000, "a")
    held = told(held, "supervised", 40_000, "c")
    assert sign_due_ms(told(held, "passed_up", 41_000, "c"), 45) == 55_000


@pytest.mark.parametrize("level", [Level.BLUE, Level.YELLOW])
def test_only_red_sends_officers(level: Level) -> None:
    assert not wants_unit(incident(level), 10**9, 45)


def test_reopened_everybody_may_be_asked_anew() -> None:
    held = told(told(incident(), "assigned", 10_000, "a"), "reassigned", 20_000, "b")
    anew = told(told(held, "closed", 30_000), "reopened", 40_000)
    assert (anew.course.party, anew.course.tried, anew.course.asked_ms) == ("", (), None)
    assert wants_unit(anew, 40_000, 45)


def test_load_is_what_a_party_has_open() -> None:
    one = told(incident(n=1), "assigned", 10_000, "a")
    two = told(told(incident(n=2), "assigned", 10_000, "a"), "signed", 11_000)
    done = told(told(incident(n=3), "assigned", 10_000, "a"), "closed", 11_000)
    assert loads([one, two, done, incident(n=4)]) == {"a": 2}
