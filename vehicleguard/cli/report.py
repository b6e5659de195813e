"""`vehicleguard report`: the 1-3-5 report of a store, as a table or as JSON lines."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.force import ForceError, Forces
from alerts.incident import Incident
from alerts.ledger import Wanted
from alerts.percentiles import BY, SINCE, By, Figures, Since, chosen
from alerts.percentiles import report as figures_of
from alerts.sqlite_ledger import SqliteLedger
from ingest import sqlite
from vehicleguard import settings as setting
from vehicleguard.embedded import STORE
from vehicleguard.force_files import forces_of

_PAGE = 500


@click.command()
@click.option(
    "--settings", "settings_file", type=click.Path(path_type=Path), envvar="VEHICLEGUARD_SETTINGS"
)
@click.option(
    "--data", type=click.Path(path_type=Path), help="Folder of the run (else from the settings)."
)
@click.option("--days", type=click.IntRange(1, 3660), help="Only incidents of so many days.")
@click.option("--since", type=click.Choice(SINCE), default="alerted", show_default=True)
@click.option("--by", type=click.Choice(BY), default="all", show_default=True)
@click.option("--drills", is_flag=True, help="Only drills, which otherwise do not count.")
@click.option("--json", "as_json", is_flag=True, help="Everything, a JSON line for each row.")
def report(
    *,
    settings_file: Path | None,
    data: Path | None,
    days: int | None,
    since: Since,
    by: By,
    drills: bool,
    as_json: bool,
) -> None:
    """Print how long it took until red incidents were dispatched, signed, reached and closed.

    Percentiles are times of incidents, and their number stands beside them.  What has no stamp is
    counted: running while it is open, missing once it is closed.
    """
    try:
        settings = setting.load(settings_file)
        store = (data or settings.data) / STORE
        if not store.exists():
            _fail(f"{store}: no such store; has a run used it?")
        forces = forces_of(settings.alerts.force)
        ledger = SqliteLedger(store)
        with contextlib.ExitStack() as cleanup:
            cleanup.callback(ledger.disconnect)
            found = figures_of(
                _incidents(ledger, days),
                lambda party: platform_of(forces, party),
                settings.alerts.force.time_zone,
                drills=drills,
            )
    except (setting.SettingsError, sqlite.StoreError, sqlite3.Error, ForceError) as error:
        _fail(str(error))
    if as_json:
        for one in found:
            click.echo(json.dumps(dataclasses.asdict(one), ensure_ascii=False))
    else:
        show(list(chosen(found, since, by)), since, drills=drills)


def show(found: Sequence[Figures], since: Since, *, drills: bool = False) -> None:
    """Print the figures as a table for people."""
    kind = "drills" if drills else "red incidents"
    if not found:
        click.echo(f"there are no {kind}")
        return
    table = Table(
        "moment", "of", "n", "p50", "p90", "p99", "longest", "in time", "running", "missing",
        "tap/position/unsaid", "told late", "odd", title=f"{kind}, seconds since {since}",
    )  # fmt: skip
    for one in found:
        times = (one.p50_s, one.p90_s, one.p99_s, one.max_s)
        table.add_row(
            one.moment.replace("_", " "),
            Text(one.group),
            str(one.count),
            *("-" if time_s is None else f"{time_s:.0f}" for time_s in times),
            f"{one.met}/{one.goals}" if one.goals else "-",
            str(one.running),
            str(one.missing),
            f"{one.by_tap}/{one.by_position}/{one.by_unsaid}",
            str(one.told_late),
            str(one.odd),
        )
    Console(width=None if sys.stdout.isatty() else 140).print(table)


def _incidents(ledger: SqliteLedger, days: int | None) -> Iterator[Incident]:
    """Every incident, the newest first, back to so many days ago."""
    oldest = 0.0 if days is None else (datetime.now(UTC) - timedelta(days=days)).timestamp()
    before = None
    while page := ledger.newest(Wanted(), before, _PAGE):
        for entry in page:
            if entry.incident.t_detected >= oldest:
                yield entry.incident
        before = ledger.opened_seq(page[-1].incident.id)


def platform_of(forces: Forces, party: str) -> str | None:
    """The platform of a unit, or the platform that the party is itself."""
    unit = forces.units.get(party)
    if unit is not None:
        return unit.platform
    return party if party in forces.platforms else None


def _fail(text: str) -> NoReturn:
    click.echo(f"vehicleguard report: {text}", err=True)
    sys.exit(2)
