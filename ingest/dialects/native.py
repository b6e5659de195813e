"""The native MQTT dialect: JSON on `vg/v1/…` (DESIGN §3).

`vg/v1/{terminal}/fix` holds an object or an array of them, `vg/v1/{terminal}/status` no fix,
`vg/v1/{terminal}/cmd/answer` what became of a command, `vg/v1/camera/{id}/sighting` what a camera
saw.  A row of the wrong shape is refused; an optional
number without sense (a heading of 400) counts as unknown, since the place may still show a theft.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ingest.dialects import native_answer
from ingest.dialects.dialect import Decoded
from ingest.dialects.native_fixes import WORTHWHILE, fix_batch
from ingest.dialects.native_sightings import sighting_batch
from ingest.dialects.rows import refuse
from ingest.message import Message
from ingest.reject import Reject, RejectReason
from ingest.sighting import SightingBatch

_TERMINAL = re.compile(r"[^\s/+#\x00-\x1f\x7f-\x9f]{1,64}")
_TOPICS_KNOWN = 200_000  # a flood of made-up topics must not fill the memory


class _Address(NamedTuple):
    kind: (
        str  # "fix", "status", "command_answer", "sighting", or "" for a topic that is none of ours
    )
    name: str


class Native:
    """The `Dialect`; it remembers only how topics read, so it may be shared by threads.

    From `worthwhile` messages on, fixes are read by the compiled pass.
    """

    name = "native"
    topics = ("vg/v1/+/fix", "vg/v1/+/status", "vg/v1/+/cmd/answer", "vg/v1/camera/+/sighting")
    default_topic = "vg/v1/terminal/fix"
    binary = False

    def __init__(self, worthwhile: int = WORTHWHILE) -> None:
        self._worthwhile = worthwhile
        self._addresses: dict[str, _Address] = {}
        self._fix_names: dict[str, str] = {}

    def accepts(self, topic: str) -> bool:
        """Whether `topic` begins as all topics of this dialect do; `native_packed` has its own."""
        return topic.startswith("vg/v1/") and not topic.endswith("/fixes")

    def decode(self, messages: Sequence[Message]) -> Decoded:
        """Read messages; never raises, whatever the bytes."""
        try:
            # as it is nearly always: fixes of terminals that were heard of before
            names = [self._fix_names[message.topic] for message in messages]
        except KeyError:
            return self._sorted(messages)
        rejects: list[Reject] = []
        fixes, source = fix_batch(messages, names, None, rejects, self._worthwhile)
        return Decoded(fixes, source, SightingBatch.empty(), np.empty(0, np.int32), rejects)

    def _sorted(self, messages: Sequence[Message]) -> Decoded:
        """As `decode`, for messages of every kind."""
        rejects: list[Reject] = []
        strangers: list[Reject] = []
        kinds: dict[int, str] = {}
        where: dict[str, list[int]] = {"fix": [], "sighting": []}
        addresses = [self._address(message.topic) for message in messages]
        for n, (message, address) in enumerate(zip(messages, addresses, strict=True)):
            if address.kind in where:
                where[address.kind].append(n)
            elif address.kind == "command_answer":
                said = native_answer.read(message)
                if isinstance(said, Reject):
                    rejects.append(said)
                else:
                    kinds[n] = address.kind
            elif address.kind:
                kinds[n] = address.kind
            else:
                detail = f"expected one of {', '.join(self.topics)}, found {message.topic!r}"
                strangers.append(refuse(RejectReason.UNKNOWN_TOPIC, detail, message))
        names = [address.name for address in addresses]
        fixes, source = fix_batch(messages, names, where["fix"], rejects, self._worthwhile)
        seen, seen_source = sighting_batch(messages, names, where["sighting"], rejects)
        return Decoded(fixes, source, seen, seen_source, rejects + strangers, kinds)

    def _address(self, topic: str) -> _Address:
        address = self._addresses.get(topic)
        if address is None:
            address = _read_topic(topic)
            if len(self._addresses) >= _TOPICS_KNOWN:
                self._addresses.clear()
                self._fix_names.clear()
            self._addresses[topic] = address
            if address.kind == "fix":
                self._fix_names[topic] = address.name
        return address


def _read_topic(topic: str) -> _Address:
    parts = topic.split("/")
    if parts[:2] == ["vg", "v1"]:
        if len(parts) == 5 and parts[2] == "camera" and parts[4] == "sighting":
            kind, name = "sighting", parts[3]
        elif len(parts) == 5 and parts[3:] == ["cmd", "answer"]:
            kind, name = "command_answer", parts[2]
        elif len(parts) == 4 and parts[3] in {"fix", "status"}:
            kind, name = parts[3], parts[2]
        else:
            return _Address("", "")
        if _TERMINAL.fullmatch(name):
            return _Address(kind, name)
    return _Address("", "")


NATIVE = Native()
