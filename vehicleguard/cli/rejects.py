"""`vehicleguard rejects`: what was refused lately and why, and a second reading of it."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ingest import sqlite
from ingest.admission import Admission
from ingest.dialects import router_of
from ingest.registry import Registry, RegistryError
from ingest.reject import RejectReason
from ingest.store.letters import Outcome, read_again
from ingest.store.log import LogFullError
from ingest.store.sqlite_letters import SqliteLetters
from ingest.store.sqlite_log import PAYLOAD_KEPT, SqliteLog
from vehicleguard import settings as setting
from vehicleguard.embedded import STORE
from vehicleguard.pipeline import now_ms

_SHOWN = 200  # characters of one cell
_AT_ONCE = 500  # letters of one transaction
_REASONS = [str(reason) for reason in RejectReason]

_settings_option = click.option(
    "--settings", "settings_file", type=click.Path(path_type=Path), envvar="VEHICLEGUARD_SETTINGS"
)
_data_option = click.option(
    "--data", type=click.Path(path_type=Path), help="Folder of the run (else from the settings)."
)
_reason_option = click.option("--reason", type=click.Choice(_REASONS), help="Only these.")


def _shown(value: object) -> Text:
    """A stranger's text, cut, for a terminal: no markup, and nothing that would steer it."""
    return Text("".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(value)[:_SHOWN]))


def _fail(error: object) -> None:
    click.echo(f"vehicleguard rejects: {error}", err=True)
    sys.exit(2)


@contextlib.contextmanager
def _opened(
    settings_file: Path | None, data: Path | None
) -> Iterator[tuple[setting.Settings, sqlite3.Connection, SqliteLog]]:
    """The settings and the store; what is wrong with either is one line and status 2."""
    try:
        settings = setting.load(settings_file)
        store = (data or settings.data) / STORE
        if not store.exists():
            _fail(f"{store}: no such store; has a run used it?")
        with contextlib.closing(sqlite.connect(store)) as connection:
            yield settings, connection, SqliteLog(connection)
    except (
        setting.SettingsError, sqlite.StoreError, sqlite3.Error, LogFullError, RegistryError,
    ) as error:  # fmt: skip
        _fail(error)


@click.group(invoke_without_command=True)
@_settings_option
@_data_option
@_reason_option
@click.option("--limit", type=click.IntRange(1, 20_000), default=20, show_default=True)
@click.option("--count", is_flag=True, help="How many of each reason and dialect are unsettled.")
@click.option("--json", "as_json", is_flag=True, help="A JSON line each.")
@click.pass_context
def rejects(
    context: click.Context,
    settings_file: Path | None,
    data: Path | None,
    reason: str | None,
    limit: int,
    *,
    count: bool,
    as_json: bool,
) -> None:
    """List the newest dead letters: payloads and rows that were refused, each with its reason.

    With `replay` they are read again, after a dialect or the registry was mended.
    """
    if context.invoked_subcommand is not None:
        return
    with _opened(settings_file, data) as (settings, connection, log):
        if count:
            _count(SqliteLetters(connection), settings, reason, as_json=as_json)
            return
        letters = log.rejects(limit, reason)
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


def _count(
    graveyard: SqliteLetters, settings: setting.Settings, reason: str | None, *, as_json: bool
) -> None:
    router = router_of(settings.ingest.dialects)
    counts: Counter[tuple[str, str]] = Counter()
    for why, topic, number in graveyard.counts():
        if reason in {None, why}:
            counts[why, router.name_of(topic)] += number
    # the most first
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    if as_json:
        for (why, dialect), number in ordered:
            click.echo(json.dumps({"reason": why, "dialect": dialect, "count": number}))
    elif not counts:
        click.echo("nothing is unsettled")
    else:
        table = Table("reason", "dialect", "letters")
        for (why, dialect), number in ordered:
            table.add_row(why, dialect, f"{number:,}")
        Console().print(table)


@rejects.command()
@_settings_option
@_data_option
@_reason_option
@click.option("--dialect", help="Only letters of this dialect.")
@click.option("--json", "as_json", is_flag=True, help="The outcome as a JSON line.")
@click.pass_context
def replay(
    context: click.Context,
    settings_file: Path | None,
    data: Path | None,
    reason: str | None,
    dialect: str | None,
    *,
    as_json: bool,
) -> None:
    """Read dead letters again, as if they had just come, after what refused them was mended.

    What reads now is stored once and its letter is settled; a run that is going on takes it in with
    its next block.  Letters that were cut when they were kept cannot be read again.
    """
    # what stands before the word `replay` is meant for it, too
    given = context.parent.params if context.parent else {}
    reason = reason or given.get("reason")
    with _opened(settings_file or given.get("settings_file"), data or given.get("data")) as (
        settings,
        connection,
        log,
    ):
        ingest = settings.ingest
        router = router_of(ingest.dialects)
        if dialect is not None and dialect not in {d.name for d in router.dialects}:
            names = ", ".join(sorted(d.name for d in router.dialects))
            _fail(f"--dialect {dialect}: expected one of {names}")
        registry = Registry.from_csv(ingest.registry) if ingest.registry else None
        admission, graveyard = Admission(ingest, registry), SqliteLetters(connection)
        total, after = Outcome(), 0
        while letters := graveyard.letters(after, _AT_ONCE, reason):
            after = letters[-1].number
            if dialect is not None:
                letters = [one for one in letters if router.name_of(one.topic) == dialect]
            total += read_again(
                letters,
                graveyard,
                log,
                router,
                admission,
                max_payload_bytes=ingest.max_payload_bytes,
                at_ms=now_ms(),
            )
    if as_json:
        click.echo(json.dumps(total._asdict()))
        return
    click.echo(
        f"{total.letters} letters: {total.settled} settled, {total.refused} refused as before, "
        f"{total.cut} cut to {PAYLOAD_KEPT:,} bytes and so not readable"
    )
    click.echo(
        f"stored {total.fixes} fixes and {total.sightings} sightings; "
        f"{total.repeated} were there already"
    )
