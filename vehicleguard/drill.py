"""An exercise: made-up thefts, real clocks and dispatch, simulated units; all is marked a drill.

It goes through the same ledger and dispatcher as a theft, and under the clocks of whoever runs
these.  Its vehicles do not exist, so no real report can join a drill and no drill a real incident.
`step` is called with the time, which may be simulated; it starts no thread.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from alerts import action
from alerts.action import IllegalMoveError, Said
from alerts.dispatch.dispatcher import Dispatcher
from alerts.dispatch.router import Router, Start
from alerts.event import Event, Outcome
from alerts.force.duty import Duty, Moved
from alerts.incident import Incident
from alerts.ledger import Ledger, UnknownIncidentError
from alerts.points import Position
from alerts.report import Report
from vehicleguard.simulator.officers import Act, Officer

PREFIX = "drill-"
"""What the ids of vehicles in drills begin with."""
_AROUND_DEG = 0.02


@dataclass(frozen=True, slots=True)
class Exercise:
    """What is to happen: `thefts` around `places` (WGS-84), one every `every_s` from `start_ms`."""

    places: Sequence[Position]
    start_ms: int
    thefts: int = 20
    every_s: float = 30.0
    seed: int = 1

    def reports(self) -> list[tuple[int, Report]]:
        """When each theft is told of (epoch ms), in order, and what is told."""
        drawn = random.Random(self.seed)  # noqa: S311 - made-up places
        return [self._report(n, drawn) for n in range(self.thefts)]

    def _report(self, n: int, drawn: random.Random) -> tuple[int, Report]:
        lon, lat = drawn.choice(self.places)
        at_ms = self.start_ms + round(1000 * n * self.every_s)
        name = f"{PREFIX}{self.start_ms // 1000}-{n + 1:03d}"
        body = {
            "id": f"s-{name}-terminal_stolen-{at_ms / 1000}",
            "vehicle_id": name,
            "kind": "terminal_stolen",
            "t": at_ms / 1000,
            "t_detected": at_ms / 1000,
            "lon": round(lon + drawn.uniform(-_AROUND_DEG, _AROUND_DEG), 6),
            "lat": round(lat + drawn.uniform(-_AROUND_DEG, _AROUND_DEG), 6),
            "strength": 1.0,
            "evidence": {"level": "red", "kinds": ["terminal"], "drill": True},
        }
        return at_ms, Report.from_wire(body)


class Drill:
    """One exercise over `ledger`; `opened` are the ids of its incidents so far."""

    def __init__(
        self, exercise: Exercise, ledger: Ledger, duty: Duty, dispatcher: Dispatcher, router: Router
    ) -> None:
        self._exercise = exercise
        self._ledger = ledger
        self._duty = duty
        self._dispatcher = dispatcher
        self._router = router
        self._told = exercise.reports()
        self._way_s: dict[tuple[str, str], float] = {}
        self.opened: list[str] = []

    def step(self, now_ms: int) -> None:
        """Let everything happen that is due by now: thefts, dispatch, officers."""
        while self._told and self._told[0][0] <= now_ms:
            _, told = self._told.pop(0)
            entries = self._ledger.receive([told], now_ms)
            self.opened += [e.incident.id for e in entries if e.event.kind == "opened"]
        self._dispatcher.tick(now_ms)
        for incident in self.incidents():
            self._officer_acts(incident, now_ms)

    def end(self, now_ms: int) -> None:
        """Close what is open: nobody shall go on looking for what was never stolen."""
        self._told.clear()
        for incident in self.incidents():
            if incident.is_open:
                self._ledger.act(incident.id, lambda held: _ended(held, now_ms))

    def incidents(self) -> list[Incident]:
        """The exercise's incidents as they stand."""
        found = []
        for name in self.opened:
            try:
                found.append(self._ledger.incident(name)[0])
            except UnknownIncidentError:
                continue  # deleted by whoever keeps the store
        return found

    @property
    def done(self) -> bool:
        """Whether every theft was told of and is closed."""
        return not self._told and not any(one.is_open for one in self.incidents())

    def _officer_acts(self, incident: Incident, now_ms: int) -> None:
        unit = incident.course.party
        if not incident.drill or not incident.is_open or unit not in self._duty.units:
            return
        officer = Officer(unit, self._exercise.seed)
        act = officer.next_act(incident, self._way(unit, incident, now_ms))
        if act is None or act.at_ms > now_ms:
            return

        def decide(held: Incident) -> Event | None:
            return _as_step(held, act, unit, now_ms) if held.course.party == unit else None

        try:
            self._ledger.act(incident.id, decide)
        except IllegalMoveError:
            return  # a person was faster
        if act.kind == "on_scene":
            self._duty.hear(Moved(unit, now_ms, incident.lon, incident.lat), now_ms)

    def _way(self, unit: str, incident: Incident, now_ms: int) -> float:
        """Seconds of its way, from where it was when it was asked first."""
        key = unit, incident.id
        if key not in self._way_s:
            at = self._duty.whereabouts(unit, now_ms)
            start = Start(at.lon, at.lat, self._duty.units[unit].mode)
            self._way_s[key] = self._router.times([start], [(incident.lon, incident.lat)]).s[0][0]
        return self._way_s[key]


def _ended(held: Incident, now_ms: int) -> Event | None:
    if not held.is_open:
        return None
    return action.step(held, "closed", "drill", "the exercise has ended", now_ms)


def _as_step(held: Incident, act: Act, unit: str, now_ms: int) -> Event | None:
    outcome = Outcome.RECOVERED if act.kind == "closed" else None
    reason = "drill" if act.kind == "feedback" else ""
    said = Said(by=act.by, outcome=outcome, t=act.at_ms / 1000)
    return action.step(held, act.kind, unit, reason, now_ms, said)
