"""`vehicleguard forces`: check the files of platforms, village posts, units and jurisdictions."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import click
from pydantic import ValidationError

from alerts.force import ForceError, Forces
from alerts.force_settings import ForceSettings
from alerts.jurisdiction import Areas, AreasError, Rung
from vehicleguard.force_files import areas_of, forces_of
from vehicleguard.zone_words import counted

_FILE = click.Path(path_type=Path)
_DATUM = click.Choice(["wgs84", "gcj02", "bd09"])
_SHOWN = 50  # lines of what is wrong; the rest are counted


@click.command()
@click.option("--check", "platforms", type=_FILE, help="CSV file of platforms.")
@click.option("--posts", type=_FILE, help="CSV file of village police rooms.")
@click.option("--units", type=_FILE, help="CSV file of units.")
@click.option("--datum", type=_DATUM, help="What positions refer to, where no column says it.")
@click.option("--areas", type=_FILE, help="GeoJSON file of jurisdictions.")
@click.option("--areas-datum", type=_DATUM, help="What outlines refer to, where it does not say.")
def forces(
    *,
    platforms: Path | None,
    posts: Path | None,
    units: Path | None,
    datum: str | None,
    areas: Path | None,
    areas_datum: str | None,
) -> None:
    """Say what files of forces and areas hold, and all that is wrong; exit 2 if anything is.

    A unit needs its platform, so --posts and --units come with --check.
    """
    given = {
        "platforms": platforms, "posts": posts, "units": units, "datum": datum,
        "areas": areas, "areas_datum": areas_datum,
    }  # fmt: skip
    if platforms is None and areas is None:
        raise click.UsageError("nothing to check: expected --check FILE or --areas FILE")
    try:
        settings = ForceSettings.model_validate(
            {key: value for key, value in given.items() if value is not None}
        )
    except ValidationError as error:
        _fail([f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()])
    try:
        held, found = forces_of(settings), areas_of(settings)
    except ForceError as error:
        _fail([f"{error.path}: {problem}" for problem in error.problems])
    except AreasError as error:
        _fail([f"{areas}: {problem}" for problem in error.problems])
    if platforms is not None:
        _say(held)
    if found is not None:
        _say_areas(found)
        if unknown := held.unknown_areas(found.tree.areas):
            _fail(unknown)


def _say(held: Forces) -> None:
    units = held.units.values()
    click.echo(
        f"{counted(len(held.platforms), 'platform')}, {counted(len(held.posts), 'post')}, "
        f"{counted(len(units), 'unit')}"
    )
    if not units:
        return
    for what, kinds in (("rank", [unit.rank for unit in units]),
                        ("mode", [unit.mode for unit in units])):  # fmt: skip
        told = ", ".join(f"{kind} {n}" for kind, n in Counter(map(str, kinds)).most_common())
        click.echo(f"  by {what}: {told}")
    now = datetime.now(UTC)
    on = sum(unit.shift.is_on(round(now.timestamp() * 1000)) for unit in units)
    click.echo(f"  on shift now: {on}")
    empty = [one.id for one in held.platforms.values()
             if all(unit.platform != one.id for unit in units)]  # fmt: skip
    if empty:
        click.echo(f"warning: without a unit: {', '.join(empty[:_SHOWN])}", err=True)


def _say_areas(found: Areas) -> None:
    tree = found.tree
    for rung in Rung:
        codes = [code for code, area in tree.areas.items() if area.rung is rung]
        if codes:
            drawn = sum(code in found.outlines for code in codes)
            centred = sum(code in found.centres for code in codes)
            rest = len(codes) - drawn - centred
            click.echo(
                f"{rung.label}: {len(codes)} ({drawn} by outline, {centred} by centre, "
                f"{rest} by what is below)"
            )


def _fail(lines: Sequence[str]) -> NoReturn:
    for line in lines[:_SHOWN]:
        click.echo(f"vehicleguard forces: {line}", err=True)
    if len(lines) > _SHOWN:
        click.echo(f"vehicleguard forces: and {len(lines) - _SHOWN} more", err=True)
    sys.exit(2)
