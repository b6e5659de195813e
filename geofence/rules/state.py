"""What rules remember between batches: arrays, written down to the same bytes, carried over edits.

Rows are the vehicles' rows of whoever calls; zones and rules are held by position and named by id
where they are written down or carried over.
"""

from __future__ import annotations

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

    def make_more_room(self) -> Held:
        """Twice the room for all that grows with what happens; the arrays as they are now."""
        held, least = self.held, 64 + 4 * len(self.compiled.rule_ids)
        latches = np.zeros(_size(max(len(held.latches) // 2, 2 * least)), LATCH)
        self.held = held._replace(
            stays=_wider(held.stays, least),
            dues=_wider(held.dues, least),
            latches=laid_out(held.latches[held.latches["used"] == 1], latches),
            alerts=_wider(held.alerts, least),
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
        used = latches[latches["used"] == 1]
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
            if (parts["schema"], parts["version"]) != ("rule_state", VERSION):
                raise ValueError("another schema or version")
            records = [
                np.frombuffer(parts[name], dtype).copy()
                for name, dtype in (
                    ("vehicles", VEHICLE), ("stay_vehicle", np.int64), ("stays", STAY),
                    ("latches", LATCH), ("from_ms", np.int64),
                )
            ]  # fmt: skip
        except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
            msg = f"not a rule state of version {VERSION}: {error}"
            raise ValueError(msg) from error
        state = cls(compiled)
        state.held.counts[list(_KEPT)] = parts["counts"]
        state._take(*records, parts["rules"], parts["conditions"], parts["zones"])
        return state

    def rebased(self, new: CompiledRules, inside: Inside | None = None) -> Self:
        """The same state for another book or other zones; nothing is lost or told twice.

        Rules and zones are the same when their ids are.  Cool-downs, states that have been raised
        and stays that are under way go on; a rule that is new, or demands something else than
        before, counts from the newest event time on and finds the vehicles where they are.  Who
        was in a zone that is gone is in it no more, silently.  `inside`: who is in which of the new
        `watched` zones, for zones that were added or drawn anew (`Presence.rebased`).
        """
        vehicle, stays = self.stays()
        state = type(self)(new)
        state.held.counts[list(_KEPT)] = self.held.counts[list(_KEPT)]
        old = self.compiled
        records = (
            self.held.vehicles[: self.rows].copy(),
            vehicle,
            stays,
            self.latches(),
            self.held.from_ms,
        )
        state._take(*records, old.rule_ids, old.conditions, old.zone_keys, inside)
        return state

    def _take(
        self,
        vehicles: Records,
        stay_vehicle: Int64,
        stays: Records,
        latches: Records,
        from_ms: Int64,
        rules: Any,
        conditions: Any,
        zones: Any,
        inside: Inside | None = None,
    ) -> None:
        """Fill this fresh state from records that name rules and zones by other positions."""
        new = self.compiled
        position = {own: n for n, own in enumerate(new.rule_ids)}
        rule_to = np.array([position.get(own, -1) for own in rules] or [-1], np.int32)
        was = {own: n for n, own in enumerate(rules)}
        for n, (own, condition) in enumerate(zip(new.rule_ids, new.conditions, strict=True)):
            before = was.get(own, -1)
            same = before >= 0 and conditions[before] == condition
            self.held.from_ms[n] = from_ms[before] if same else self.clock_ms
        places = {key: n for n, key in enumerate(new.zone_keys)}
        zone_to = np.array([places.get(key, -1) for key in zones] or [-1], np.int32)
        stays["zone"] = zone_to[stays["zone"]]
        kept = stays["zone"] >= 0
        stay_vehicle, stays = stay_vehicle[kept], stays[kept]
        if inside is not None:
            stay_vehicle, stays = _joined(stay_vehicle, stays, inside, self.clock_ms)
        latches["rule"] = rule_to[latches["rule"]]
        noted = latches["zone"] >= 0
        latches["zone"][noted] = np.where((moved := zone_to[latches["zone"][noted]]) < 0, -2, moved)
        latches = latches[(latches["rule"] >= 0) & (latches["zone"] >= -1)]
        order = np.lexsort((stays["zone"], stay_vehicle))
        count = np.bincount(stay_vehicle, minlength=len(vehicles))
        vehicles["count"] = vehicles["room"] = count
        vehicles["at"] = np.cumsum(count) - count
        table = laid_out(latches, np.zeros(_size(len(latches)), LATCH))
        self.rows = len(vehicles)
        self.held.counts[Count.STAYS] = len(stays)
        self.held.counts[Count.LATCHES] = len(latches)
        room = np.zeros(max(64, len(stays)), STAY)
        room[: len(stays)] = stays[order]
        self.held = self.held._replace(vehicles=vehicles, stays=room, latches=table)


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


def _wider(records: Records, least: int) -> Records:
    out = np.zeros(max(least, 2 * len(records)), records.dtype)
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
