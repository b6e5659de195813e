"""`vehicleguard command`: ask something of a terminal, and see what became of it.

It writes into the run's store; a run that lives takes it up within a second, and one that is down
at its next start.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import secrets
import sqlite3
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ingest import sqlite
from ingest.commands.arguments import CommandKind
from ingest.commands.command import Command, CommandError, Standing
from ingest.commands.sqlite_commands import SqliteCommands
from vehicleguard import settings as setting
from vehicleguard.embedded import STORE


def user() -> str:
    """Who calls, by the system's word."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return f"uid {os.getuid()}"


_DATA = click.option(
    "--data", type=click.Path(path_type=Path), help="Folder of the run (else from the settings)."
)
_SETTINGS = click.option(
    "--settings", "settings_file", type=click.Path(path_type=Path), envvar="VEHICLEGUARD_SETTINGS"
)


def _fail(line: str) -> NoReturn:
    click.echo(f"vehicleguard command: {line}", err=True)
    sys.exit(2)


@contextlib.contextmanager
def _kept(settings_file: Path | None, data: Path | None) -> Iterator[SqliteCommands]:
    try:
        store = (data or setting.load(settings_file).data) / STORE
        if not store.exists():
            _fail(f"{store}: no such store; has a run used it?")
        with contextlib.closing(sqlite.connect(store)) as connection:
            yield SqliteCommands(connection)
    except (CommandError, setting.SettingsError, sqlite.StoreError, sqlite3.Error) as error:
        _fail(str(error))


@click.group()
def command() -> None:
    """Ask something of a terminal, and see what became of it."""


@command.command()
@click.argument("terminal")
@click.argument("kind", type=click.Choice([str(kind) for kind in CommandKind]), metavar="KIND")
@click.argument("arguments", nargs=-1, metavar="[KEY=VALUE]…")
@_SETTINGS
@_DATA
@click.option("--who", default=user, show_default="you", help="Who answers for it.")
@click.option("--why", required=True, help="Why it is asked; kept for good.")
@click.option(
    "--expires",
    type=click.FloatRange(5, 604_800),
    default=600.0,
    show_default=True,
    help="Seconds after which it is not sent any more.",
)
def send(  # noqa: PLR0917 - as many options
    terminal: str,
    kind: str,
    arguments: tuple[str, ...],
    settings_file: Path | None,
    data: Path | None,
    who: str,
    why: str,
    expires: float,
) -> None:
    """Ask KIND of TERMINAL; values are JSON, as in every_s=5 or points='[[112.3, 28.5], …]'.

    It prints the id of the command.  A terminal that is not connected is asked when it comes,
    until the command expires.
    """
    now_ms = time.time_ns() // 1_000_000
    with _kept(settings_file, data) as kept:
        asked = Command.of(
            id=secrets.token_urlsafe(12),
            terminal=terminal,
            kind=kind,
            arguments=_read(arguments),
            author=who,
            reason=why,
            issued_ms=now_ms,
            expires_ms=now_ms + round(expires * 1000),
        )
        kept.issue(asked)
    click.echo(asked.id)


@command.command("list")
@_SETTINGS
@_DATA
@click.option("--terminal", help="Only those to this one.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="A JSON line each.")
def list_(
    settings_file: Path | None,
    data: Path | None,
    terminal: str | None,
    limit: int,
    *,
    as_json: bool,
) -> None:
    """List the newest commands: what was asked, by whom and why, and how it stands."""
    with _kept(settings_file, data) as kept:
        standings = kept.list(limit, terminal)
    if as_json:
        for standing in standings:
            click.echo(json.dumps(_body(standing), ensure_ascii=False))
        return
    if not standings:
        click.echo("nothing was asked")
        return
    table = Table("id", "asked (UTC)", "terminal", "kind", "who", "why", "state")
    for standing in standings:
        asked = standing.command
        detail = standing.events[-1][2] if standing.events else ""
        state = (
            f"{standing.state} ({detail})"
            if detail and standing.state != "open"
            else standing.state
        )
        when = datetime.fromtimestamp(asked.issued_ms / 1000, UTC)
        cells = (
            f"{when:%Y-%m-%d %H:%M:%S}",
            asked.terminal,
            asked.kind,
            asked.author,
            asked.reason,
        )
        table.add_row(asked.id, *(Text(str(cell)) for cell in (*cells, state)))
    Console().print(table)


def _read(arguments: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if not equals or key in found:
            msg = f"expected KEY=VALUE, each key once, found {argument!r}"
            raise CommandError(msg)
        try:
            found[key] = json.loads(value)
        except (ValueError, RecursionError):
            found[key] = value
    return found


def _body(standing: Standing) -> dict[str, Any]:
    asked = standing.command
    return {
        "id": asked.id,
        "terminal": asked.terminal,
        "kind": str(asked.kind),
        "arguments": asked.arguments.model_dump(exclude_none=True),
        "who": asked.author,
        "why": asked.reason,
        "issued": asked.issued_ms / 1000,
        "expires": asked.expires_ms / 1000,
        "state": str(standing.state),
        "events": [
            {"t": at_ms / 1000, "event": event, "detail": detail}
            for at_ms, event, detail in standing.events
        ],
    }
