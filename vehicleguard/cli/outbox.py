"""`vehicleguard outbox`: what waits to be told, what could not be, and what is not to be told.

It works on the run's store; a run that lives takes changes up within a second.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn, cast

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.outbox.silence import Silence
from alerts.outbox.sqlite_outbox import SqliteOutbox
from alerts.outbox.store import Row, RowState
from alerts.sqlite_ledger import SqliteLedger
from ingest import sqlite
from vehicleguard import settings as setting
from vehicleguard.cli.command import user
from vehicleguard.embedded import STORE

_DATA = click.option(
    "--data", type=click.Path(path_type=Path), help="Folder of the run (else from the settings)."
)
_SETTINGS = click.option(
    "--settings", "settings_file", type=click.Path(path_type=Path), envvar="VEHICLEGUARD_SETTINGS"
)
_STATES = click.Choice(["waiting", "dead", "held", "delivered"])


def _fail(line: str) -> NoReturn:
    click.echo(f"vehicleguard outbox: {line}", err=True)
    sys.exit(2)


@contextlib.contextmanager
def _kept(settings_file: Path | None, data: Path | None) -> Iterator[SqliteOutbox]:
    try:
        store = (data or setting.load(settings_file).data) / STORE
        if not store.exists():
            _fail(f"{store}: no such store; has a run used it?")
        SqliteLedger(store).disconnect()  # a store of an older version gets its tables
        kept = SqliteOutbox(store)
        try:
            yield kept
        finally:
            kept.disconnect()
    except (setting.SettingsError, sqlite.StoreError, sqlite3.Error) as error:
        _fail(str(error))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@click.group()
def outbox() -> None:
    """Show what waits to be told and what could not be, replay dead letters, silence."""


@outbox.command("list")
@_SETTINGS
@_DATA
@click.option("--state", type=_STATES, help="Only those that stand so.")
@click.option("--destination", help="Only those for this one.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="A JSON line each.")
def list_(  # noqa: PLR0917 - as many options
    settings_file: Path | None,
    data: Path | None,
    state: str | None,
    destination: str | None,
    limit: int,
    as_json: bool,  # noqa: FBT001 - an option
) -> None:
    """List the newest deliveries: for whom, of which event, and how they stand."""
    with _kept(settings_file, data) as kept:
        rows = kept.rows(state=cast("RowState | None", state), destination=destination, limit=limit)
    if as_json:
        for row in rows:
            click.echo(json.dumps(asdict(row), ensure_ascii=False))
        return
    if not rows:
        click.echo("nothing")
        return
    table = Table("id", "filed (UTC)", "destination", "incident", "event", "state", "tries", "why")
    for row in rows:
        table.add_row(*(Text(cell) for cell in _cells(row)))
    Console().print(table)


def _cells(row: Row) -> tuple[str, ...]:
    when = datetime.fromtimestamp(row.since_ms / 1000, UTC)
    to = f"{row.destination} ({row.address})" if row.address else row.destination
    return (
        *(row.id, f"{when:%Y-%m-%d %H:%M:%S}", to, row.incident_id, str(row.seq)),
        *(row.state, str(row.attempts), row.detail),
    )


@outbox.command()
@click.argument("ids", nargs=-1, metavar="[ID]…")
@_SETTINGS
@_DATA
@click.option("--destination", help="All dead letters for this one.")
@click.option("--all", "everything", is_flag=True, help="All dead letters.")
def replay(
    ids: tuple[str, ...],
    settings_file: Path | None,
    data: Path | None,
    destination: str | None,
    *,
    everything: bool,
) -> None:
    """Let dead letters be delivered after all: those named, those for a destination, or all."""
    if not ids and destination is None and not everything:
        _fail("replay: expected IDs, --destination or --all")
    with _kept(settings_file, data) as kept:
        number = kept.replay(ids or None, destination, _now_ms())
    click.echo(f"{number} of them will be delivered again")


@outbox.command()
@_SETTINGS
@_DATA
@click.option("--destination", default="", help="Spare this one; unset, every one.")
@click.option("--vehicle", default="", help="Only what is about this vehicle.")
@click.option("--who", default=user, show_default="you", help="Who answers for it.")
@click.option("--why", required=True, help="Why; kept with it.")
@click.option(
    "--hours",
    type=click.FloatRange(0.01, 24 * 31),
    default=1.0,
    show_default=True,
    help="How long it lasts.",
)
def silence(  # noqa: PLR0917 - as many options
    settings_file: Path | None,
    data: Path | None,
    destination: str,
    vehicle: str,
    who: str,
    why: str,
    hours: float,
) -> None:
    """Hold back blue and yellow for a while; red is told all the same."""
    if not destination and not vehicle:
        _fail("silence: expected --destination, --vehicle, or both")
    until_ms = _now_ms() + round(hours * 3_600_000)
    with _kept(settings_file, data) as kept:
        kept.silence(Silence(who, why, until_ms, destination, vehicle))
    click.echo(f"until {datetime.fromtimestamp(until_ms / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC")
