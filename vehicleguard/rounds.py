"""A thread that does the same work over and over, and waits longer while the disk refuses it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)

_LONGEST_S = 5.0


class Rounds:
    """`work` every `every_s`, until `stop`.

    What cannot be written down (a full disk) is logged under `name` and tried again: whoever is
    called here keeps what is due where it is.  Everything else that `work` raises ends the thread.
    """

    def __init__(self, name: str, work: Callable[[], None], every_s: float) -> None:
        self._name, self._work, self._every_s = name, work, every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name)

    @property
    def is_stopping(self) -> bool:
        """Whether the work at hand should come to its end."""
        return self._stopping.is_set()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; what is being written is finished first."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        pause_s = self._every_s
        while not self._stopping.wait(pause_s):
            try:
                self._work()
                pause_s = self._every_s
            except sqlite3.OperationalError as error:
                pause_s = min(4 * pause_s, _LONGEST_S)
                log.warning(
                    "cannot be written down; trying again", what=self._name, error=str(error)
                )
