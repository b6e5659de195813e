"""What changed between two sets of zones, zone by zone, held together by their ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from geofence.rules.choice import tags_of
from geofence.shape import apart_m, outline, shapes
from geofence.zone import Zone

T = TypeVar("T")

SAME_M = 0.01
"""Outlines as near as this are the same: what converting to a datum and back may leave."""


@dataclass(frozen=True)
class ZoneChange:
    """One zone that differs.

    * `what`: "added", "removed", or "changed".
    * `redrawn_m`: by how much the outline moved, at most, in metres; None when it is the same.
    * `tags`, `name`: before and after, None when they are the same.
    """

    zone: str
    what: str
    redrawn_m: float | None = None
    tags: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    name: tuple[str, str] | None = None


def changes(old: Sequence[Zone], new: Sequence[Zone]) -> list[ZoneChange]:
    """What differs, sorted by what and id; refused zones count as not there."""
    was, now = ({z.id: z for z in zones if z.geometry is not None} for zones in (old, new))
    out = [ZoneChange(id_, "added") for id_ in sorted(now.keys() - was.keys())]
    out += [ZoneChange(id_, "removed") for id_ in sorted(was.keys() - now.keys())]
    both = sorted(was.keys() & now.keys())
    before, after = ([held[id_] for id_ in both] for held in (was, now))
    drawn = (shapes(before) != shapes(after)).tolist()
    for a, b, redrawn in zip(before, after, drawn, strict=True):
        change = ZoneChange(
            zone=a.id,
            what="changed",
            redrawn_m=_moved_m(a, b) if redrawn else None,
            tags=_pair(tuple(sorted(set(tags_of(a)))), tuple(sorted(set(tags_of(b))))),
            name=_pair(a.name, b.name),
        )
        if (change.redrawn_m, change.tags, change.name) != (None, None, None):
            out.append(change)
    return out


def _pair(old: T, new: T) -> tuple[T, T] | None:
    return None if old == new else (old, new)


def _moved_m(old: Zone, new: Zone) -> float | None:
    one, other = outline(old), outline(new)
    assert one is not None and other is not None  # noqa: S101, PT018 - refused ones are not here
    apart = apart_m(one, other)
    return apart if apart > SAME_M or old.kind is not new.kind else None
