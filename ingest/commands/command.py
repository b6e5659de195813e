"""Commands to terminals: what is asked of which one, by whom, why, and until when.

A command is asked for once and stays until it is settled: the terminal did it or refused, or its
time ran out.  How it reaches a terminal is its transport's business; what a person or a rule may
ask is said here, once for all transports.  Nothing here sends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, Self

from pydantic import ValidationError

from ingest.commands.arguments import ARGUMENTS, Arguments, CommandKind

SHORTEST_S, LONGEST_S = 5, 7 * 86_400
"""How long a command lasts, at least and at most."""
MOST_TEXT = 500
_TERMINAL = re.compile(r"[^\s/+#\x00-\x1f\x7f]{1,64}")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class CommandError(ValueError):
    """A command that cannot be asked for; the text is one line."""


class CommandState(StrEnum):
    """How a command stands; all but `open` are for good."""

    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Command:
    """One command.  `author` and `reason` are kept for good; times are epoch milliseconds."""

    id: str
    terminal: str
    kind: CommandKind
    arguments: Arguments
    author: str
    reason: str
    issued_ms: int
    expires_ms: int

    @classmethod
    def of(
        cls,
        *,
        id: str,  # noqa: A002 - the field's name
        terminal: str,
        kind: str,
        arguments: Mapping[str, Any],
        author: str,
        reason: str,
        issued_ms: int,
        expires_ms: int,
    ) -> Self:
        """A command of words from outside.  Raises `CommandError`."""
        if kind not in {str(known) for known in CommandKind}:
            msg = f"kind: expected one of {', '.join(CommandKind)}, found {kind!r}"
            raise CommandError(msg)
        if not _TERMINAL.fullmatch(terminal) or not _ID.fullmatch(id):
            msg = f"expected a terminal and an id, found {terminal!r} and {id!r}"
            raise CommandError(msg)
        for name, text in (("author", author), ("reason", reason)):
            if not 1 <= len(text.strip()) <= MOST_TEXT:
                msg = f"{name}: expected 1 to {MOST_TEXT} characters, found {len(text)}"
                raise CommandError(msg)
        lasts_s = (expires_ms - issued_ms) / 1000
        if not SHORTEST_S <= lasts_s <= LONGEST_S:
            msg = f"expected it to last {SHORTEST_S} to {LONGEST_S} s, found {lasts_s:g}"
            raise CommandError(msg)
        known = CommandKind(kind)
        try:
            said = ARGUMENTS[known].model_validate(dict(arguments))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or kind
            msg = f"{where}: {first['msg']}"
            raise CommandError(msg) from error
        return cls(id, terminal, known, said, author, reason, issued_ms, expires_ms)


@dataclass(frozen=True, slots=True)
class Answer:
    """How a command ended: `state` is never `open`."""

    command: str
    terminal: str
    state: CommandState
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """A command and how it stands, with what happened to it in order."""

    command: Command
    state: CommandState
    events: Sequence[tuple[int, str, str]] = field(default=())
    """Time, what (`issued`, `sent`, `done`, `refused`, `expired`), and more of it."""


class CommandLog(Protocol):
    """Commands as they are kept: durable on return, and never forgotten."""

    def issue(self, command: Command) -> None:
        """Keep a command to be sent; one that is there already changes nothing.

        Raises `CommandError` when too many wait for the terminal.
        """
        ...

    def open(self) -> Sequence[Command]:
        """Commands that are not settled, in the order in which they were issued."""
        ...

    def sent(self, command: str, at_ms: int, way: str) -> None:
        """A command went out, by `way`."""
        ...

    def settle(self, answer: Answer, at_ms: int) -> bool:
        """The first answer to an open command of that terminal counts; whether this was it."""
        ...

    def list(self, limit: int, terminal: str | None = None) -> Sequence[Standing]:
        """The newest commands, of one terminal or of all."""
        ...
