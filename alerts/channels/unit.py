"""Police units over MQTT: an incident on `vg/v1/unit/{id}/incident`, what they do on `…/answer`.

Pure but for `Publish`, which the runner gives: this room knows no MQTT.  That the broker took a
notice is its delivery; that a person has it is the answer `signed`, which the clocks wait for.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import msgspec

from alerts import reply as replies
from alerts.channels.bulletin import body_of, heading, paragraph
from alerts.channels.channel import Notice
from alerts.ledger import Entry, Ledger
from alerts.outbox.result import Refused, Result

Publish = Callable[[str, bytes], Result]
"""Sends a payload to a topic, QoS 1, and returns when the broker has it."""

ANSWERS: Final = "vg/v1/unit/+/answer"
_UNIT: Final = re.compile(r"[^/+#\x00-\x1f]{1,64}")
_ANSWER: Final = re.compile(r"vg/v1/unit/([^/+#]{1,64})/answer")


class Units:
    """A `Channel`; the address of a notice is the unit's id."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish

    def deliver(self, notice: Notice) -> Result:
        """Publish it to its unit."""
        if not _UNIT.fullmatch(notice.address):
            return Refused(f"not the id of a unit: {notice.address!r}")
        language = notice.destination.language
        incident = notice.entry.incident
        body = {
            "id": notice.id,
            "yours": incident.is_open and incident.course.party == notice.address,
            "title": heading(notice, language),
            "text": paragraph(notice, language),
            **body_of(notice),
        }
        return self._publish(f"vg/v1/unit/{notice.address}/incident", msgspec.json.encode(body))

    def disconnect(self) -> None:
        """Nothing is held: the connection is the runner's."""


def unit_of(topic: str) -> str | None:
    """The unit whose answer comes on `topic`, None for any other topic."""
    match = _ANSWER.fullmatch(topic)
    return match[1] if match else None


def take(
    ledger: Ledger, topic: str, payload: bytes, now_ms: int
) -> tuple[str, bytes, Entry | None] | None:
    """File the answer of a unit: topic and payload to tell it what became of it, and the entry.

    None for a topic that no unit answers on.
    """
    unit = unit_of(topic)
    if unit is None:
        return None
    reply = replies.read(payload)
    entry = None
    if isinstance(reply, replies.Answer):
        answer, told = reply, ""
    else:
        answer, entry = replies.file(ledger, reply, f"unit:{unit}", now_ms, unit=unit)
        told = reply.id
    body = {
        "id": told,
        "result": "done" if answer.is_done else "refused",
        "detail": answer.detail,
    }
    return f"vg/v1/unit/{unit}/answer/result", msgspec.json.encode(body), entry
