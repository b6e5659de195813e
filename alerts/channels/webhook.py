"""Any other system: CloudEvents 1.0 in structured JSON, by a signed POST.

A receiver de-duplicates on `source` and `id` (CloudEvents 1.0, section 3.1.1).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import msgspec

from alerts.channels.bulletin import Json, body_of
from alerts.channels.channel import Notice
from alerts.channels.http import Poster
from alerts.outbox.result import Result

MEDIA_TYPE: Final = "application/cloudevents+json"


def cloud_event(notice: Notice, source: str) -> Json:
    """The event as CloudEvents 1.0; `sequence` grows with each event of this store."""
    event = notice.entry.event
    return {
        "specversion": "1.0",
        "id": notice.id,
        "source": source,
        "type": f"vehicleguard.incident.{event.kind}.v1",
        "subject": event.incident_id,
        "time": datetime.fromtimestamp(event.at_ms / 1000, UTC).isoformat(timespec="milliseconds"),
        "datacontenttype": "application/json",
        "sequence": f"{notice.entry.seq:020d}",
        "data": body_of(notice),
    }


class Webhook:
    """A `Channel` to one address."""

    def __init__(self, poster: Poster, source: str) -> None:
        self._poster = poster
        self._source = source

    def deliver(self, notice: Notice) -> Result:
        """Post it, and return what the receiver said."""
        body = msgspec.json.encode(cloud_event(notice, self._source))
        return self._poster.post(notice.id, body, MEDIA_TYPE)

    def disconnect(self) -> None:
        """Let go of connections."""
        self._poster.disconnect()
