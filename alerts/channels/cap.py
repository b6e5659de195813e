"""The Common Alerting Protocol 1.2 (OASIS): an incident as an alert of restricted scope.

Elements stand in the order of the standard's schema.  A drill has the status `Exercise`, so that no
receiver takes it for true.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Final
from xml.etree import ElementTree as ET

from alerts.channels.bulletin import heading, paragraph
from alerts.channels.channel import Notice
from alerts.channels.http import Poster
from alerts.channels.xml import Element, document, put
from alerts.event import Outcome
from alerts.incident import Incident
from alerts.level import Level
from alerts.outbox.result import Result
from alerts.vocabulary import Name

MEDIA_TYPE: Final = "application/cap+xml"
NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
_CHINA: Final = timezone(timedelta(hours=8))
_SEVERITY: Final = {Level.BLUE: "Minor", Level.YELLOW: "Moderate", Level.RED: "Severe"}
_CERTAINTY: Final = {Level.BLUE: "Possible", Level.YELLOW: "Possible", Level.RED: "Likely"}
_URGENCY: Final = {Level.BLUE: "Unknown", Level.YELLOW: "Expected", Level.RED: "Immediate"}
_EVENT: Final = Name("Vehicle theft", "车辆被盗")
_RESTRICTION: Final = "For police and the governance platform; holds personal data"
_NO_ID: Final = re.compile(r"[\s,<&]")
"""Neither identifier nor sender may hold these (CAP 1.2, section 3.2.1)."""
_RADIUS_KM: Final = 0.5
"""Drawn around the newest fix: where to begin to look."""


def alert_of(notice: Notice, sender: str) -> bytes:
    """The alert; `incidents` names the incident, which ties its messages together."""
    event, incident = notice.entry.event, notice.entry.incident
    root = ET.Element("alert", {"xmlns": NAMESPACE})
    put(root, "identifier", notice.id)
    put(root, "sender", _NO_ID.sub("_", sender))
    put(root, "sent", _time(event.at_ms / 1000))
    put(root, "status", "Exercise" if incident.drill else "Actual")
    put(root, "msgType", _kind(notice))
    put(root, "scope", "Restricted")
    put(root, "restriction", _RESTRICTION)
    put(root, "incidents", f'"{incident.id}"' if " " in incident.id else incident.id)
    for language in ("zh", "en") if notice.destination.language == "zh" else ("en", "zh"):
        info = put(root, "info")
        put(info, "language", "zh-CN" if language == "zh" else "en")
        put(info, "category", "Security")
        put(info, "event", _EVENT.of(language))
        put(info, "urgency", "Past" if not incident.is_open else _URGENCY[incident.level])
        put(info, "severity", _SEVERITY[incident.level])
        put(info, "certainty", _certainty(incident))
        put(info, "onset", _time(incident.t_opened))
        put(info, "senderName", "Vehicle Guard 行车卫士")
        put(info, "headline", heading(notice, language))
        put(info, "description", paragraph(notice, language))
        for name, value in (
            ("level", incident.level.label),
            ("state", str(incident.state)),
            ("vehicle", incident.vehicle_id),
            ("version", str(notice.entry.seq)),
        ):
            parameter = put(info, "parameter")
            put(parameter, "valueName", name)
            put(parameter, "value", value)
        _area(info, incident, "车辆最后位置" if language == "zh" else "Last known place")
    return document(root)


def _area(info: Element, incident: Incident, described: str) -> None:
    newest = incident.reports[-1]
    area = put(info, "area")
    put(area, "areaDesc", described)
    put(area, "circle", f"{newest.lat:.6f},{newest.lon:.6f} {_RADIUS_KM}")


def _kind(notice: Notice) -> str:
    event = notice.entry.event
    if event.kind == "opened":
        return "Alert"
    return "Cancel" if event.outcome is Outcome.FALSE_ALARM else "Update"


def _certainty(incident: Incident) -> str:
    if incident.outcome is Outcome.FALSE_ALARM:
        return "Unlikely"
    # a person's word is no likelihood
    return "Observed" if incident.word is not None else _CERTAINTY[incident.level]


def _time(t: float) -> str:
    """With an offset, never `Z` (CAP 1.2, section 3.3.2)."""
    return datetime.fromtimestamp(t, _CHINA).isoformat(timespec="seconds")


class Cap:
    """A `Channel` to an address that takes CAP by a signed POST."""

    def __init__(self, poster: Poster, sender: str) -> None:
        self._poster = poster
        self._sender = sender

    def deliver(self, notice: Notice) -> Result:
        """Post it, and return what the receiver said."""
        return self._poster.post(notice.id, alert_of(notice, self._sender), MEDIA_TYPE)

    def disconnect(self) -> None:
        """Let go of connections."""
        self._poster.disconnect()
