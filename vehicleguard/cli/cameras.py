"""`vehicleguard cameras`: how the cameras are, and whether a camera file can be used."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from geofence.datum import Datum, to_wgs84
from ingest import sqlite
from ingest.cameras.register import Cameras, CamerasError
from ingest.cameras.sqlite_cameras import SqliteCameraHealth
from ingest.store.sqlite_log import SqliteLog
from vehicleguard import settings as setting
from vehicleguard.camera_list import listed
from vehicleguard.camera_watch import restored
from vehicleguard.embedded import STORE
from vehicleguard.pursuit_view import cameras_of

_WELL = {"good", "learning"}


@click.command()
@click.option(
    "--settings", "settings_file", type=click.Path(path_type=Path), envvar="VEHICLEGUARD_SETTINGS"
)
@click.option(
    "--data", type=click.Path(path_type=Path), help="Folder of the run (else from the settings)."
)
@click.option("--ill", is_flag=True, help="Only those that are not well.")
@click.option("--json", "as_json", is_flag=True, help="A JSON line each.")
@click.option(
    "--check",
    "checked",
    type=click.Path(path_type=Path),
    help="Check a CSV file of cameras instead: every bad line is told.",
)
@click.option(
    "--datum",
    type=click.Choice([str(datum) for datum in Datum]),
    help="What its coordinates refer to, where it does not say.",
)
def cameras(
    settings_file: Path | None,
    data: Path | None,
    checked: Path | None,
    datum: str | None,
    *,
    ill: bool,
    as_json: bool,
) -> None:
    """List the cameras, the gravest first: condition, since when, why, last read.

    A run keeps their health in its store as it goes; this command reads it, beside a run or after.
    """
    if checked is not None:
        _check(checked, datum)
        return
    try:
        settings = setting.load(settings_file)
        known = cameras_of(settings.streams.cameras, settings.streams.cameras_datum)
    except (setting.SettingsError, CamerasError) as error:
        _fail(str(error))
    store = (data or settings.data) / STORE
    if not store.exists():
        _fail(f"{store}: no such store; has a run used it?")
    try:
        with contextlib.closing(sqlite.connect(store)) as connection:
            kept, blocks = SqliteCameraHealth(connection), SqliteLog(connection)
            health, _ = restored(kept, known, blocks)
    except (sqlite.StoreError, sqlite3.Error) as error:
        _fail(str(error))
    rows = listed(health, known, time.time_ns() // 1_000_000)
    if ill:
        rows = [row for row in rows if row["condition"] not in _WELL]
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False))
    elif not rows:
        click.echo("every camera is well" if ill else "no camera was registered or heard of")
    else:
        Console().print(_table(rows))


def _check(path: Path, datum: str | None) -> None:
    """Tell every bad line and end with status 2, or say that the file can be used."""
    by_datum = {str(d): partial(to_wgs84, datum=d) for d in Datum}
    problems = Cameras.problems(path, datum, by_datum)
    for problem in problems:
        click.echo(f"{path}: {problem}", err=True)
    if problems:
        sys.exit(2)
    click.echo(f"{path}: {len(Cameras.from_csv(path, datum, by_datum))} cameras, all right")


def _fail(text: str) -> None:
    click.echo(f"vehicleguard cameras: {text}", err=True)
    sys.exit(2)


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table("camera", "condition", "since (UTC)", "why", "last read", "this hour", "place")
    for row in rows:
        name = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in row["camera"])
        hour = f"{row['reads_this_hour']} of {row['usual_this_hour']:g}"
        place = "registered" if row["is_registered"] else "not registered"
        cells = (name, row["condition"], _when(row["since"]), row["reason"], _when(row["heard"]))
        table.add_row(*(Text(cell) for cell in (*cells, hour, place)))
    return table


def _when(seconds: float | None) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}" if seconds else ""
