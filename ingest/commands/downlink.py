"""Commands on their way: sent when their terminal can be reached, and again until it answers.

What is asked lies in the `CommandLog`, so neither a restart nor a kill loses any; a thread looks
there once a second.  A command may reach a terminal twice; it asks for the same twice.  How a
transport speaks is its `Carrier`'s business.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Protocol

import structlog

from ingest.commands.command import Answer, Command, CommandLog, CommandState

log = structlog.get_logger(__name__)

EVERY_S = 1.0
AGAIN_MS = 30_000
"""Wait for an answer before a command is sent again."""


class Carrier(Protocol):
    """A transport that may reach a terminal."""

    @property
    def name(self) -> str:
        """What the record calls it."""
        ...

    def carry(self, command: Command) -> bool:
        """Send a command if its terminal is of this transport and can be reached now."""
        ...


class Downlink:
    """Between a log of commands and the transports, the first of which that can has a command.

    `answers` is where anybody puts what terminals said.
    `settled` hears how each command ended, on the downlink's thread.
    """

    def __init__(
        self,
        kept: CommandLog,
        carriers: Sequence[Carrier],
        answers: SimpleQueue[Answer],
        clock_ms: Callable[[], int],
        settled: Callable[[CommandState], None] = lambda _: None,
    ) -> None:
        self._kept = kept
        self._carriers = carriers
        self._clock_ms = clock_ms
        self._settled = settled
        self._answers = answers
        self._again_ms: dict[str, int] = {}
        self._went: set[str] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="downlink", daemon=True)

    def start(self) -> None:
        """Begin to look what is to be sent."""
        self._thread.start()

    def stop(self) -> None:
        """Leave; what is not settled is sent again next time."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def turn(self) -> None:
        """Take down what was answered, give up what is too late, send what is due."""
        now_ms = self._clock_ms()
        while True:
            try:
                answer = self._answers.get_nowait()
            except Empty:
                break
            self._settle(answer, now_ms)
        waiting = self._kept.open()
        for command in waiting:
            if now_ms >= command.expires_ms:
                why = "no answer" if command.id in self._went else "never reached"
                late = Answer(command.id, command.terminal, CommandState.EXPIRED, why)
                self._settle(late, now_ms)
            elif now_ms >= self._again_ms.get(command.id, 0):
                self._send(command, now_ms)
        there = {command.id for command in waiting}
        self._went &= there
        self._again_ms = {name: t for name, t in self._again_ms.items() if name in there}

    def _send(self, command: Command, now_ms: int) -> None:
        for carrier in self._carriers:
            if carrier.carry(command):
                self._again_ms[command.id] = now_ms + AGAIN_MS
                if command.id not in self._went:
                    self._went.add(command.id)
                    self._kept.sent(command.id, now_ms, carrier.name)
                return

    def _settle(self, answer: Answer, now_ms: int) -> None:
        if self._kept.settle(answer, now_ms):
            self._settled(answer.state)
            log.info("command", id=answer.command, state=str(answer.state), detail=answer.detail)

    def _run(self) -> None:
        while not self._stopping.wait(EVERY_S):
            try:
                self.turn()
            except sqlite3.Error as error:
                # an answer that could not be taken down comes again with the command
                log.warning("commands cannot be kept; trying again", error=str(error))
            except Exception:
                log.exception("the downlink failed; trying again")
