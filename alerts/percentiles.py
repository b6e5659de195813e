"""The 1-3-5 report: how long it took, as percentiles, and what these do not know.  Pure.

A time runs from the moment an incident was alerted (or its first unit was dispatched), in
processing time, as nobody can act on what nobody knows, to the moment it came to, in the time at
which that happened.  A percentile is the time of one of the incidents (nearest rank), never between
two, and stands beside their number.  What has no stamp is counted, not guessed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

from alerts.incident import Incident, Stamp
from alerts.step import Moment

Since = Literal["alerted", "dispatched"]
By = Literal["all", "platform", "place", "hour"]
SINCE: Final[tuple[Since, ...]] = get_args(Since)
BY: Final[tuple[By, ...]] = get_args(By)
MOMENTS: Final[tuple[Moment, ...]] = (
    "dispatched", "signed", "departed", "on_scene", "contained", "feedback", "closed",
)  # fmt: skip
NONE = "-"
"""The group of what belongs to no platform, place or hour."""
LATE_S = 60.0
"""A stamp that was told so long after what it is of rests on somebody's memory."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Times to one moment, of one group of incidents.

    * `count` have both stamps; `running` are open and have not come to it; `missing` came to their
      end without this stamp; `odd` have the second before the first, and no part in the times.
    * `p50_s`, `p90_s`, `p99_s` and `max_s` are None without a time.
    * Of the times, `by_tap`, `by_position` and `by_unsaid` say what stopped the clock, `told_late`
      how many were told more than `LATE_S` after.
    * `goals` had a deadline for this moment (told from `alerted` alone), `met` came to it in time.
    """

    moment: Moment
    since: Since
    by: By
    group: str
    count: int
    running: int
    missing: int
    odd: int
    p50_s: float | None
    p90_s: float | None
    p99_s: float | None
    max_s: float | None
    by_tap: int
    by_position: int
    by_unsaid: int
    told_late: int
    goals: int
    met: int


@dataclass(slots=True)
class _Gathered:
    """What a group came to so far."""

    times_s: list[float] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)

    def add(self, *names: str) -> None:
        for name in names:
            self.seen[name] = self.seen.get(name, 0) + 1


def report(
    incidents: Iterable[Incident],
    platform_of: Callable[[str], str | None] = lambda _: None,
    time_zone: str = "Asia/Shanghai",
    *,
    drills: bool = False,
) -> list[Figures]:
    """Figures of every moment, since each start, for all and by platform, place class and hour.

    `platform_of` gives the platform of the party that had an incident last.  Only incidents that
    were red count; drills count alone (`drills`) or not at all.
    """
    zone = ZoneInfo(time_zone)
    found: dict[tuple[Since, Moment, By, str], _Gathered] = {}
    for incident in incidents:
        alerted = incident.course.stamp("alerted")
        if alerted is None or incident.drill is not drills:
            continue
        groups = _groups(incident, alerted, platform_of, zone)
        for since in SINCE:
            for moment in MOMENTS:
                names, time_s = _look(incident, since, moment)
                for by, group in groups.items():
                    gathered = found.setdefault((since, moment, by, group), _Gathered())
                    gathered.add(*names)
                    if time_s is not None:
                        gathered.times_s.append(time_s)
    keys = [key for key in found if found[key].seen]
    keys.sort(
        key=lambda k: (SINCE.index(k[0]), MOMENTS.index(k[1]), BY.index(k[2]), k[3] == NONE, k[3])
    )
    return [_figures(key, found[key]) for key in keys]


def _groups(
    incident: Incident,
    alerted: Stamp,
    platform_of: Callable[[str], str | None],
    zone: ZoneInfo,
) -> Mapping[By, str]:
    party = incident.course.party
    return {
        "all": "all",
        "platform": (platform_of(party) if party else None) or NONE,
        "place": incident.clock.place if incident.clock else NONE,
        "hour": f"{datetime.fromtimestamp(alerted.at_ms / 1000, zone):%H}",
    }


def _look(incident: Incident, since: Since, moment: Moment) -> tuple[Sequence[str], float | None]:
    """What one incident says of one time: the counts it adds to, and the time if it has one."""
    course = incident.course
    start, end = course.stamp(since), course.stamp(moment)
    if start is None or moment == since:
        return (), None
    goals = [
        goal
        for goal in (incident.clock.goals if incident.clock and since == "alerted" else ())
        if goal.moment == moment
    ]
    said = ["goals"] if goals else []
    if end is None:
        return [*said, "running" if incident.is_open else "missing"], None
    time_s = end.t - start.at_ms / 1000
    if time_s < 0 or not math.isfinite(time_s):
        return [*said, "odd"], None
    if goals and end.t * 1000 <= max(goal.due_ms for goal in goals):
        said.append("met")
    said.append(f"by_{end.by}" if end.by in {"tap", "position"} else "by_unsaid")
    if end.at_ms / 1000 - end.t > LATE_S:
        said.append("told_late")
    return said, time_s


def _figures(key: tuple[Since, Moment, By, str], gathered: _Gathered) -> Figures:
    since, moment, by, group = key
    times = sorted(gathered.times_s)
    p50, p90, p99, most = (nearest_rank(times, share) for share in (0.5, 0.9, 0.99, 1.0))
    seen = {name: gathered.seen.get(name, 0) for name in _COUNTED}
    return Figures(
        moment, since, by, group, len(times), p50_s=p50, p90_s=p90, p99_s=p99, max_s=most, **seen
    )


_COUNTED = (
    "running", "missing", "odd", "by_tap", "by_position", "by_unsaid", "told_late", "goals", "met",
)  # fmt: skip


def nearest_rank(ordered: Sequence[float], share: float) -> float | None:
    """The least of `ordered` (ascending) that no less than `share` of them do not exceed."""
    if not ordered:
        return None
    # of 100 times 0.99 is 99, whatever the last digit of the product says
    rank = math.ceil(round(share * len(ordered), 9))
    return ordered[max(rank, 1) - 1]


def chosen(figures: Iterable[Figures], since: Since, by: By) -> Iterator[Figures]:
    """Those since one start and of one grouping, in order."""
    return (one for one in figures if one.since == since and one.by == by)
