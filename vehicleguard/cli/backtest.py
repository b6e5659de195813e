"""`vehicleguard backtest`: what other rules would have said of recorded fixes."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from geofence import ZoneError, ZoneSet
from geofence.backtest import Outcome
from geofence.datum import Datum
from geofence.rules.document import RulesError
from geofence.rules.versions import VersionError, version_of
from ingest import sqlite
from ingest.registry import Registry, RegistryError
from streams.rules import RuleFile, Rules
from vehicleguard import backtest as testing
from vehicleguard import warm
from vehicleguard.cli.progress import counting
from vehicleguard.recording import Arrivals, RecordingError
from vehicleguard.sqlite_rules import SqliteVersions

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_SHOWN = 10  # zones in the table; all are in summary.json


@click.command()
@click.argument("files", nargs=-1, required=True, type=_FILE, metavar="FILE...")
@click.option("--a", "before", required=True, metavar="RULES", help="Rules as they are.")
@click.option("--b", "after", required=True, metavar="RULES", help="Rules as they may become.")
@click.option("--store", type=_FILE, help="Store of which RULES may name a version.")
@click.option("--zones", type=_FILE, help="GeoJSON file of zones; it states its datum.")
@click.option("--zones-b", type=_FILE, help="Zones for the rules of --b, where they differ, too.")
@click.option(
    "--zones-datum",
    type=click.Choice([str(datum) for datum in Datum]),
    help="What the zones' coordinates refer to, where the file does not say.",
)
@click.option("--registry", type=_FILE, help="CSV of vehicles and groups; others are skipped.")
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    default=900.0,
    show_default=True,
    help="Seconds by which an alert may come earlier or later and be the same one.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=lambda: len(os.sched_getaffinity(0)),
    show_default="all cores",
    help="Threads; the answer does not depend on it.",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder to fill.")
def backtest(
    *,
    files: tuple[Path, ...],
    before: str,
    after: str,
    store: Path | None,
    zones: Path | None,
    zones_b: Path | None,
    zones_datum: str | None,
    registry: Path | None,
    tolerance: float,
    jobs: int,
    out: Path | None,
) -> None:
    """Run recorded fixes through rules A and B: alerts gained, lost and unchanged.

    FILES are Parquet or CSV as for replay, or a system's own store (data/vehicleguard.sqlite).
    RULES is a file, or the number of a published version with --store.  Prints counts by rule and
    zone; with --out it also writes alerts.jsonl (every alert) and summary.json.
    """
    console = Console(stderr=True)
    warm.ensure(lambda step: console.print(f"· {step}"))
    try:
        held = Registry.from_csv(registry) if registry else None
        groups = held.groups_of if held else {}
        over = ZoneSet.from_stated_geojson(zones, zones_datum) if zones else ZoneSet()
        other = ZoneSet.from_stated_geojson(zones_b, zones_datum) if zones_b else over
        one = _rules(before, store)
        two = _rules(after, store)
        sides = (
            Rules(one.thresholds(), over, one.book(), groups),
            Rules(two.thresholds(), other, two.book(), groups),
        )
        with console.status("looking at the recording …"):
            arrivals = Arrivals(files, held.vehicles if held else None)
        started = time.perf_counter()
        with counting(console) as progress:
            task = progress.add_task("fixes", total=arrivals.rows)
            found = testing.backtest(
                arrivals,
                *sides,
                jobs=jobs,
                tolerance_s=tolerance,
                advanced=lambda done: progress.update(task, completed=done),
            )
        took_s = time.perf_counter() - started
    except RulesError as error:
        _fail(*error.lines())
    except (ZoneError, RegistryError, RecordingError, VersionError, sqlite.StoreError) as error:
        _fail(str(error))
    told = testing.summary(found, *sides)
    if out is not None:
        try:
            testing.write(found, told, out)
        except OSError as error:
            _fail(f"{out}: cannot be written: {error.strerror}")
    for reason, rows in sorted((+arrivals.skipped).items()):
        click.echo(f"skipped {rows} rows: {reason}", err=True)
    _show(told)
    click.echo(
        f"{told['fixes']:,} fixes of {told['vehicles']:,} vehicles in {took_s:.1f} s"
        + (f"; every alert in {out}" if out else ""),
        err=True,
    )


def _rules(named: str, store: Path | None) -> RuleFile:
    """The rules of a file, or of a version in the store.  Raises `RulesError`, `VersionError`."""
    if Path(named).exists() or not named.isdecimal():
        return RuleFile.read(named)
    if store is None:
        _fail(f"{named}: there is no such file; a version needs --store")
    try:
        with contextlib.closing(sqlite.connect(store)) as connection:
            versions = SqliteVersions(connection)
            content = versions.content(version_of(versions, int(named)).digest)
    except sqlite3.Error as error:
        _fail(f"{store}: {error}")
    return RuleFile.of(content)


def _show(told: dict[str, Any]) -> None:
    console = Console()
    if told["thresholds_differ"]:
        console.print("The thresholds of detection differ: the detectors ran under both.")
    _table(console, "rule", "Rules", told["by_rule"])
    changed = [row for row in told["by_zone"] if row["gained"] or row["lost"]]
    if changed:
        more = len(changed) - _SHOWN
        title = "Zones that change most" + (f" ({more:,} more change)" if more > 0 else "")
        _table(console, "zone", title, changed[:_SHOWN])
    counts = told["alerts"]
    if not any(counts.values()):
        console.print("Neither raises any alert here.")
    elif not counts["gained"] + counts["lost"] + counts["shifted"]:
        console.print("Nothing changes.")


def _table(console: Console, name: str, title: str, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    table = Table(title=title, title_justify="left")
    table.add_column(name, overflow="fold")
    for outcome in Outcome:
        table.add_column(outcome.name.lower(), justify="right")
    if name == "rule":
        table.add_column("severity")
    for row in rows:
        cells = [Text(str(row[name]) if row[name] is not None else "(no zone)")]
        for outcome in Outcome:
            count = row[outcome.name.lower()]
            table_style = _STYLE.get(outcome, "") if count else "dim"
            cells.append(Text(f"{count:,}", style=table_style))
        if name == "rule":
            cells.append(Text(_severity(row)))
        table.add_row(*cells)
    console.print(table)


_STYLE = {Outcome.GAINED: "bold red", Outcome.LOST: "bold blue", Outcome.SHIFTED: "yellow"}


def _severity(row: dict[str, Any]) -> str:
    was, now = row["severity_before"], row["severity_after"]
    if was is None and now is None:
        return "(detector)"
    if was is None:
        return f"{now} (new)"
    if now is None:
        return f"{was} (removed)"
    return str(now) if was == now else f"{was} → {now}"


def _fail(*lines: str) -> NoReturn:
    for line in lines:
        click.echo(f"vehicleguard backtest: {line}", err=True)
    sys.exit(2)
