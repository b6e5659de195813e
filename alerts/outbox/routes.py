"""Who is told under one set of settings: what the ledger asks when it files an event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alerts.incident import Incident
from alerts.ledger import Entry
from alerts.outbox.delivery import Concerns, Delivery, deliveries_of, everywhere
from alerts.outbox.destination import Destination
from alerts.outbox.silence import Silence


@dataclass(frozen=True, slots=True)
class Routes:
    """The destinations, and which incidents lie where one is in charge.

    `only_fallbacks` are those that hear in another's stead and of nothing else.
    """

    destinations: tuple[Destination, ...]
    concerns: Concerns = everywhere
    only_fallbacks: frozenset[str] = frozenset()

    def of(
        self, entry: Entry, before: Incident | None, silences: Sequence[Silence]
    ) -> list[Delivery]:
        """The deliveries of `entry`; `before` is the incident before its event."""
        named = [one for one in self.destinations if one.name not in self.only_fallbacks]
        return deliveries_of(entry, named, silences, before=before, concerns=self.concerns)
