"""What is carried, and the port that every channel is behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from alerts.ledger import Entry
from alerts.outbox.destination import Destination
from alerts.outbox.result import Result


@dataclass(frozen=True, slots=True)
class Notice:
    """An event on its way to `destination`, there to `address` (a unit or a vehicle; maybe empty).

    `id` stays the same over attempts: a receiver that knows it has the notice already.
    `instead_of` is the destination that has not taken it.
    """

    id: str
    entry: Entry
    destination: Destination
    address: str = ""
    instead_of: str = ""
    attempt: int = 1


class Channel(Protocol):
    """One way to speak to a destination.  Called by one thread at a time."""

    def deliver(self, notice: Notice) -> Result:
        """Carry it, and return within some seconds what became of it.

        What goes wrong on the way is a `Retry`; only bugs raise.
        """
        ...

    def disconnect(self) -> None:
        """Let go of connections."""
        ...
