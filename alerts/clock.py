"""The clocks of 1, 3 and 5 minutes: what is due when, and what has to be said by now.  Pure.

A clock starts when an incident becomes red, and its deadlines are written into the incident there
and then: what the settings say later does not move them.  What was said is in the incident, too, so
another process goes on where one died.  Nothing is closed by a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from alerts.event import Event, Goal, Run
from alerts.incident import Incident
from alerts.settings import ClockSettings, Place
from alerts.vocabulary import Name

_ACTOR = "clock"
_MOST_ESCALATIONS = 10
_MINUTE = 60_000

PlaceOf = Callable[[float, float], Place | None]
"""The class of a place (degrees WGS-84), None where no zone says it."""


def _nowhere(_lon: float, _lat: float) -> None:
    return None


class Due(NamedTuple):
    """Something that has to be said at `at_ms` unless it was; `mark` names it within its clock."""

    at_ms: int
    mark: str
    kind: Literal["warned", "breached", "escalated"]
    goal: Goal
    to: str = ""
    share: float = 1.0


class Clockwork:
    """The clocks under one set of settings; `place_of` tells the class of a place."""

    def __init__(self, settings: ClockSettings, place_of: PlaceOf = _nowhere) -> None:
        self._settings = settings
        self._place_of = place_of

    def begin(self, incident: Incident) -> Event | None:
        """The event that starts the clock of an incident that needs one."""
        alerted = incident.course.stamp("alerted")
        if alerted is None or incident.clock is not None or not incident.is_open:
            return None
        newest = incident.reports[-1]
        place = self._place_of(newest.lon, newest.lat) or self._settings.elsewhere
        late_s = alerted.at_ms / 1000 - alerted.t
        goals = () if late_s > self._settings.max_age_s else self._goals(alerted.at_ms, place)
        run = Run(self._settings.profile, place, alerted.at_ms, goals)
        return Event(
            *(incident.id, "clocked", alerted.t, alerted.at_ms, _ACTOR),
            reason=(said := _begun(run, late_s)).en,
            reason_zh=said.zh,
            clock=run,
        )

    def _goals(self, started_ms: int, place: Place) -> tuple[Goal, ...]:
        held = self._settings
        by_profile = {
            "zone": {
                "key": [("arrival", "on_scene", held.key_s)],
                "centre": [("arrival", "on_scene", held.centre_s)],
                "urban": [("arrival", "on_scene", held.urban_s)],
                "rural": [],
            }[place],
            "tier": [
                ("station", "on_scene", held.station_s),
                ("district", "on_scene", held.district_s),
                ("city", "on_scene", held.city_s),
            ],
            "stage": [
                ("signing", "signed", held.signed_s),
                ("arrival", "on_scene", held.on_scene_s),
                ("containment", "contained", held.contained_s),
            ],
        }
        return tuple(
            Goal(name, moment, started_ms + round(within_s * 1000))
            for name, moment, within_s in by_profile[held.profile]
        )

    def next_due_ms(self, incident: Incident) -> int | None:
        """When something has to be said next, None for never."""
        return min((due.at_ms for due in self._untold(incident)), default=None)

    def due(self, incident: Incident, now_ms: int) -> list[Event]:
        """What has to be said by now, in order.

        After a pause everything missed is said but escalations: of these the newest alone, as they
        ask people to act now.
        """
        by_now = sorted(due for due in self._untold(incident) if due.at_ms <= now_ms)
        newest = {due.goal: due for due in by_now if due.kind == "escalated"}
        told = [due for due in by_now if due.kind != "escalated" or newest[due.goal] is due]
        return [
            Event(
                *(incident.id, due.kind, due.at_ms / 1000, now_ms, _ACTOR),
                reason=(said := _said(due, incident)).en,
                reason_zh=said.zh,
                party=due.to,
                mark=due.mark,
            )
            for due in told
        ]

    def _untold(self, incident: Incident) -> Iterator[Due]:
        run = incident.clock
        if run is None or not incident.is_open:
            return
        for goal in run.goals:
            if incident.course.stamp(goal.moment) is not None:
                continue
            for due in self._of_goal(run, goal, incident):
                if due.mark not in run.told:
                    yield due

    def _of_goal(self, run: Run, goal: Goal, incident: Incident) -> Iterator[Due]:
        span_ms = goal.due_ms - run.started_ms
        for share in self._settings.warn_at:
            mark = f"{goal.name}:{round(100 * share)}"
            yield Due(run.started_ms + round(share * span_ms), mark, "warned", goal, share=share)
        yield Due(goal.due_ms, f"{goal.name}:breach", "breached", goal)
        last = incident.last_step
        if last is not None and last.at_ms >= goal.due_ms:
            return  # somebody acts
        told = [mark for mark in run.told if mark.startswith(f"{goal.name}:escalation:")]
        first = max((int(mark.rpartition(":")[2]) for mark in told), default=-1) + 1
        chain = self._settings.escalate_to
        for nth in range(first, _MOST_ESCALATIONS):
            after_ms = round(self._settings.escalate_every_s * 1000 * (2**nth - 1))
            to = chain[min(nth, len(chain) - 1)]
            yield Due(
                goal.due_ms + after_ms, f"{goal.name}:escalation:{nth}", "escalated", goal, to
            )


_NAMES = {
    "arrival": Name("arrival", "到场"),
    "signing": Name("signing", "签收"),
    "containment": Name("containment", "控制"),
    "station": Name("arrival of station patrols", "派出所警力到场"),
    "district": Name("arrival of the district's forces", "县区警力到场"),
    "city": Name("arrival of the city's units", "市级警力到场"),
}
_PARTIES = {
    "next_platform": Name("the next platform", "下一平台"),
    "centre_110": Name("110", "110 指挥中心"),
}


def _begun(run: Run, late_s: float) -> Name:
    if run.goals:
        wanted = [(_NAMES[goal.name], (goal.due_ms - run.started_ms) / 1000) for goal in run.goals]
        return Name(
            ", ".join(f"{name.en} within {s:g} s" for name, s in wanted),
            "，".join(f"{s:g} 秒内{name.zh}" for name, s in wanted),
        )
    if run.place == "rural" and run.profile == "zone":
        return Name("no clock in the country", "农村地区不计时")
    late_min = f"{late_s / 60:.0f}"
    return Name(f"no clock: it was told {late_min} min late", f"不计时：迟报 {late_min} 分钟")


def _said(due: Due, incident: Incident) -> Name:
    """What an officer has to know of it."""
    en, zh = _NAMES[due.goal.name]
    if due.kind == "warned":
        started_ms = incident.clock.started_ms if incident.clock else due.at_ms
        left_s = (due.goal.due_ms - started_ms) * (1 - due.share) / 1000
        return Name(f"{en}: {left_s:.0f} s left", f"{zh}时限还剩 {left_s:.0f} 秒")
    if due.kind == "breached":
        return Name(f"{en} is overdue", f"{zh}超时")
    to_en, to_zh = _PARTIES.get(due.to, (due.to, due.to))
    late_min = (due.at_ms - due.goal.due_ms) / _MINUTE
    return Name(
        f"{en} is overdue by {late_min:.0f} min: passed on to {to_en}",
        f"{zh}已超时 {late_min:.0f} 分钟，上报{to_zh}",
    )
