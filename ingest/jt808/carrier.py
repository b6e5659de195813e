"""Carries commands to terminals of JT/T 808 and their answers back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Protocol

from ingest.commands.command import Answer, Command, CommandState
from ingest.jt808.downlink import written
from ingest.jt808.session import Answered, Result

_UNANSWERED = 10_000
_ALARM_CONFIRMED = 4
_WHY = {
    int(Result.FAILED): "the terminal failed",
    int(Result.WRONG): "the terminal says that the message is wrong",
    int(Result.UNSUPPORTED): "the terminal does not support it",
}


class Lines(Protocol):
    """What is wanted of the gateway."""

    def is_2019(self, terminal: str) -> bool | None:
        """Whether a terminal speaks the edition of 2019; None when it is not connected."""
        ...

    def command(
        self, terminal: str, kind: int, body: bytes, sent: Callable[[int | None], None]
    ) -> None:
        """Send a message; `sent` is told its serial before any answer can come, None = gone."""
        ...


class Jt808Carrier:
    """A `Carrier` over the gateway's lines.

    `told` is called on the gateway's thread, as `sent` is, so neither overtakes the other.
    """

    name = "jt808"

    def __init__(self, answered: Callable[[Answer], None]) -> None:
        self._answered = answered
        self._lines: Lines | None = None
        # by terminal as in its frames, and serial
        self._waiting: OrderedDict[tuple[str, int], Command] = OrderedDict()

    def over(self, lines: Lines) -> None:
        """Carry over these lines from here on."""
        self._lines = lines

    def carry(self, command: Command) -> bool:
        """Send a command if its terminal is connected; written with or without leading zeros."""
        lines = self._lines
        if lines is None:
            return False
        given = command.terminal
        for number in dict.fromkeys((given, given.zfill(12), given.zfill(20))):
            is_2019 = lines.is_2019(number)
            if is_2019 is not None:
                kind, body = written(command, is_2019=is_2019)
                lines.command(number, kind, body, partial(self._sent, command, number))
                return True
        return False

    def told(self, said: Answered) -> None:
        """What a terminal answered."""
        command = self._waiting.pop((said.terminal, said.serial), None)
        if command is None:
            return
        if said.result in {Result.DONE, _ALARM_CONFIRMED}:
            state, detail = CommandState.DONE, ""
        else:
            state = CommandState.REFUSED
            detail = _WHY.get(said.result, f"the terminal says {said.result}")
        self._answered(Answer(command.id, command.terminal, state, detail))

    def _sent(self, command: Command, number: str, serial: int | None) -> None:
        if serial is None:
            return  # it hung up meanwhile: the downlink tries again
        self._waiting[number, serial] = command
        while len(self._waiting) > _UNANSWERED:
            self._waiting.popitem(last=False)
