"""What may enter: registered terminals, with clocks that can be meant."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ingest.dialects import Decoded
from ingest.fix import FixBatch
from ingest.message import Message
from ingest.registry import Registry
from ingest.reject import Reject, RejectReason
from ingest.settings import IngestSettings


class Admission:
    """From decoded rows (by terminal) to admitted ones (by vehicle).

    Without a registry the terminal's own name is the vehicle's.
    """

    def __init__(self, settings: IngestSettings, registry: Registry | None) -> None:
        self._vehicle_of = registry.vehicle_of if registry else None
        self._ahead_ms = int(settings.future_tolerance_s * 1000)
        self._gateways = frozenset(settings.gateways)
        self._age_ms = int(settings.max_age_days * 86_400_000)

    def admit(self, decoded: Decoded, messages: Sequence[Message]) -> tuple[FixBatch, list[Reject]]:
        """The fixes that may enter, in their order, and why the others may not."""
        fixes = decoded.fixes
        if not len(fixes):
            return fixes, []
        late_ms = fixes.received_ms - fixes.t_ms
        wrong_clock = (late_ms < -self._ahead_ms) | (late_ms > self._age_ms)
        if self._vehicle_of is None:
            unknown = np.zeros(len(fixes), np.bool_)
            ids = fixes.ids
        else:
            registered = np.array([i in self._vehicle_of for i in fixes.ids], np.bool_)
            unknown = ~registered[fixes.vehicle]
            ids = tuple(self._vehicle_of.get(i, i) for i in fixes.ids)
        unheard = self._unheard(decoded)
        refused = unknown | wrong_clock | unheard
        rejects = []
        for row in np.flatnonzero(refused):
            message = messages[decoded.source[row]]
            terminal = fixes.ids[fixes.vehicle[row]]
            if unheard[row]:
                speaker = decoded.speakers[int(decoded.source[row])].name
                reason = RejectReason.IDENTITY_MISMATCH
                detail = f"{speaker} speaks for {terminal} and is none of ingest.gateways"
            elif unknown[row]:
                reason, detail = RejectReason.UNREGISTERED, f"no such terminal: {terminal}"
            else:
                hours = -late_ms[row] / 3_600_000
                reason = RejectReason.CLOCK_OFF
                detail = f"t is {hours:+.1f} h from its arrival"
            rejects.append(
                Reject(
                    reason=reason,
                    detail=detail,
                    topic=message.topic,
                    payload=message.payload,
                    received_ms=message.received_ms,
                    terminal=terminal,
                    seq=int(fixes.seq[row]),
                )
            )
        if not rejects:
            return (fixes if ids is fixes.ids else _renamed(fixes, ids)), rejects
        return _renamed(fixes.take(~refused), ids), rejects

    def _unheard(self, decoded: Decoded) -> NDArray[np.bool_]:
        """Rows in which somebody speaks for another terminal than itself and may not, bool[n]."""
        fixes = decoded.fixes
        bound = {n: s.name for n, s in decoded.speakers.items() if s.name not in self._gateways}
        if not bound:
            return np.zeros(len(fixes), np.bool_)
        codes = {name: code for code, name in enumerate(fixes.ids)}
        nobody, anybody = -1, -2
        may = np.full(int(decoded.source.max()) + 1, anybody, np.int32)
        for n, name in bound.items():
            if n < len(may):
                may[n] = codes.get(name, nobody)
        allowed = may[decoded.source]
        unheard: NDArray[np.bool_] = (allowed != anybody) & (allowed != fixes.vehicle)
        return unheard


def _renamed(fixes: FixBatch, ids: tuple[str, ...]) -> FixBatch:
    """The same fixes under other ids; two terminals of one vehicle become one id.

    An id that no fix carries is left out, or a refused terminal would become a vehicle after all.
    """
    used = np.zeros(len(ids), np.bool_)
    used[fixes.vehicle] = True
    kept = (vehicle for vehicle, carried in zip(ids, used.tolist(), strict=True) if carried)
    code = {vehicle: n for n, vehicle in enumerate(dict.fromkeys(kept))}
    translate = np.array([code.get(i, -1) for i in ids], np.int32)
    return FixBatch(
        ids=tuple(code),
        vehicle=translate[fixes.vehicle],
        t_ms=fixes.t_ms,
        received_ms=fixes.received_ms,
        lon=fixes.lon,
        lat=fixes.lat,
        speed_mps=fixes.speed_mps,
        heading_deg=fixes.heading_deg,
        accuracy_m=fixes.accuracy_m,
        altitude_m=fixes.altitude_m,
        flags=fixes.flags,
        alarms=fixes.alarms,
        seq=fixes.seq,
    )
