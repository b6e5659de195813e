"""A rule book made ready for one zone set: who is meant by what, in arrays.

Immutable but for the calendar, which grows with time; compiled off the path of the fixes and put to
use between two batches (`geofence.rules.evaluate`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from geofence.rules.approach import Rings
from geofence.rules.book import RuleBook
from geofence.rules.choice import Tagged, VehicleClasses
from geofence.rules.model import When, ZoneRule
from geofence.rules.schedule import Calendar
from geofence.rules.sweep.bits import packed
from geofence.rules.sweep.held import KINDS
from geofence.zoneset import ZoneSet

Bool = NDArray[np.bool_]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Records = NDArray[np.void]
UInt64 = NDArray[np.uint64]

_CONDITION = ("zones", "vehicles", "when", "schedule", "dwell_s", "approach_m", "speed_kmh")


RULE = np.dtype(
    [("dwell_ms", "i8"), ("cool_ms", "i8"), ("near_m", "f8"), ("limit", "f4"), ("schedule", "i4")],
    align=True,
)
"""One rule: `limit` km/h (inf = none), `near_m` metres (NaN = none), `schedule` -1 = always."""

ZONE = np.dtype([("kind", "i4"), ("ring_of", "i4"), ("limit", "f4")], align=True)
"""One zone: `kind` a row of `zone_bits`; `ring_of` the zone that a ring is of, -1 for a zone
itself; `limit` the lowest speed limit of any rule there, km/h."""


class BookArrays(NamedTuple):
    """A compiled book for the kernel; r rules, w zones and rings, s schedules.

    * `rules` `RULE`[r], `zones` `ZONE`[w].
    * `zone_bits` uint64[kinds of zones, words]: the rules about zones of a kind.
    * `kind_bits` uint64[kinds of rules, words].
    * `switch_at` int64[s + 1], `switch_ms` int64[k], `known_ms`: the `Calendar`.
    * `settle_ms`: see `Timing.settle_s`.
    """

    rules: Records
    zones: Records
    zone_bits: UInt64
    kind_bits: UInt64
    switch_at: Int64
    switch_ms: Int64
    known_ms: int
    settle_ms: int


@dataclass(eq=False)
class CompiledRules:
    """A book over `zones`.

    * `watched`: the zones to watch for transitions: `zones`, and behind them the rings of rules
      about approaching; the same object when there are none.
    * `crossed` bool[w]: those of them for which jumps through must be looked for.
    * `zone_counts` int64[r]: how many zones each rule is about.
    * `groups`: the groups of each vehicle id.
    """

    book: RuleBook
    zones: ZoneSet
    watched: ZoneSet
    groups: Mapping[str, Collection[str]]
    zone_counts: Int64
    crossed: Bool
    _arrays: BookArrays = field(repr=False)
    _calendar: Calendar = field(repr=False)

    @classmethod
    def of(
        cls,
        book: RuleBook,
        zones: ZoneSet,
        groups: Mapping[str, Collection[str]] | None = None,
        rings: Rings | None = None,
    ) -> Self:
        """Compile `book` for `zones` and a fleet whose vehicles are in `groups` (id: names).

        `rings` around these zones may be handed in, so that several books watch the same zones;
        they have to be those of this book at least (`Rings.of`).
        """
        rings = Rings.of(zones, [book]) if rings is None else rings
        rules = book.rules
        tagged = Tagged(zones.zones)
        members = np.zeros((len(zones), len(rules)), np.bool_)
        ringed = np.zeros((len(rings.around), len(rules)), np.bool_)
        ring_at = {key: ring for ring, key in enumerate(rings.around)}
        for n, rule in enumerate(rules):
            members[:, n] = tagged.chosen(rule.zones)
            if rule.when is When.APPROACH and rule.enabled:
                for position in np.flatnonzero(members[:, n]).tolist():
                    ring = ring_at.get((position, rule.approach_m or 0.0), -1)
                    if ring >= 0:  # a refused zone has none
                        ringed[ring, n] = True
        counts = members.sum(axis=0).astype(np.int64)
        for n, rule in enumerate(rules):
            if not rule.enabled or rule.when is When.APPROACH:
                members[:, n] &= rule.enabled and rule.when is not When.APPROACH
        kinds = np.array([[r.when is kind for r in rules] for kind in KINDS], np.bool_)
        # a rule about no zone would be about vehicles outside of nothing
        kinds &= np.array([rule.enabled for rule in rules], np.bool_) & (counts > 0)
        ring_of = np.array([position for position, _ in rings.around], np.int32)
        crossing = members[:, kinds[KINDS.index(When.CROSS)]].any(axis=1)
        names = list(book.schedules())
        calendar = Calendar.nowhere(list(book.schedules().values()))
        return cls(
            book=book,
            zones=zones,
            watched=rings.zones,
            groups=groups or {},
            zone_counts=counts,
            crossed=np.concatenate([crossing, np.zeros(len(ring_of), np.bool_)]),
            _arrays=_arrays(book, np.concatenate([members, ringed]), kinds, ring_of, names),
            _calendar=calendar,
        )

    def arrays(self, begin_ms: int, end_ms: int) -> BookArrays:
        """The arrays for the kernel, good for event times from `begin_ms` to `end_ms`."""
        calendar = self._calendar.covering(begin_ms, end_ms)
        if calendar is not self._calendar:
            self._calendar = calendar
            self._arrays = self._arrays._replace(
                switch_at=calendar.at, switch_ms=calendar.switch_ms, known_ms=calendar.end_ms
            )
        return self._arrays

    def classes(self) -> VehicleClasses:
        """A fresh assignment of vehicles to classes."""
        return VehicleClasses(self.book.rules, self.groups)

    def is_about(self, bits: UInt64) -> Bool:
        """Whether any rule that counts is among each row of `bits` uint64[n, words], bool[n]."""
        counts: UInt64 = np.bitwise_or.reduce(self._arrays.kind_bits, axis=0)
        return np.asarray((bits & counts).any(axis=1))

    @cached_property
    def rule_ids(self) -> tuple[str, ...]:
        """The rules' ids, by position in the book."""
        return tuple(rule.id for rule in self.book.rules)

    @cached_property
    def conditions(self) -> tuple[str, ...]:
        """What each rule demands, digested: rules that differ in words or severity agree."""
        return tuple(_condition(self.book, rule) for rule in self.book.rules)

    @cached_property
    def zone_keys(self) -> tuple[str, ...]:
        """Ids of the zones and rings watched, by position."""
        return tuple(zone.id for zone in self.watched.zones)

    def matching_no_zone(self) -> list[ZoneRule]:
        """The rules that are on and about no zone of the set."""
        return [
            rule
            for rule, count in zip(self.book.rules, self.zone_counts, strict=True)
            if rule.enabled and not count
        ]


def _condition(book: RuleBook, rule: ZoneRule) -> str:
    text = rule.model_dump(mode="json", include=set(_CONDITION))
    if rule.schedule is not None:
        schedule = book.content.schedules[rule.schedule]
        held = [book.content.holidays[name].model_dump(mode="json") for name in schedule.holidays]
        text["schedule"] = [schedule.model_dump(mode="json"), held]
    text["enabled"] = rule.enabled
    return hashlib.sha256(json.dumps(text, sort_keys=True).encode()).hexdigest()[:16]


def _arrays(
    book: RuleBook, members: Bool, kinds: Bool, ring_of: Int32, names: list[str]
) -> BookArrays:
    rules = book.rules
    unique, kind = np.unique(packed(members), axis=0, return_inverse=True)
    held = np.zeros(len(rules), RULE)
    held["dwell_ms"] = [round(1000 * (rule.dwell_s or 0)) for rule in rules]
    held["cool_ms"] = [round(1000 * rule.cool_down_s) for rule in rules]
    held["near_m"] = [rule.approach_m or np.nan for rule in rules]
    held["limit"] = [rule.speed_kmh or np.inf for rule in rules]
    held["schedule"] = [-1 if r.schedule is None else names.index(r.schedule) for r in rules]
    about = np.unpackbits(unique.view(np.uint8), axis=1, bitorder="little")[:, : len(rules)]
    lowest = np.where(about.astype(np.bool_), held["limit"], np.inf).min(axis=1, initial=np.inf)
    zones = np.zeros(len(members), ZONE)
    zones["kind"] = kind.reshape(-1)
    zones["ring_of"] = -1
    zones["ring_of"][len(members) - len(ring_of) :] = ring_of
    zones["limit"] = lowest[zones["kind"]]
    return BookArrays(
        rules=held,
        zones=zones,
        zone_bits=np.ascontiguousarray(unique),
        kind_bits=packed(kinds.reshape(len(KINDS), len(rules))),
        switch_at=np.zeros(len(names) + 1, np.int64),
        switch_ms=np.empty(0, np.int64),
        known_ms=-1,
        settle_ms=round(1000 * book.content.timing.settle_s),
    )
