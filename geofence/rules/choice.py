"""Which zones and which vehicles a rule is about."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from geofence.rules.model import VehicleChoice, ZoneChoice, ZoneRule
from geofence.rules.sweep.bits import packed, words
from geofence.zone import Zone

_AT_ONCE = 65_536  # ids held as texts
Bool = NDArray[np.bool_]
Int32 = NDArray[np.int32]
UInt64 = NDArray[np.uint64]


def tags_of(zone: Zone) -> tuple[str, ...]:
    """A zone's tags: `properties.tags` (a list of texts) and `properties.tag` (one text)."""
    tags, tag = zone.properties.get("tags"), zone.properties.get("tag")
    many = [t for t in tags if isinstance(t, str)] if isinstance(tags, list | tuple) else []
    return (*many, *(t for t in (tags, tag) if isinstance(t, str)))


class Tagged:
    """Zones by id and tag, for many rules to choose from."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._n = len(zones)
        by_tag: dict[str, list[int]] = {}
        by_id: dict[str, list[int]] = {}
        for position, zone in enumerate(zones):
            by_id.setdefault(zone.id, []).append(position)
            for tag in tags_of(zone):
                by_tag.setdefault(tag, []).append(position)
        self._by_tag = {tag: np.array(held, np.int64) for tag, held in by_tag.items()}
        self._by_id = {own: np.array(held, np.int64) for own, held in by_id.items()}

    def chosen(self, choice: ZoneChoice) -> Bool:
        """Which zones a choice means, bool[zones]."""
        out = np.full(self._n, choice.every or (bool(choice.all) and not choice.any), np.bool_)
        for tag in choice.any:
            out[self._by_tag.get(tag, [])] = True
        for tag in choice.all:
            held = np.zeros(self._n, np.bool_)
            held[self._by_tag.get(tag, [])] = True
            out &= held
        for own in choice.ids:
            out[self._by_id.get(own, [])] = True
        for name in choice.none:
            out[self._by_tag.get(name, [])] = False
            out[self._by_id.get(name, [])] = False
        return out


def _is_meant(choice: VehicleChoice, vehicle: str, groups: Collection[str]) -> bool:
    if vehicle in choice.exempt or any(group in groups for group in choice.exempt):
        return False
    if vehicle in choice.ids:
        return True
    if not (choice.any or choice.all):
        return choice.every or not choice.ids
    return (not choice.any or any(group in groups for group in choice.any)) and all(
        group in groups for group in choice.all
    )


class VehicleClasses:
    """Vehicles that the same rules are about are one class.

    * `of_row` int32[n]: the class of each vehicle row heard of.
    * `bits` uint64[classes, words]: the rules that are about a class.
    """

    def __init__(self, rules: Sequence[ZoneRule], groups: Mapping[str, Collection[str]]) -> None:
        self._rules, self._groups = rules, groups
        choices = [rule.vehicles for rule in rules]
        self._named = {g for c in choices for g in (*c.any, *c.all, *c.exempt)}
        self._ids = {i for c in choices for i in (*c.ids, *c.exempt)}
        self._class: dict[tuple[frozenset[str], str | None], int] = {}
        self._room = np.zeros(1024, np.int32)
        self._rows = 0
        self.bits: UInt64 = np.zeros((0, words(len(rules))), np.uint64)

    @property
    def of_row(self) -> Int32:
        """The class of each row."""
        return self._room[: self._rows]

    def extend(self, ids: Sequence[str]) -> None:
        """Give a class to the rows of `ids` that have none yet; `ids` name all rows, in order."""
        if len(ids) > len(self._room):
            room = np.zeros(max(len(ids), 2 * len(self._room)), np.int32)
            room[: self._rows] = self.of_row
            self._room = room
        first, self._rows = self._rows, max(self._rows, len(ids))
        fresh: list[list[bool]] = []
        for begin in range(first, len(ids), _AT_ONCE):
            some = ids[begin : min(begin + _AT_ONCE, len(ids))]
            # most vehicles are in no group that a rule names, and named by none
            self._room[begin : begin + len(some)] = self._class_of("", fresh)
            for row, vehicle in enumerate(some, begin):
                if vehicle in self._groups or vehicle in self._ids:
                    self._room[row] = self._class_of(vehicle, fresh)
        if fresh:
            members = np.array(fresh, np.bool_).reshape(len(fresh), len(self._rules))
            self.bits = np.concatenate([self.bits, packed(members)])

    def _class_of(self, vehicle: str, fresh: list[list[bool]]) -> int:
        """The class of a vehicle ("" of one that nobody names); what is about a new one, too."""
        held = frozenset(self._groups.get(vehicle, ())) & self._named
        key = (held, vehicle if vehicle in self._ids else None)
        if key not in self._class:
            self._class[key] = len(self._class)
            fresh.append([_is_meant(r.vehicles, vehicle, held) for r in self._rules])
        return self._class[key]
