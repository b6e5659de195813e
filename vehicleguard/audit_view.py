"""The console's look-ups, noted in the ledger's audit."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import structlog

from alerts.sqlite_ledger import SqliteLedger

log = structlog.get_logger(__name__)


class AuditView:
    """`console.ports.Audit` over a ledger."""

    def __init__(self, ledger: SqliteLedger, clock_ms: Callable[[], int]) -> None:
        self._ledger, self._clock_ms = ledger, clock_ms

    def looked(self, who: str, what: str, subject: str) -> None:
        """Note a look.

        An officer sees an incident though the disk is full: then the log alone says who looked.
        """
        try:
            self._ledger.looked(who, what, subject, self._clock_ms())
        except sqlite3.OperationalError as error:
            log.error(  # noqa: TRY400 - no bug
                "a look that the audit cannot hold",
                who=who, what=what, subject=subject, error=str(error),
            )  # fmt: skip
