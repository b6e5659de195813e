"""Notices as the outbox hands them out."""

from __future__ import annotations

from alerts.channels.channel import Notice
from alerts.ledger import Entry
from alerts.outbox.delivery import delivery_id
from alerts.outbox.destination import Destination
from alerts.sqlite_ledger import SqliteLedger
from tests.unit.alerts.reports import report, said

DESK = Destination("desk", "county", language="en")


def entry(level: str = "red") -> Entry:
    """A vehicle left its place."""
    return SqliteLedger(":memory:").receive([report(level=level)], 1_700_000_000_000)[0]


def seen(plate: str = "湘H·12345", vehicle: str = "v") -> Entry:
    """A plate was seen where its tracker is not."""
    told = {"level": "red", "plate": plate, "apart_m": 900.0, "camera": "c1"}
    one = said("plate_elsewhere", told, vehicle=vehicle)
    return SqliteLedger(":memory:").receive([one], 1_700_000_000_000)[0]


def notice(of: Entry | None = None, to: Destination = DESK, address: str = "") -> Notice:
    of = of or entry()
    id_ = delivery_id(of.incident.id, of.seq, to.name, address)
    return Notice(id_, of, to, address)
