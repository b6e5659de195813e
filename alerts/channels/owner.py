"""Owners, by Apprise: SMS gateways, e-mail, WeCom, DingTalk, Feishu and a hundred more.

A notice of an open incident carries the question "is it you?" with its link.  The address of an
owner is an Apprise address; where it is kept is a port, apart from everything else that is known
of vehicles (PIPL).
"""

from __future__ import annotations

import csv
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import apprise

from alerts.channels.bulletin import heading, paragraph
from alerts.channels.channel import Notice
from alerts.channels.link import Links
from alerts.outbox.result import Delivered, Refused, Result, Retry
from alerts.vocabulary import Name

AddressOf = Callable[[str], str | None]
"""The Apprise address of the owner of a vehicle, None where nobody knows it."""

_ASK: Final = Name("Is it you? Answer here: {0}", "是您本人在用车吗？请在此确认：{0}")

logging.getLogger("apprise").setLevel(logging.CRITICAL)  # what it logs holds addresses


class OwnersError(ValueError):
    """The file of owners cannot be used; the text names the line and no address."""


def addresses(path: Path) -> Mapping[str, str]:
    """Addresses by vehicle from a CSV file with the columns `vehicle_id` and `address`.

    Raises `OwnersError` for a file that cannot be read, and for an address Apprise does not know.
    """
    found: dict[str, str] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if not {"vehicle_id", "address"} <= set(rows.fieldnames or ()):
                msg = f"{path}: expected the columns vehicle_id and address"
                raise OwnersError(msg)
            for row in rows:
                vehicle, address = (row["vehicle_id"] or "").strip(), (row["address"] or "").strip()
                known = address and apprise.Apprise.instantiate(address) is not None
                if not vehicle or not known or vehicle in found:
                    msg = f"{path}, line {rows.line_num}: no vehicle, one named twice, or an "
                    raise OwnersError(msg + "address that Apprise does not know")
                found[vehicle] = address
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        msg = f"{path}: cannot be read: {type(error).__name__}"
        raise OwnersError(msg) from error
    return found


class Owners:
    """A `Channel`; the address of a notice is the id of a vehicle."""

    def __init__(
        self, address_of: AddressOf, links: Links | None, clock: Callable[[], float]
    ) -> None:
        self._address_of = address_of
        self._links = links
        self._clock = clock

    def deliver(self, notice: Notice) -> Result:
        """Send it by whatever service the owner's address names."""
        address = self._address_of(notice.address)
        if address is None:
            return Refused("nobody knows how to reach the owner")
        sender = apprise.Apprise()
        if not sender.add(address):
            return Refused("the owner's address is none that Apprise knows")
        language = notice.destination.language
        sent = sender.notify(
            title=heading(notice, language),
            body=self.text(notice),
            body_format=apprise.NotifyFormat.TEXT,
        )
        return Delivered() if sent else Retry("the service did not take it")

    def text(self, notice: Notice) -> str:
        """The text, with the question while there is one to ask."""
        language, incident = notice.destination.language, notice.entry.incident
        told = paragraph(notice, language)
        if self._links is None or not incident.is_open:
            return told
        link = self._links.link(incident, notice.address, self._clock())
        return f"{told}\n{_ASK.of(language).format(link)}"

    def disconnect(self) -> None:
        """Nothing is held."""
