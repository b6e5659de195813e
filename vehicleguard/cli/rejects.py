"""`vehicleguard rejects`: what was refused lately, and why."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ingest import sqlite
from ingest.reject import RejectReason
from ingest.sqlite_log import SqliteLog
from vehicleguard import settings as setting
from vehicleguard.embedded import STORE

_SHOWN = 200  # characters of one cell


def _shown(value: object) -> Text:
    """A stranger's text, cut, for a terminal: no markup, and nothing that would steer it."""
    return Text("".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(value)[:_SHOWN]))


@click.command()
@click.option(
    "--settings", "settings_file", type=click.Path(path_type=Path), envvar="VEHICLEGUARD_SETTINGS"
)
@click.option(
    "--data", type=click.Path(path_type=Path), help="Folder of the run (else from the settings)."
)
@click.option("--reason", type=click.Choice([str(r) for r in RejectReason]), help="Only these.")
@click.option("--limit", type=click.IntRange(1, 20_000), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="A JSON line each.")
def rejects(
    settings_file: Path | None, data: Path | None, reason: str | None, limit: int, *, as_json: bool
) -> None:
    """List the newest dead letters: payloads and rows that were refused, each with its reason."""
    try:
        folder = data or setting.load(settings_file).data
    except setting.SettingsError as error:
        click.echo(f"vehicleguard rejects: {error}", err=True)
        sys.exit(2)
    store = folder / STORE
    if not store.exists():
        click.echo(f"vehicleguard rejects: {store}: no such store; has a run used it?", err=True)
        sys.exit(2)
    try:
        with contextlib.closing(sqlite.connect(store)) as connection:
            letters = SqliteLog(connection).rejects(limit, reason)
    except (sqlite.StoreError, sqlite3.Error) as error:
        click.echo(f"vehicleguard rejects: {error}", err=True)
        sys.exit(2)
    if as_json:
        for letter in letters:
            click.echo(json.dumps(letter, ensure_ascii=False))
    elif not letters:
        click.echo("nothing was refused")
    else:
        table = Table("when (UTC)", "reason", "topic", "detail", "payload")
        for letter in letters:
            when = datetime.fromtimestamp(float(str(letter["t"])), UTC)
            table.add_row(
                f"{when:%Y-%m-%d %H:%M:%S}",
                *(_shown(letter[key]) for key in ("reason", "topic", "detail", "payload")),
            )
        Console().print(table)
