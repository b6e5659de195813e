"""Rules that were published while the system runs: found, made ready, and handed to the pipeline.

The newest version in the run's own store is what counts; the rules file of the settings counts
until something is published.  A version is compiled on a thread of its own; the pipeline takes it
up between two blocks, so no fix waits for it and no transition is lost or told twice.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import structlog

from geofence.rules.document import RulesError
from geofence.rules.versions import Version, VersionError
from ingest import sqlite
from streams.processor import Processor
from streams.rules import RuleFile, Rules
from vehicleguard.sqlite_rules import SqliteVersions

log = structlog.get_logger(__name__)

EVERY_S = 1.0


def newest(store: Path, rules: Rules, after: int = 0) -> tuple[Version, Rules] | None:
    """The newest published version, and `rules` with its content; None when none is after `after`.

    Raises `RulesError` for a content that this version of the program cannot read.
    """
    with contextlib.closing(sqlite.connect(store)) as connection:
        held = SqliteVersions(connection)
        versions = held.versions()
        if not versions or versions[-1].number <= after:
            return None
        version = versions[-1]
        content = RuleFile.of(held.content(version.digest))
    return version, replace(rules, thresholds=content.thresholds(), book=content.book())


class Published:
    """A thread that looks for a newer version; `offer` gets each, ready to be used."""

    def __init__(
        self,
        store: Path,
        rules: Rules,
        in_use: int,
        offer: Callable[[int, Processor], None],
        every_s: float = EVERY_S,
    ) -> None:
        self._store, self._rules, self._number = store, rules, in_use
        self._offer, self._every_s = offer, every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look, name="published rules")

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End; a version that is being made ready is finished first."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _look(self) -> None:
        while not self._stopping.wait(self._every_s):
            try:
                found = newest(self._store, self._rules, self._number)
            except (RulesError, VersionError, ValueError) as error:
                # the rules in use go on; this is said again until somebody publishes better ones
                log.error("published rules cannot be used", error=str(error))  # noqa: TRY400 - no bug
                self._stopping.wait(60 * self._every_s)
            except (sqlite3.Error, sqlite.StoreError) as error:
                log.warning("published rules cannot be looked up", error=str(error))
            else:
                if found is not None:
                    version, rules = found
                    self._offer(version.number, Processor(rules))
                    self._number = version.number
                    log.info(
                        "rules published", version=version.number, who=version.who, why=version.why
                    )
