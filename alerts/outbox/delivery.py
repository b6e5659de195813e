"""Which destinations hear of an event.  Pure; the ledger calls it where it files the event."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

from alerts.incident import Incident
from alerts.ledger import Entry
from alerts.level import Level
from alerts.outbox.destination import KINDS, Destination
from alerts.outbox.silence import Silence

Held = Literal["", "quiet_hours", "silenced"]
"""Why something is not told, though its destination hears of such; empty for what is told."""

Concerns = Callable[[Destination, Incident], bool]
"""Whether an incident lies where a destination is in charge."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event for one destination, and there for one `address`: a unit, or the owner of a vehicle.

    It is `urgent` while the incident is red.  `id` is the same whenever it is worked out, so a
    receiver can tell that it has it already.
    """

    id: str
    seq: int
    incident_id: str
    destination: str
    address: str = ""
    held: Held = ""
    urgent: bool = False


def everywhere(_destination: Destination, _incident: Incident) -> bool:
    """Every destination is in charge of every place."""
    return True


def delivery_id(incident_id: str, seq: int, destination: str, address: str = "") -> str:
    """The id of an event for a destination: 24 hexadecimal digits behind `d-`, from all four."""
    told = "\n".join((incident_id, str(seq), destination, address))
    return "d-" + blake2b(told.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def deliveries_of(
    entry: Entry,
    destinations: Sequence[Destination],
    silences: Sequence[Silence] = (),
    *,
    before: Incident | None = None,
    concerns: Concerns = everywhere,
) -> list[Delivery]:
    """Whom the event of `entry` goes to, in the order of `destinations`; what is held says why.

    A destination hears of an incident that has ever reached the level it hears from: who was told
    of a red one has to hear that it is blue again, or closed.  `before` is the incident as it stood
    before the event: a unit that it was taken from hears of that.
    """
    incident = entry.incident
    peak = max(rise.level for rise in incident.history)
    return [
        Delivery(
            delivery_id(incident.id, entry.seq, one.name, address),
            entry.seq,
            incident.id,
            one.name,
            address,
            held_by(one, entry, silences),
            urgent=incident.level is Level.RED,
        )
        for one in destinations
        if entry.event.kind in KINDS[one.role]
        and peak >= one.hears_from
        and concerns(one, incident)
        for address in _addresses(one, incident, before)
    ]


def held_by(destination: Destination, entry: Entry, silences: Sequence[Silence]) -> Held:
    """Why `destination` is spared the event of `entry`; red spares nobody."""
    incident, at_ms = entry.incident, entry.event.at_ms
    if incident.level is Level.RED:
        return ""
    if destination.quiet is not None and destination.quiet.holds(at_ms):
        return "quiet_hours"
    if any(silence.covers(destination.name, incident, at_ms) for silence in silences):
        return "silenced"
    return ""


def _addresses(
    destination: Destination, incident: Incident, before: Incident | None
) -> Iterator[str]:
    if destination.role == "owner":
        yield from incident.vehicles
    elif destination.role == "unit":
        had = before.course.party if before is not None and before.is_open else ""
        yield from dict.fromkeys(party for party in (incident.course.party, had) if party)
    else:
        yield ""
