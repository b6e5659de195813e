"""`vehicleguard audit`: who changed what, who looked at whom, and whether anybody altered it."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.audit import sqlite_audit
from alerts.sqlite_ledger import SqliteLedger
from ingest import sqlite
from vehicleguard import settings as setting
from vehicleguard.embedded import STORE

_DATA = click.option(
    "--data", type=click.Path(path_type=Path), help="Folder of the run (else from the settings)."
)
_SETTINGS = click.option(
    "--settings", "settings_file", type=click.Path(path_type=Path), envvar="VEHICLEGUARD_SETTINGS"
)


def _fail(line: str) -> NoReturn:
    click.echo(f"vehicleguard audit: {line}", err=True)
    sys.exit(2)


@contextlib.contextmanager
def _store(settings_file: Path | None, data: Path | None) -> Iterator[sqlite3.Connection]:
    try:
        store = (data or setting.load(settings_file).data) / STORE
        if not store.exists():
            _fail(f"{store}: no such store; has a run used it?")
        SqliteLedger(store).disconnect()  # a store of an older version gets its tables
        with contextlib.closing(sqlite.connect(store)) as connection:
            yield connection
    except (setting.SettingsError, sqlite.StoreError, sqlite3.Error) as error:
        _fail(str(error))


@click.group()
def audit() -> None:
    """Show who changed and who looked, and check that nobody altered it.

    Every event of an incident and every look at an incident, a pursuit or a vehicle is a row; each
    row's hash covers the row before.
    """


@audit.command()
@_SETTINGS
@_DATA
@click.option("--head", help="Hash of an earlier check: it has to be in the chain still.")
def verify(settings_file: Path | None, data: Path | None, head: str | None) -> None:
    """Check the whole chain, and the ledger's events against it.

    Prints how many rows hold and the hash of the last one: keep it elsewhere, and hand it in the
    next time with --head.  Exit code 1 when something was altered.
    """
    with _store(settings_file, data) as connection:
        found = sqlite_audit.check(connection)
        lost = head is not None and not sqlite_audit.holds(connection, head)
    if found.broken is not None:
        click.echo(f"altered at row {found.broken.seq}: {found.broken.why}", err=True)
    elif lost:
        click.echo(f"the chain holds no row with the hash {head}: it was written anew", err=True)
    if found.broken is not None or lost:
        sys.exit(1)
    click.echo(f"{found.rows} rows hold\nhead {found.head}")


@audit.command("list")
@_SETTINGS
@_DATA
@click.option("--subject", help="Only what was done to this incident or vehicle.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="A JSON line each.")
def rows(
    settings_file: Path | None,
    data: Path | None,
    subject: str | None,
    limit: int,
    *,
    as_json: bool,
) -> None:
    """List the newest rows."""
    with _store(settings_file, data) as connection:
        found = sqlite_audit.rows(connection, subject, limit)
    if as_json:
        for row in found:
            click.echo(json.dumps(row._asdict(), ensure_ascii=False))
    elif not found:
        click.echo("nothing was done yet")
    else:
        table = Table("row", "when (UTC)", "who", "did", "what", "to")
        for row in found:
            when = datetime.fromtimestamp(row.at_ms / 1000, UTC) if row.at_ms else None
            table.add_row(
                str(row.seq),
                "" if when is None else f"{when:%Y-%m-%d %H:%M:%S}",
                *(Text(one) for one in (row.actor, row.deed, row.what, row.subject)),
            )
        Console().print(table)
