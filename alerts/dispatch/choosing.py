"""Which units go to which incidents, all at once, and why.  Pure but for the router it asks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from alerts.dispatch.assign import assign
from alerts.dispatch.fitness import Fitness, Task, Why
from alerts.dispatch.router import Router, Start, StraightLine, Times
from alerts.dispatch.why import Passed, explained
from alerts.dispatch_settings import DispatchSettings
from alerts.event import State
from alerts.force.duty import Duty
from alerts.force.member import Mode
from alerts.incident import Incident
from alerts.vocabulary import Name

__all__ = ["Choice", "Pick", "Plan", "Task", "loads", "plan", "straight"]

CONSIDERED = 30
"""Units that can go, the nearest by straight line, of which the router is asked for an incident."""
_PASSED = 5  # of those that cannot
_HELD = frozenset({State.ASSIGNED, State.SIGNED, State.HANDLING})


@dataclass(frozen=True, slots=True)
class Pick:
    """A unit that goes, and in how many seconds it is there."""

    unit: str
    arrive_s: float


@dataclass(frozen=True, slots=True)
class Choice:
    """What one incident gets: `picks` may be fewer than wanted, `said` is why it is these."""

    task: Task
    picks: tuple[Pick, ...]
    said: Name


@dataclass(frozen=True, slots=True)
class Plan:
    """A choice for each task, in order; `by` is the router, `trouble` why not another."""

    choices: tuple[Choice, ...]
    by: str
    trouble: str = ""


def loads(incidents: Iterable[Incident]) -> dict[str, int]:
    """How many open incidents each party has."""
    held: dict[str, int] = {}
    for one in incidents:
        if one.state in _HELD and one.course.party:
            held[one.course.party] = held.get(one.course.party, 0) + 1
    return held


def straight(settings: DispatchSettings) -> StraightLine:
    """The straight line under these settings."""
    kmh = {
        Mode.FOOT: settings.foot_kmh,
        Mode.BIKE: settings.bike_kmh,
        Mode.CAR: settings.car_kmh,
    }
    return StraightLine(kmh, settings.road_factor)


def plan(  # noqa: PLR0917 - each is what the choice depends on
    tasks: Sequence[Task],
    duty: Duty,
    load_of: Mapping[str, int],
    router: Router,
    settings: DispatchSettings,
    now_ms: int,
) -> Plan:
    """Units for all tasks together, so that as many as can be get one, and soonest.

    A unit gets one of them at most, as it cannot be in two places.  Raises what `router` does.
    """
    force = _near(tasks, Fitness.all(duty, load_of, now_ms), settings)
    ends = [(task.lon, task.lat) for task in tasks]
    starts = [Start(one.at.lon, one.at.lat, one.unit.mode) for one in force]
    times = router.times(starts, ends)
    slots = [n for n, task in enumerate(tasks) for _ in range(task.units)]
    whys = [
        [_why(one, task, times.s[i][j], settings) for i, one in enumerate(force)]
        for j, task in enumerate(tasks)
    ]
    cost = [
        [
            math.inf if whys[j][i] else one.cost_s(tasks[j], times.s[i][j], settings)
            for i, one in enumerate(force)
        ]
        for j in slots
    ]
    taken = assign(cost, _weights(tasks)) if slots and force else [None] * len(slots)
    goes = {i: j for j, i in zip(slots, taken, strict=True) if i is not None}
    choices = tuple(_choice(tasks, j, force, (times, whys[j]), goes) for j in range(len(tasks)))
    return Plan(choices, times.by, times.trouble)


def _why(one: Fitness, task: Task, arrive_s: float, settings: DispatchSettings) -> Why | None:
    refused = one.refuses(task)
    if refused is None and math.isinf(arrive_s):
        return Why.NO_WAY
    if refused is None and arrive_s > settings.reach_s:
        return Why.TOO_FAR
    return refused


def _weights(tasks: Sequence[Task]) -> list[int]:
    """Of each wanted unit: the first of every incident before a second of any."""
    most = max(task.weight for task in tasks)
    return [
        task.weight * (most + 1 if nth == 0 else 1) for task in tasks for nth in range(task.units)
    ]


def _near(
    tasks: Sequence[Task], force: Sequence[Fitness], settings: DispatchSettings
) -> list[Fitness]:
    """The units worth asking the router about: the nearest by straight line of each task."""
    enough = CONSIDERED + sum(task.units for task in tasks)
    starts = [Start(one.at.lon, one.at.lat, one.unit.mode) for one in force]
    away = straight(settings).times(starts, [(task.lon, task.lat) for task in tasks]).s
    kept: set[int] = set()
    for j, task in enumerate(tasks):
        by_time = sorted(range(len(force)), key=lambda i: away[i][j])
        able = [i for i in by_time if force[i].refuses(task) is None]
        not_able = [i for i in by_time if force[i].refuses(task) is not None]
        kept.update(able[:enough], not_able[:_PASSED])
    return [one for i, one in enumerate(force) if i in kept]


def _choice(
    tasks: Sequence[Task],
    j: int,
    force: Sequence[Fitness],
    told: tuple[Times, Sequence[Why | None]],
    goes: Mapping[int, int],
) -> Choice:
    (times, whys), task = told, tasks[j]
    own = sorted((i for i, to in goes.items() if to == j), key=lambda i: times.s[i][j])
    last_s = times.s[own[-1]][j] if own else math.inf
    passed = [
        Passed(one, times.s[i][j], whys[i], tasks[goes[i]].id if i in goes else None)
        for i, one in enumerate(force)
        if goes.get(i) != j and (not own or times.s[i][j] < last_s)
    ]
    passed.sort(key=lambda one: (one.arrive_s, one.fitness.unit.id))
    picks = tuple(Pick(force[i].unit.id, times.s[i][j]) for i in own)
    return Choice(task, picks, explained(task, [(force[i], times.s[i][j]) for i in own], passed))
