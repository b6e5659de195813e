"""When what is tried next, at one destination.  Pure: rows and `now` in, a turn out.

Rows are told in the order of their events.  One that failed holds up all behind it for the first
half minute; after that it is set aside, and only the rest of its own incident waits for it: a
message that a receiver chokes on must not stand between it and a red one.  A destination where
everything fails is asked once in a while with whatever has been tried the least.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from alerts.outbox.destination import Destination
from alerts.outbox.result import Delivered, Refused, Result, Retry

PAUSES_S: Final = (0, 1, 2, 4, 8, 15)
"""Seconds before the first, second, … retry; the last one again and again."""
ASIDE: Final = len(PAUSES_S)
"""Attempts after which a row no longer holds up other incidents."""
BROKEN: Final = 5
"""Failures in a row after which a destination counts as away."""
_PROBE_MS: Final = 15_000
_LONGEST_S: Final = 300.0
"""No receiver may ask for a longer rest than this."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row that has still to be delivered; times in epoch ms.

    `since_ms` is when it was filed or replayed, `tried_ms` when it was last attempted, `rest_s`
    the rest that the receiver asked for then.
    """

    id: str
    seq: int
    incident_id: str
    since_ms: int
    attempts: int = 0
    tried_ms: int = 0
    rest_s: float = 0.0
    address: str = ""
    instead_of: str = ""
    has_fallen_back: bool = False
    urgent: bool = False

    @property
    def is_aside(self) -> bool:
        """Whether others overtake it."""
        return self.attempts >= ASIDE

    def due_ms(self) -> int:
        """When it is to be tried."""
        if not self.attempts:
            return 0
        pause_s = max(PAUSES_S[min(self.attempts, len(PAUSES_S)) - 1], self.rest_s)
        return self.tried_ms + round(1000 * min(pause_s, _LONGEST_S))


class Line(NamedTuple):
    """How a destination has been doing: failures in a row, when the last one was (epoch ms), where.

    `address` is the one that all of them were at, None where there were several.
    """

    failures: int = 0
    failed_ms: int = 0
    address: str | None = None

    def is_broken_for(self, row: Waiting) -> bool:
        """Whether it counts as away, as far as `row` is concerned."""
        return self.failures >= BROKEN and self.address in {None, row.address}

    def after(self, row: Waiting, result: Result, now_ms: int) -> Line:
        """After one more attempt; who refuses is there."""
        if not isinstance(result, Retry):
            return Line()
        same = not self.failures or self.address == row.address
        return Line(self.failures + 1, now_ms, row.address if same else None)


class Turn(NamedTuple):
    """What to try now; without, how long nothing is due, ms (None: until it is woken)."""

    row: Waiting | None
    wait_ms: int | None = None


def turn_of(rows: Sequence[Waiting], line: Line, now_ms: int) -> Turn:
    """Whose turn it is among the waiting `rows` of one destination, in the order to tell them.

    Addresses of one destination do not wait for each other.
    """
    heads: dict[tuple[str, str], Waiting] = {}
    for row in rows:
        heads.setdefault((row.address, row.incident_id), row)
    first: dict[str, Waiting] = {}
    for row in heads.values():
        if not row.is_aside:
            first.setdefault(row.address, row)
    aside = sorted(
        (row for row in heads.values() if row.is_aside), key=lambda row: (row.tried_ms, row.seq)
    )
    waits = []
    for row in [*first.values(), *aside]:
        left_ms = _left_ms(row.due_ms(), row.tried_ms, now_ms)
        if line.is_broken_for(row):
            left_ms = max(left_ms, _left_ms(line.failed_ms + _PROBE_MS, line.failed_ms, now_ms))
        if left_ms <= 0:
            return Turn(row)
        waits.append(left_ms)
    return Turn(None, min(waits, default=None))


def _left_ms(due_ms: int, from_ms: int, now_ms: int) -> int:
    """Time until `due_ms`; none where the clock has been put back to before it began to count."""
    return 0 if now_ms < from_ms else due_ms - now_ms


class Settled(NamedTuple):
    """How a row stands after an attempt; `fallback` is who is to hear of it now in its stead."""

    state: Literal["waiting", "delivered", "dead"]
    detail: str
    rest_s: float = 0.0
    fallback: str = ""


def settled(row: Waiting, result: Result, destination: Destination, now_ms: int) -> Settled:
    """What becomes of `row` after `result`.

    Time alone ends nothing, only a failed attempt does: what waited through an outage of our own
    is tried at least once.
    """
    fallback = "" if row.has_fallen_back else destination.fallback
    match result:
        case Delivered(detail):
            return Settled("delivered", detail)
        case Refused(detail):
            return Settled("dead", detail, fallback=fallback)
        case Retry(detail, after_s):
            age_s = (now_ms - row.since_ms) / 1000
            if age_s >= destination.keep_s:
                return Settled("dead", detail, fallback=fallback)
            late = fallback if age_s >= destination.deadline_s else ""
            return Settled("waiting", detail, after_s, late)
