"""Several vehicles of one place at once: thieves with a van, seen over the signals of the fleet.

Signals are few, so this is plain Python over them.  Where vehicles are spread over processes it has
to see the signals of all.
"""

from __future__ import annotations

from collections.abc import Iterable

from streams.departures import Departure, Departures
from streams.signal import Evidence, EvidenceValue, Signal, SignalKind

WITHIN_MS = 600_000
ENOUGH = 3
"""So many vehicles that left places near to each other within this time are several at once."""
_KEPT = 4096


def several_at_once(
    signals: Iterable[tuple[Signal, tuple[float, float]]], departures: Departures
) -> list[Signal]:
    """The signals that follow from those that tell of departures, each with its parking place.

    `departures` are those of late; it is brought up to date.  A vehicle whose key is on, that
    armed itself and says nothing of its key, or whose departures are too usual to open an incident,
    is no company.
    """
    out = []
    for signal, (lon, lat) in signals:
        if signal.kind is not SignalKind.LEFT_FENCE or "level" not in signal.evidence:
            continue
        said = signal.evidence.get("armed"), signal.evidence.get("ignition")
        if said[1] == "on" or said == ("by_itself", "unknown"):
            continue
        since_ms = signal.t_detected_ms - WITHIN_MS
        departures.forget(since_ms, _KEPT)
        own = Departure(signal.t_detected_ms, signal.vehicle_id, signal.episode_ms, lon, lat)
        departures.add(own)
        near = departures.near(own)
        together = sorted({departures[n].vehicle_id for n in near})
        if len(together) < ENOUGH:
            continue
        for n in near:
            if not departures[n].told:
                departures.tell(n)
                out.append(_signal(departures[n], together, signal))
    return out


def _signal(own: Departure, together: list[str], last: Signal) -> Signal:
    """That `own` did not leave alone; said by `last`, the newest departure."""
    evidence: dict[str, EvidenceValue] = {
        "kinds": Evidence.COMPANY.names(),
        "episode": own.episode_ms / 1000,
        "level": "red",
        "because": (Evidence.PLACE | Evidence.COMPANY).names(),
        "others": [vehicle for vehicle in together if vehicle != own.vehicle_id],
    }
    return Signal(
        vehicle_id=own.vehicle_id,
        kind=SignalKind.SEVERAL_AT_ONCE,
        episode_ms=own.episode_ms,
        t_ms=own.t_ms,
        t_detected_ms=last.t_detected_ms,
        lon=own.lon,
        lat=own.lat,
        strength=0.9,
        evidence=evidence,
        received_ms=last.received_ms,
    )
