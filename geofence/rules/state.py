"""What rules remember between batches: arrays, written down to the same bytes, carried over edits.

Rows are the vehicles' rows of whoever calls; zones and rules are held by position and named by id
where they are written down or carried over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from geofence.rules.compile import CompiledRules
from geofence.rules.sweep.held import ALERT, DUE, LATCH, STAY, VEHICLE, Count, Held
from geofence.rules.sweep.latch import laid_out, packed_latches

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Records = NDArray[np.void]

VERSION = 1
_KEPT = (Count.CLOCK, Count.CHECKED)


class Inside(NamedTuple):
    """Who is in which zone, as `geofence.Presence.inside()` says it, and since when (ms)."""

    vehicle: Int64
    zone: Int32
    since_ms: Int64


class _Kept(NamedTuple):
    """A state whose rules and zones are named by positions in `rules` and `zones`."""

    vehicles: Records
    stay_vehicle: Int64
    stays: Records
    latches: Records
    from_ms: Int64
    rules: Sequence[str]
    conditions: Sequence[str]
    zones: Sequence[str]


class RuleState:
    """Everything that rules remember of a fleet of `rows` vehicles, for the book `compiled`."""

    def __init__(self, compiled: CompiledRules) -> None:
        self.compiled = compiled
        self.held = _empty(len(compiled.rule_ids))
        self.rows = 0

    @property
    def clock_ms(self) -> int:
        """Newest event time of any live fix, ms; 0 before the first."""
        return int(self.held.counts[Count.CLOCK])

    def make_room(self, rows: int) -> None:
        """Have rows for `rows` vehicles."""
        have = len(self.held.vehicles)
        self.rows = max(self.rows, rows)
        if rows > have:
            vehicles = np.zeros(max(rows, 2 * have), VEHICLE)
            vehicles["limit"] = np.inf
            vehicles[:have] = self.held.vehicles
            self.held = self.held._replace(vehicles=vehicles)

    def forget(self, rows: Int64) -> None:
        """Remember nothing of where the vehicles of `rows` are: no rule is about them (any more).

        One that a later book is about is found where it is then.  What was raised stays raised, and
        cool-downs go on.
        """
        own = self.held.vehicles
        for name in ("fix_ms", "lon", "lat", "count", "over", "stale", "known"):
            own[name][rows] = 0
        own["limit"][rows] = np.inf

    def make_more_room(self) -> Held:
        """Room for what the kernel wanted, and as much again; the arrays as they are now."""
        held, wanted = self.held, int(self.held.counts[Count.WANTED])
        latches = held.latches
        if 2 * (held.counts[Count.LATCHES] + 2 * wanted) > len(latches):
            used = latches[latches["used"] == 1]
            latches = laid_out(used, np.zeros(_size(len(used) + 2 * wanted), LATCH))
        self.held = held._replace(
            stays=_wider(held.stays, held.counts[Count.STAYS] + wanted),
            dues=_wider(held.dues, held.counts[Count.DUES] + wanted),
            latches=latches,
            alerts=_wider(held.alerts, held.counts[Count.ALERTS] + wanted),
        )
        return self.held

    def stays(self) -> tuple[Int64, Records]:
        """Who is where: rows int64[k] and `STAY`[k], by row, then zone."""
        own = self.held.vehicles
        count = own["count"].astype(np.int64)
        vehicle = np.repeat(np.arange(len(own)), count)
        nth = np.arange(len(vehicle)) - np.repeat(np.cumsum(count) - count, count)
        stays = self.held.stays[own["at"][vehicle] + nth]
        order = np.lexsort((stays["zone"], vehicle))
        return vehicle[order], stays[order]

    def latches(self) -> Records:
        """What still says something, `LATCH`[k] by rule, vehicle and zone."""
        latches, left = packed_latches(self.held, self._cool_ms())
        self.held.counts[Count.LATCHES] = left
        self.held = self.held._replace(latches=latches)
        used: Records = latches[latches["used"] == 1]
        return used[np.lexsort((used["zone"], used["vehicle"], used["rule"]))]

    def _cool_ms(self) -> Int64:
        return np.array(
            [round(1000 * rule.cool_down_s) for rule in self.compiled.book.rules], np.int64
        )

    def snapshot(self) -> bytes:
        """The state as bytes; equal states give equal bytes, however they came about."""
        vehicle, stays = self.stays()
        latches = self.latches()
        zones, stay_zone = np.unique(stays["zone"], return_inverse=True)
        keys = self.compiled.zone_keys
        stays["zone"] = stay_zone
        noted = latches["zone"] >= 0
        latches["zone"][noted] = np.searchsorted(zones, latches["zone"][noted])
        own = self.held.vehicles[: self.rows].copy()
        for name in ("at", "count", "room", "limit"):
            own[name] = 0
        parts: dict[str, Any] = {
            "schema": "rule_state",
            "version": VERSION,
            "counts": [int(self.held.counts[count]) for count in _KEPT],
            "rules": list(self.compiled.rule_ids),
            "conditions": list(self.compiled.conditions),
            "zones": [keys[zone] for zone in zones],
            "from_ms": self.held.from_ms.tobytes(),
            "vehicles": own.tobytes(),
            "stay_vehicle": vehicle.astype(np.int64).tobytes(),
            "stays": stays.tobytes(),
            "latches": latches.tobytes(),
        }
        return msgspec.msgpack.encode(parts)

    @classmethod
    def restore(cls, data: bytes, compiled: CompiledRules) -> Self:
        """The state that a snapshot holds, for `compiled`, which may be another book since.

        Raises `ValueError` when the bytes are no snapshot of this version.
        """
        try:
            parts = msgspec.msgpack.decode(data)
            known = (parts["schema"], parts["version"]) == ("rule_state", VERSION)
            kept = _Kept(
                vehicles=np.frombuffer(parts["vehicles"], VEHICLE).copy(),
                stay_vehicle=np.frombuffer(parts["stay_vehicle"], np.int64).copy(),
                stays=np.frombuffer(parts["stays"], STAY).copy(),
                latches=np.frombuffer(parts["latches"], LATCH).copy(),
                from_ms=np.frombuffer(parts["from_ms"], np.int64).copy(),
                rules=parts["rules"],
                conditions=parts["conditions"],
                zones=parts["zones"],
            )
            counts = parts["counts"]
        except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
            msg = f"not a rule state of version {VERSION}: {error}"
            raise ValueError(msg) from error
        if not known:
            msg = f"not a rule state of version {VERSION}, but of another"
            raise ValueError(msg)
        return cls._from(kept, counts, compiled)

    def rebased(self, new: CompiledRules, inside: Inside | None = None) -> Self:
        """The same state for another book or other zones; nothing is lost or told twice.

        Rules and zones are the same when their ids are.  Cool-downs, states that have been raised
        and stays that are under way go on; a rule that is new, or demands something else than
        before, counts from the newest event time on and finds the vehicles where they are.  Who
        was in a zone that is gone is in it no more, silently.  `inside`: who is in which of the new
        `watched` zones, for zones that were added or drawn anew (`Presence.rebased`).
        """
        vehicle, stays = self.stays()
        old = self.compiled
        kept = _Kept(
            vehicles=self.held.vehicles[: self.rows].copy(),
            stay_vehicle=vehicle,
            stays=stays,
            latches=self.latches(),
            from_ms=self.held.from_ms,
            rules=old.rule_ids,
            conditions=old.conditions,
            zones=old.zone_keys,
        )
        counts = [int(self.held.counts[count]) for count in _KEPT]
        return self._from(kept, counts, new, inside)

    @classmethod
    def _from(
        cls,
        kept: _Kept,
        counts: Sequence[int],
        new: CompiledRules,
        inside: Inside | None = None,
    ) -> Self:
        """The state `kept`, with its rules and zones where `new` has them."""
        state = cls(new)
        state.held.counts[list(_KEPT)] = counts
        was = {own: n for n, own in enumerate(kept.rules)}
        for n, (own, condition) in enumerate(zip(new.rule_ids, new.conditions, strict=True)):
            before = was.get(own, -1)
            same = before >= 0 and kept.conditions[before] == condition
            state.held.from_ms[n] = kept.from_ms[before] if same else state.clock_ms
        zone_to = _positions(kept.zones, new.zone_keys)
        stay_vehicle, stays = kept.stay_vehicle, kept.stays
        stays["zone"] = zone_to[stays["zone"]]
        stay_vehicle, stays = stay_vehicle[stays["zone"] >= 0], stays[stays["zone"] >= 0]
        if inside is not None:
            stay_vehicle, stays = _joined(stay_vehicle, stays, inside, state.clock_ms)
        latches = kept.latches
        latches["rule"] = _positions(kept.rules, new.rule_ids)[latches["rule"]]
        of_stay = latches["zone"] >= 0
        latches["zone"][of_stay] = zone_to[latches["zone"][of_stay]]
        gone = (latches["rule"] < 0) | (of_stay & (latches["zone"] < 0))
        state._fill(kept.vehicles, stay_vehicle, stays, latches[~gone])
        return state

    def _fill(
        self, vehicles: Records, stay_vehicle: Int64, stays: Records, latches: Records
    ) -> None:
        count = np.bincount(stay_vehicle, minlength=len(vehicles))
        vehicles["count"] = vehicles["room"] = count
        vehicles["at"] = np.cumsum(count) - count
        room = np.zeros(max(64, len(stays)), STAY)
        room[: len(stays)] = stays[np.lexsort((stays["zone"], stay_vehicle))]
        table = laid_out(latches, np.zeros(_size(len(latches)), LATCH))
        self.rows = len(vehicles)
        self.held.counts[Count.STAYS] = len(stays)
        self.held.counts[Count.LATCHES] = len(latches)
        self.held = self.held._replace(vehicles=vehicles, stays=room, latches=table)


def _positions(names: Sequence[str], among: Sequence[str]) -> Int32:
    """Where each of `names` stands `among` others, -1 where it does not; int32, never empty."""
    held = {name: n for n, name in enumerate(among)}
    return np.array([held.get(name, -1) for name in names] or [-1], np.int32)


def _joined(
    stay_vehicle: Int64, stays: Records, inside: Inside, clock_ms: int
) -> tuple[Int64, Records]:
    """The stays that `inside` knows of; those that it alone knows count from now on."""
    span = int(max(stays["zone"].max(initial=0), inside.zone.max(initial=0))) + 1
    known = stay_vehicle * span + stays["zone"]
    wanted = inside.vehicle.astype(np.int64) * span + inside.zone
    out = np.zeros(len(wanted), STAY)
    out["zone"], out["since_ms"], out["live_ms"] = inside.zone, inside.since_ms, clock_ms
    _, old, here = np.intersect1d(known, wanted, return_indices=True)
    out[here] = stays[old]
    return inside.vehicle.astype(np.int64), out


def _wider(records: Records, wanted: int) -> Records:
    if wanted <= len(records):
        return records
    out = np.zeros(2 * wanted, records.dtype)
    out[: len(records)] = records
    return out


def _empty(rules: int) -> Held:
    return Held(
        vehicles=np.zeros(0, VEHICLE),
        stays=np.zeros(64, STAY),
        dues=np.zeros(64, DUE),
        latches=np.zeros(_size(0), LATCH),
        alerts=np.zeros(64, ALERT),
        from_ms=np.zeros(rules, np.int64),
        counts=np.zeros(len(Count), np.int64),
    )


def _size(latches: int) -> int:
    size = 64
    while size < 4 * latches:
        size *= 2
    return size
