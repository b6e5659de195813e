"""The dispatcher over a ledger: asked again and again, it gives red incidents to units.

Everything it goes by stands in the ledger or comes from the units, so another process goes on where
one died, and where somebody was faster nothing is given.  One at a time is meant to run: two that
look in the same moment may give one unit two incidents.  It starts no thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from alerts.dispatch.choosing import Choice, Plan, loads, plan
from alerts.dispatch.handover import handed, task_of, wants_unit
from alerts.dispatch.router import Router
from alerts.dispatch_settings import DispatchSettings
from alerts.event import Event, State
from alerts.force.duty import Duty
from alerts.incident import Incident
from alerts.jurisdiction.placing import Placer
from alerts.ledger import Entry, Ledger, Wanted

AT_ONCE = 100
"""Incidents that are given at once: the gravest, and of these the longest red."""
_LOOKED_AT = 10_000  # incidents of one state, the newest
_WAITING = (State.REPORTED, State.ACCEPTED, State.ASSIGNED)
_HELD = (State.ASSIGNED, State.SIGNED, State.HANDLING)


class Paths(Protocol):
    """The codes of the areas in which positions lie."""

    def __call__(self, incidents: list[Incident]) -> list[tuple[str, ...]]:
        """The path of each, the root first; empty where nobody knows."""
        ...


def paths_by(placer: Placer | None) -> Paths:
    """By the areas of `placer`; none without it."""

    def of(incidents: list[Incident]) -> list[tuple[str, ...]]:
        if placer is None:
            return [() for _ in incidents]
        return [one.path for one in placer.place([(i.lon, i.lat) for i in incidents])]

    return of


class Dispatcher:
    """Gives incidents to the units of `duty`: of `only` those for which that says so.

    `trouble` is that of the router, if it had any.
    """

    def __init__(
        self,
        ledger: Ledger,
        duty: Duty,
        router: Router,
        settings: DispatchSettings,
        paths: Paths | None = None,
        *,
        only: Callable[[Incident], bool] = lambda _: True,
    ) -> None:
        self._ledger = ledger
        self._duty = duty
        self._router = router
        self._settings = settings
        self._paths = paths or paths_by(None)
        self._only = only
        self.trouble = ""

    def tick(self, now_ms: int) -> list[Entry]:
        """Give what wants a unit to one, all together; what was filed.  Durable on return."""
        wanting = [
            one
            for one in _incidents(self._ledger, _WAITING, "red")
            if self._only(one) and wants_unit(one, now_ms, self._settings.sign_within_s)
        ]
        if not wanting:
            return []
        wanting.sort(key=lambda one: (-task_of(one).weight, _red_ms(one), one.id))
        wanting = wanting[:AT_ONCE]
        found = self.look(wanting, now_ms)
        self.trouble = found.trouble
        filed = []
        for one, choice in zip(wanting, found.choices, strict=True):
            hand_over = _HandOver(choice, now_ms, one.course.asked_ms)
            entry = self._ledger.act(one.id, hand_over)
            if hand_over.made:
                filed.append(entry)
        return filed

    def look(self, incidents: list[Incident], now_ms: int) -> Plan:
        """What would be chosen for these incidents now, with the reasons; files nothing."""
        tasks = [
            task_of(one, path) for one, path in zip(incidents, self._paths(incidents), strict=True)
        ]
        load = loads_in(self._ledger)
        return plan(tasks, self._duty, load, self._router, self._settings, now_ms)


def loads_in(ledger: Ledger) -> dict[str, int]:
    """How many incidents each party has.

    Whoever has not signed counts as taken until another has it: it may yet sign.
    """
    return loads(_incidents(ledger, _HELD, None))


def _incidents(ledger: Ledger, states: tuple[State, ...], level: str | None) -> list[Incident]:
    return [
        entry.incident
        for state in states
        for entry in ledger.newest(Wanted(level=level, state=state), None, _LOOKED_AT)
    ]


class _HandOver:
    """Hands over unless somebody acted since it was looked at; `made` says whether it did."""

    def __init__(self, choice: Choice, now_ms: int, asked_ms: int | None) -> None:
        self._choice = choice
        self._now_ms = now_ms
        self._asked_ms = asked_ms
        self.made = False

    def __call__(self, incident: Incident) -> Event | None:
        if incident.course.asked_ms != self._asked_ms or incident.state not in _WAITING:
            return None
        event = handed(incident, self._choice, self._now_ms)
        self.made = event is not None
        return event


def _red_ms(incident: Incident) -> int:
    alerted = incident.course.stamp("alerted")
    return 0 if alerted is None else alerted.at_ms
