"""Carries commands to native terminals as JSON over MQTT, and their answers back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from ingest.commands.command import Answer, Command, CommandState
from ingest.dialects import native_answer
from ingest.message import Message
from ingest.reject import Reject

_JT808_DIGITS = frozenset({11, 12, 20})
_encode = msgspec.json.Encoder().encode


class NativeCarrier:
    """A `Carrier` that publishes to `vg/v1/{terminal}/cmd`.

    Whether a terminal listens cannot be known; it is asked again until it answers.  With
    `but_numbers` a terminal that is named by a telephone number is left to JT/T 808.
    """

    name = "mqtt"

    def __init__(self, publish: Callable[[str, bytes], bool], *, but_numbers: bool) -> None:
        self._publish = publish
        self._but_numbers = but_numbers

    def carry(self, command: Command) -> bool:
        """Publish a command; False while there is no connection to the broker."""
        terminal = command.terminal
        if self._but_numbers and terminal.isdigit() and len(terminal) in _JT808_DIGITS:
            return False
        return self._publish(f"vg/v1/{terminal}/cmd", payload(command))


def payload(command: Command) -> bytes:
    """A command as a native terminal reads it; `expires` in epoch seconds."""
    return _encode(
        {
            "id": command.id,
            "kind": str(command.kind),
            "arguments": command.arguments.model_dump(exclude_none=True),
            "expires": command.expires_ms / 1000,
        }
    )


def answers(messages: Sequence[Message]) -> list[Answer]:
    """The answers to commands among messages; those that cannot be read are the dialect's."""
    found = []
    for message in messages:
        if message.topic.endswith(native_answer.END):
            said = native_answer.read(message)
            if not isinstance(said, Reject):
                terminal = message.topic.removesuffix(native_answer.END).removeprefix("vg/v1/")
                state = CommandState(said.result)
                found.append(Answer(said.id, terminal, state, said.detail))
    return found
