"""Cursor-on-Target: a TAK client sees the vehicle and the incident on its map.

Event XML as MITRE's CoT base schema has it (event.xsd, version 2.0), one document after the other
over TCP or TLS.  The protocol has no answer: delivered is what the system took to send.
"""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from typing import Final
from xml.etree import ElementTree as ET

from alerts.channels.bulletin import heading, paragraph
from alerts.channels.channel import Notice
from alerts.channels.xml import document, put
from alerts.level import Level
from alerts.outbox.result import Delivered, Result, Retry

_VEHICLE: Final = "a-s-G-E-V-C"
"""Suspect, ground, equipment, vehicle, civilian."""
_SPOT: Final = "b-m-p-s-m"
_UNKNOWN_M: Final = "9999999.0"
_COLOURS: Final = {Level.BLUE: "-16776961", Level.YELLOW: "-256", Level.RED: "-65536"}
"""ARGB as a signed integer, as TAK clients read it."""
_TIMEOUT_S: Final = 5.0


def event_of(notice: Notice, lasts: timedelta, *, spot: bool = False) -> bytes:
    """The vehicle where it was last seen or, as a `spot`, the incident where it began.

    It goes from the map after `lasts`, and at once when the incident is closed.
    """
    incident, language = notice.entry.incident, notice.destination.language
    newest = incident.reports[-1]
    lon, lat = (incident.lon, incident.lat) if spot else (newest.lon, newest.lat)
    now = datetime.fromtimestamp(notice.entry.event.at_ms / 1000, UTC)
    stale = now + (lasts if incident.is_open else timedelta())
    root = ET.Element("event", {"version": "2.0"})
    root.set("uid", f"vehicleguard.{incident.id}{'.spot' if spot else ''}")
    root.set("type", _SPOT if spot else _VEHICLE)
    root.set("how", "m-g")
    for name, at in (("time", now), ("start", now), ("stale", stale)):
        root.set(name, at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z")
    place = {"lat": f"{lat:.6f}", "lon": f"{lon:.6f}", "hae": _UNKNOWN_M}
    put(root, "point", attributes={**place, "ce": "50.0", "le": _UNKNOWN_M})
    detail = put(root, "detail")
    put(detail, "contact", attributes={"callsign": heading(notice, language)})
    put(detail, "color", attributes={"argb": _COLOURS[incident.level]})
    put(detail, "remarks", paragraph(notice, language))
    return document(root)


class Cot:
    """A `Channel` to a TAK server's input, opened for each notice."""

    def __init__(
        self, host: str, port: int, lasts: timedelta, tls: ssl.SSLContext | None = None
    ) -> None:
        self._where = (host, port)
        self._lasts = lasts
        self._tls = tls

    def deliver(self, notice: Notice) -> Result:
        """Send both events, and close in good order."""
        told = b"".join(event_of(notice, self._lasts, spot=spot) for spot in (False, True))
        try:
            with socket.create_connection(self._where, _TIMEOUT_S) as plain:
                if self._tls is None:
                    _send(plain, told)
                else:
                    with self._tls.wrap_socket(plain, server_hostname=self._where[0]) as line:
                        _send(line, told)
        except OSError as error:
            return Retry(f"{type(error).__name__}: {error}")
        return Delivered()

    def disconnect(self) -> None:
        """Nothing is held."""


def _send(line: socket.socket, told: bytes) -> None:
    line.sendall(told)
    line.shutdown(socket.SHUT_WR)
