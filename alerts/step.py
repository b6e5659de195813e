"""The steps that people take an incident through, and from where each is allowed.

The whole life is this table: whatever is not in it is refused, with the states it goes from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from alerts.event import OPEN, State, Step

Moment = str
"""What a stamp is of: `alerted`, `dispatched`, `signed`, `departed`, `on_scene`, `contained`,
`feedback` or `closed`; `detected` is the incident's own."""


class Rule(NamedTuple):
    """One step: `after` None leaves the state; a `stamp` is set where it was not before.

    With `moves_desk` the party is the centre that has it now, not whoever was sent.
    """

    allowed: frozenset[State]
    after: State | None
    stamp: Moment | None = None
    says_why: bool = False
    names_party: bool = False
    moves_desk: bool = False


_AT_WORK = frozenset({State.SIGNED, State.HANDLING})
_GIVEN = frozenset({State.ASSIGNED, State.SIGNED, State.HANDLING})
_UNSIGNED = frozenset({State.REPORTED, State.ACCEPTED, State.ASSIGNED})
_DESK = Rule(OPEN, None, says_why=True, names_party=True, moves_desk=True)

STEPS: Final[Mapping[Step, Rule]] = {
    "accepted": Rule(frozenset({State.REPORTED}), State.ACCEPTED),
    "assigned": Rule(
        frozenset({State.REPORTED, State.ACCEPTED}), State.ASSIGNED, "dispatched", names_party=True
    ),
    "returned": Rule(_GIVEN, State.ACCEPTED, says_why=True),
    "reassigned": Rule(_GIVEN, State.ASSIGNED, says_why=True, names_party=True),
    "supervised": Rule(OPEN, None, says_why=True),
    "signed": Rule(_UNSIGNED, State.SIGNED, "signed"),
    "departed": Rule(_AT_WORK, State.HANDLING, "departed"),
    "on_scene": Rule(_AT_WORK, State.HANDLING, "on_scene"),
    "contained": Rule(_AT_WORK, State.HANDLING, "contained"),
    "feedback": Rule(_AT_WORK, State.FEEDBACK, "feedback", says_why=True),
    "closed": Rule(OPEN, State.CLOSED, "closed"),
    "rated": Rule(frozenset({State.CLOSED}), State.RATED),
    "reopened": Rule(frozenset({State.CLOSED, State.RATED}), State.REPORTED, says_why=True),
    "passed_up": _DESK,
    "assigned_down": _DESK,
    "taken_back": _DESK,
}
"""From which states, into which, with which stamp.

退回 `returned` and 转派 `reassigned` take a task from whoever has it; 督办 `supervised` says that a
higher level watches.  上报 `passed_up`, 下派 `assigned_down` and 收回 `taken_back` move an incident
between the centres of the levels (`alerts.jurisdiction.desk`), whoever is under way.  A unit that
goes by position may be on scene without having said that it departed: stamps may be missing, and
are not made up.
"""
