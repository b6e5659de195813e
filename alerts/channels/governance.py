"""The integrated governance platform (综治一体化平台): reports, assignments, feedback, closing.

No national interface is public, so this is one of our own with the fields that such platforms have
(DOMAIN §8), signed as webhooks are.  What the platform does about an incident comes back as a
callback (`alerts.reply`).
"""

from __future__ import annotations

from typing import Final

import msgspec

from alerts.channels.bulletin import Json, paragraph, veil_of
from alerts.channels.channel import Notice
from alerts.channels.http import Poster
from alerts.event import State
from alerts.outbox.result import Result
from alerts.vocabulary import BECAUSE, Name
from alerts.words import sentence

STATES: Final = {
    State.REPORTED: Name("reported", "上报"),
    State.ACCEPTED: Name("accepted", "受理"),
    State.ASSIGNED: Name("assigned", "分派"),
    State.SIGNED: Name("signed", "签收"),
    State.HANDLING: Name("handling", "处置"),
    State.FEEDBACK: Name("feedback", "反馈"),
    State.CLOSED: Name("closed", "办结"),
    State.RATED: Name("rated", "评价"),
}
_CATEGORY: Final = Name("public security", "社会治安")
_SUBCATEGORY: Final = Name("vehicle theft", "车辆被盗")


def report_of(notice: Notice, source: str) -> Json:
    """The incident as the platform files it; `version` grows, an older one is to be ignored."""
    event, incident = notice.entry.event, notice.entry.incident
    language, veil = notice.destination.language, veil_of(notice)
    newest, goals = incident.reports[-1], incident.clock.goals if incident.clock else ()
    because = sorted({str(kind) for report in incident.reports for kind in report.kinds})
    return {
        "externalId": incident.id,
        "idempotencyKey": notice.id,
        "version": notice.entry.seq,
        "source": source,
        "event": event.kind,
        "time": event.at_ms / 1000,
        "occurred": incident.t_opened,
        "category": _CATEGORY.of(language),
        "subcategory": _SUBCATEGORY.of(language),
        "reporter": veil.over(event.actor),
        "description": paragraph(notice, language),
        "vehicle": incident.vehicle_id,
        "longitude": newest.lon,
        "latitude": newest.lat,
        "datum": "wgs84",
        "level": incident.level.label,
        "status": str(incident.state),
        "statusText": STATES[incident.state].of(language),
        "outcome": str(incident.outcome) if incident.outcome else None,
        "handler": incident.course.party,
        "supervised": incident.course.supervised,
        "reply": veil.over(event.reason) if event.kind in {"feedback", "closed"} else "",
        "evidence": [
            {
                "kind": report.kind,
                "time": report.t_detected,
                "text": veil.over(sentence(report, language)),
            }
            for report in incident.reports[-20:]
        ],
        "because": [BECAUSE[one].of(language) if one in BECAUSE else one for one in because],
        "deadline": min((goal.due_ms / 1000 for goal in goals), default=None),
        "exercise": incident.drill,
    }


class Governance:
    """A `Channel` to the platform's address."""

    def __init__(self, poster: Poster, source: str) -> None:
        self._poster = poster
        self._source = source

    def deliver(self, notice: Notice) -> Result:
        """Post it, and return what the platform said."""
        body = msgspec.json.encode(report_of(notice, self._source))
        return self._poster.post(notice.id, body, "application/json")

    def disconnect(self) -> None:
        """Let go of connections."""
        self._poster.disconnect()
