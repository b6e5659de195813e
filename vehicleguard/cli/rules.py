"""`vehicleguard rules`: check a rules file, publish it, look back, roll back."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from geofence import ZoneError, ZoneSet
from geofence.datum import Datum
from geofence.rules.compile import CompiledRules
from geofence.rules.document import RulesError
from geofence.rules.versions import (
    RuleChange,
    Version,
    VersionError,
    diff,
    publish,
    roll_back,
    version_of,
)
from ingest import sqlite
from ingest.registry import Registry, RegistryError
from streams.rules import RuleFile
from vehicleguard.sqlite_rules import SqliteVersions


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return f"uid {os.getuid()}"


_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_STORE = click.option(
    "--store",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="SQLite file of the run, or one for rules alone.",
)
_WHO = click.option("--who", default=_user, show_default="you", help="Who answers for it.")
_WHY = click.option("--why", required=True, help="Why it changes; kept for good.")


@click.group()
def rules() -> None:
    """Check, publish, compare and roll back the rules that operators write."""


@rules.command()
@click.argument("file", type=_FILE)
@click.option("--zones", type=_FILE, help="GeoJSON file of zones to count over.")
@click.option(
    "--zones-datum",
    type=click.Choice([str(datum) for datum in Datum]),
    help="What the zones' coordinates refer to, where the file does not say.",
)
@click.option("--registry", type=_FILE, help="CSV of vehicles and their groups.")
def check(file: Path, zones: Path | None, zones_datum: str | None, registry: Path | None) -> None:
    """Say every error of a rules file with its line, column and key; exit 2 if there is one.

    With --zones and --registry it also says which rules are about no zone or no vehicle.
    """
    try:
        book = RuleFile.read(file).book()
        over = None
        if zones is not None:
            over = ZoneSet.from_stated_geojson(zones, zones_datum, strict=False)
        groups = Registry.from_csv(registry) if registry else None
    except RulesError as error:
        _fail(*error.lines())
    except (ZoneError, RegistryError) as error:
        _fail(str(error))
    parts = [f"{len(book.rules):,} rule{'s' if len(book.rules) != 1 else ''}"]
    off = sum(not rule.enabled for rule in book.rules)
    warnings = [f"{off} off"] if off else []
    if over is not None:
        parts[0] += f" over {len(over):,} zones"
        compiled = CompiledRules.of(book, over)
        lost = compiled.matching_no_zone()
        if lost:
            verb = "matches" if len(lost) == 1 else "match"
            warnings.append(f"{len(lost)} {verb} no zone (warning)")
        for rule in lost:
            click.echo(f"{file}: warning: rule {rule.id} matches no zone", err=True)
    if groups is not None:
        known = {g for held in groups.groups_of.values() for g in held} | groups.vehicles
        named = {g for r in book.rules for g in (*r.vehicles.any, *r.vehicles.all)}
        for group in sorted(named - known):
            click.echo(f"{file}: warning: no vehicle is in group {group}", err=True)
    click.echo("; ".join([*parts, *warnings]))


@rules.command()
def schema() -> None:
    """Print the JSON Schema of a rules file (docs/rules.schema.json)."""
    click.echo(json.dumps(RuleFile.as_json_schema(), indent=2, ensure_ascii=False))


@rules.command("publish")
@click.argument("file", type=_FILE)
@_STORE
@_WHO
@_WHY
@click.option("--parent", type=int, help="Version the change was made on; default the newest.")
def publish_(file: Path, store: Path, who: str, why: str, parent: int | None) -> None:
    """Publish a rules file as the next version; refused when it has an error.

    With --parent it is also refused when somebody published after that version.
    """
    with _versions(store) as held:
        version = publish(
            held, RuleFile.published(file), who=who, why=why, at_ms=_now_ms(), parent=parent
        )
    click.echo(f"version {version.number} published")


@rules.command()
@_STORE
@click.option("--json", "as_json", is_flag=True, help="A JSON line each.")
def versions(store: Path, *, as_json: bool) -> None:
    """List what was published: when, by whom, why."""
    with _versions(store) as held:
        listed = held.versions()
    if as_json:
        for version in listed:
            click.echo(json.dumps(vars(version), ensure_ascii=False))
        return
    table = Table("version", "when (UTC)", "who", "why", "content")
    for version in listed:
        table.add_row(*(Text(cell) for cell in _cells(version)))
    Console().print(table)


@rules.command("diff")
@click.argument("old", type=int)
@click.argument("new", type=int, required=False)
@_STORE
@click.option("--json", "as_json", is_flag=True, help="A JSON line for each rule that changed.")
def diff_(old: int, new: int | None, store: Path, *, as_json: bool) -> None:
    """Say what changed between two versions, rule by rule; NEW is the newest by default."""
    with _versions(store) as held:
        number = held.versions()[-1].number if new is None and held.versions() else new or 0
        before, after = (held.content(version_of(held, n).digest) for n in (old, number))
    changes = diff(before.data, after.data)
    for change in changes:
        click.echo(json.dumps(vars(change), ensure_ascii=False) if as_json else _told(change))
    if not changes and not as_json:
        click.echo("nothing changed")


@rules.command()
@click.argument("version", type=int)
@_STORE
def show(version: int, store: Path) -> None:
    """Print the text of a version as it was published."""
    with _versions(store) as held:
        click.echo(held.content(version_of(held, version).digest).text, nl=False)


@rules.command()
@click.argument("version", type=int)
@_STORE
@_WHO
@_WHY
def rollback(version: int, store: Path, who: str, why: str) -> None:
    """Publish the content of an older version as the next one."""
    with _versions(store) as held:
        made = roll_back(held, version, who=who, why=why, at_ms=_now_ms())
    click.echo(f"version {made.number} published, with the content of version {version}")


@contextlib.contextmanager
def _versions(store: Path) -> Iterator[SqliteVersions]:
    try:
        with contextlib.closing(sqlite.connect(store)) as connection:
            yield SqliteVersions(connection)
    except RulesError as error:
        _fail(*error.lines())
    except (VersionError, sqlite.StoreError, sqlite3.Error) as error:
        _fail(str(error))


def _fail(*lines: str) -> NoReturn:
    for line in lines:
        click.echo(f"vehicleguard rules: {line}", err=True)
    sys.exit(2)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _cells(version: Version) -> tuple[str, ...]:
    when = datetime.fromtimestamp(version.at_ms / 1000, UTC)
    back = f" (as version {version.restores})" if version.restores else ""
    return (
        str(version.number), f"{when:%Y-%m-%d %H:%M:%S}", version.who, version.why + back,
        version.digest[:12],
    )  # fmt: skip


def _told(change: RuleChange) -> str:
    lines = [f"{change.rule}: {change.what}"]
    for key, (was, now) in change.keys.items():
        values = (json.dumps(value, ensure_ascii=False) for value in (was, now))
        lines.append(f"  {key}: {' → '.join(values)}")
    return "\n".join(lines)
