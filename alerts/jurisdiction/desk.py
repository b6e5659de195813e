"""Which centre has an incident, and how it goes from one to another.  Pure.

Up to the centre right above, down to any below, back to one above it; a higher one may watch
(督办).  Each is a step of the incident, with its reason, and moves nobody who is under way.
"""

from __future__ import annotations

from dataclasses import replace

from alerts.action import IllegalMoveError, Said, step
from alerts.event import Event, Step
from alerts.incident import Incident
from alerts.jurisdiction.placing import Placement
from alerts.jurisdiction.tree import Rung, Tree
from alerts.level import Level
from alerts.vocabulary import Name


def desk_of(incident: Incident, placed: Placement, tree: Tree) -> str:
    """The centre that has it: whom it was given to, else by its level.

    Blue is the deepest area's, yellow and red the county's, or the root's where there is no county.
    """
    if incident.course.desk in tree.areas:
        return incident.course.desk
    if incident.level is Level.BLUE:
        return placed.code
    return tree.on_rung(placed.path, Rung.COUNTY) or placed.path[0]


class Desk:
    """What the centre `code` may do with an incident; `who` acts for it.

    Every call raises `ValueError` without a reason and `IllegalMoveError` where it is not the
    centre's to do; it gives None where it was done already.
    """

    def __init__(self, tree: Tree, code: str, who: str) -> None:
        if code not in tree.areas:
            msg = f"there is no jurisdiction {code}"
            raise IllegalMoveError(msg)
        self._tree = tree
        self._code = code
        self._who = who

    def pass_up(
        self, incident: Incident, placed: Placement, reason: str, at_ms: int
    ) -> Event | None:
        """上报: to the centre right above, which has to decide."""
        above = self._tree.areas[self._code].parent
        if not above:
            msg = f"{self._code} is the highest centre"
            raise IllegalMoveError(msg)
        return self._give(incident, placed, "passed_up", above, reason, at_ms)

    def assign_down(
        self, incident: Incident, placed: Placement, to: str, reason: str, at_ms: int
    ) -> Event | None:
        """下派: to a centre below."""
        if to not in self._tree.areas or not self._tree.is_above(self._code, to):
            msg = f"{to} is not below {self._code}"
            raise IllegalMoveError(msg)
        return self._give(incident, placed, "assigned_down", to, reason, at_ms)

    def take_back(
        self, incident: Incident, placed: Placement, reason: str, at_ms: int
    ) -> Event | None:
        """收回: from a centre below, whoever gave it there."""
        held = desk_of(incident, placed, self._tree)
        if held == self._code and incident.course.desk == held:
            return None
        if not self._tree.is_above(self._code, held):
            msg = f"{held} has {incident.id}, and it is not below {self._code}"
            raise IllegalMoveError(msg)
        return self._step(incident, "taken_back", self._code, reason, at_ms)

    def supervise(
        self, incident: Incident, placed: Placement, reason: str, at_ms: int
    ) -> Event | None:
        """督办: this centre watches what another below does."""
        held = desk_of(incident, placed, self._tree)
        if not self._tree.is_above(self._code, held):
            msg = f"{held} has {incident.id}, and it is not below {self._code}"
            raise IllegalMoveError(msg)
        return self._step(incident, "supervised", self._code, reason, at_ms)

    def _give(  # noqa: PLR0917 - one of the moves above
        self, incident: Incident, placed: Placement, kind: Step, to: str, reason: str, at_ms: int
    ) -> Event | None:
        held = desk_of(incident, placed, self._tree)
        if held == to and incident.course.desk == to:
            return None
        if held != self._code:
            msg = f"{held} has {incident.id}, not {self._code}"
            raise IllegalMoveError(msg)
        return self._step(incident, kind, to, reason, at_ms)

    def _step(
        self, incident: Incident, kind: Step, party: str, reason: str, at_ms: int
    ) -> Event | None:
        event = step(incident, kind, self._who, reason, at_ms, Said(party=party))
        if event is None:
            return None
        said = _MOVES[kind]
        own, to = self._tree.areas[self._code].name, self._tree.areas[party].name
        return replace(
            event,
            reason=f"{said.en.format(own=own.en, to=to.en)}: {reason}",
            reason_zh=f"{said.zh.format(own=own.zh, to=to.zh)}：{reason}",
        )


_MOVES = {
    "passed_up": Name("{own} passes it up to {to}", "{own}上报{to}"),
    "assigned_down": Name("{own} assigns it to {to}", "{own}下派{to}"),
    "taken_back": Name("{own} takes it back", "{own}收回"),
    "supervised": Name("{own} supervises it", "{own}督办"),
}
