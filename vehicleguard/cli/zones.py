"""`vehicleguard zones`: check a zone file, convert it, ask it, compare it, look at it."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import click
import numpy as np
from rich.console import Console

from geofence import ZoneError, ZoneSet, geojson
from geofence.datum import Datum, to_wgs84
from geofence.geojson import Found
from geofence.metric import scale
from geofence.nearest import nearest
from geofence.survey import Survey
from geofence.zone import Bounds, one_line
from geofence.zone_change import ZoneChange, changes
from vehicleguard import recording, warm
from vehicleguard.zone_plan import plan
from vehicleguard.zone_svg import svg

_FILE = click.Path(path_type=Path)  # what cannot be read is said by the reader, in one line
_DATA = click.Choice([str(datum) for datum in Datum])
_DATUM = click.option(
    "--datum", type=_DATA, help="What the coordinates refer to, where the file does not say."
)
_SOON_S = 1.0
_TAGS = 12  # told by name; the others are counted


@click.group()
def zones() -> None:
    """Check, convert, compare and draw files of zones; ask where a position lies."""


@zones.command()
@click.argument("file", type=_FILE)
@_DATUM
def check(file: Path, datum: str | None) -> None:
    """Say what a zone file holds, what was mended, and all that is wrong; exit 2 if anything is."""
    found = _read(file, datum)
    with _patience("looking at the zones …"):
        survey = Survey.of(found)
    click.echo(f"{_counted(len(found.zones), 'zone')}, {found.datum}")
    kinds = ", ".join(_counted(n, str(kind)) for kind, n in survey.kinds.most_common())
    if survey.bounds is not None:
        click.echo(f"  {kinds}; {_counted(survey.vertices, 'vertex', 'vertices')}")
        click.echo(f"  {_extent(survey.bounds)}")
        click.echo(f"  tags: {_tags(survey)}")
    for problem in found.problems:
        if problem.repaired:
            click.echo(f"{file}: mended: {problem}", err=True)
    for warning in survey.warnings:
        click.echo(f"{file}: warning: {warning}", err=True)
    if found.refused:
        _fail(*(f"{file}: {problem}" for problem in found.refused))


@zones.command()
@click.argument("file", type=_FILE)
@click.option("--to", "wanted", type=_DATA, required=True, help="What they shall refer to.")
@_DATUM
@click.option("--out", type=_FILE, required=True, help="GeoJSON file to write.")
def convert(file: Path, wanted: str, datum: str | None, out: Path) -> None:
    """Write the zones in another datum, whole or not at all; the way back is good to 1 cm."""
    found = _whole(file, datum)
    with _patience("converting …"):
        written = {**found.members, **geojson.write(found.zones, Datum(wanted))}
    text = json.dumps(written, ensure_ascii=False, indent=1, allow_nan=False)
    _write(out, (text + "\n").encode())
    click.echo(f"{_counted(len(found.zones), 'zone')}: {found.datum} → {wanted}, in {out}")


@zones.command(context_settings={"ignore_unknown_options": True})  # -97.7 is no option
@click.argument("lon", type=click.FloatRange(-180, 180))
@click.argument("lat", type=click.FloatRange(-90, 90))
@click.argument("file", type=_FILE)
@_DATUM
@click.option(
    "--of", "own", type=_DATA, default="wgs84", show_default=True, help="Datum of the position."
)
def at(lon: float, lat: float, file: Path, datum: str | None, own: str) -> None:
    """Say which zones hold a position, or else which is nearest."""
    found = _read(file, datum)
    xy = to_wgs84(np.array([lon]), np.array([lat]), Datum(own))
    warm.ensure(lambda step: click.echo(f"· {step}", err=True))
    with _patience("looking …"):
        _, held = ZoneSet(found.zones, found.problems).match(*xy)
        near = None if len(held) else nearest(found.zones, float(xy[0][0]), float(xy[1][0]))
    for position in held.tolist():
        click.echo(f"in {_named(found, position)}")
    if near is not None:
        click.echo(f"in no zone; {near[1]:,.0f} m from {_named(found, near[0])}")
    if found.refused:
        _fail(f"{file}: {_counted(len(found.refused), 'feature')} refused: zones check says why")


@zones.command("diff")
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@_DATUM
@click.option("--json", "as_json", is_flag=True, help="A JSON line for each zone that changed.")
def diff_(old: Path, new: Path, datum: str | None, *, as_json: bool) -> None:
    """Say which zones were added, removed, redrawn, tagged or named anew, held together by id."""
    before, after = _whole(old, datum), _whole(new, datum)
    with _patience("comparing …"):
        found = changes(before.zones, after.zones)
    for change in found:
        click.echo(json.dumps(vars(change), ensure_ascii=False) if as_json else _told(change))
    if not found and not as_json:
        click.echo("nothing changed")


@zones.command()
@click.argument("file", type=_FILE)
@_DATUM
@click.option("--fixes", type=_FILE, multiple=True, help="A recording to draw beneath.")
@click.option("--only", multiple=True, metavar="ID", help="Draw this zone, none but those named.")
@click.option("--compare", type=_FILE, help="Zones to lay over, dashed.")
@click.option("--out", type=_FILE, required=True, help="SVG file to write.")
def show(
    *,
    file: Path,
    datum: str | None,
    fixes: tuple[Path, ...],
    only: tuple[str, ...],
    compare: Path | None,
    out: Path,
) -> None:
    """Draw the zones: names, a colour for each first tag, a scale; refused ones are left out."""
    if out.suffix.lower() != ".svg":
        _fail(f"{out}: expected a name that ends in .svg")
    found = _read(file, datum)
    beside = _read(compare, datum).zones if compare else ()
    chosen, other = (
        [zone for zone in held if not only or zone.id in only] for held in (found.zones, beside)
    )
    for absent in sorted(set(only) - {zone.id for zone in chosen}):
        _fail(f"{file}: there is no zone {one_line(absent)}")
    try:
        with _patience("drawing …"):
            batch = recording.read(fixes).batch if fixes else None
            lonlat = None if batch is None else np.column_stack([batch.lon, batch.lat])
            planned = plan(chosen, other, lonlat)
            drawn = planned and svg(planned, file.name, compare.name if compare else "")
    except recording.RecordingError as error:
        _fail(str(error))
    if not drawn:
        _fail(f"{file}: every feature is refused: zones check says why")
    _write(out, drawn)
    drawn_zones = sum(zone.geometry is not None for zone in chosen)
    click.echo(f"{_counted(drawn_zones, 'zone')} drawn in {out}")


def _read(file: Path, datum: str | None) -> Found:
    """What a file holds; an end in one line when it cannot be read or holds nothing."""
    try:
        with _patience(f"reading {file.name} …"):
            found = geojson.read_stated(file, datum)
    except ZoneError as error:
        _fail(str(error))
    if not found.zones:
        _fail(f"{file}: features: expected one zone or more, got none")
    return found


def _whole(file: Path, datum: str | None) -> Found:
    """As `_read`, and nothing may be refused."""
    found = _read(file, datum)
    if found.refused:
        _fail(str(ZoneError.of_features(found.refused, file)))
    return found


@contextlib.contextmanager
def _patience(doing: str) -> Iterator[None]:
    """Show on a terminal that something goes on, once it takes longer than a moment."""
    console = Console(stderr=True)
    status = console.status(doing)
    timer = threading.Timer(_SOON_S, status.start)
    if console.is_terminal:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if timer.ident is not None:
            timer.join()
        status.stop()


def _write(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all."""
    try:
        folder = path.absolute().parent
        with tempfile.NamedTemporaryFile(dir=folder, prefix=path.name, delete=False) as file:
            try:
                file.write(content)
                file.close()
                Path(file.name).chmod(0o666 & ~_umask())
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        _fail(f"{path}: cannot be written: {error.strerror}")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _fail(*lines: str) -> NoReturn:
    for line in lines:
        click.echo(f"vehicleguard zones: {line}", err=True)
    sys.exit(2)


def _counted(n: int, one: str, many: str = "") -> str:
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def _named(found: Found, position: int) -> str:
    zone = found.zones[position]
    return zone.id if zone.name == zone.id else f"{zone.id} ({one_line(zone.name)})"


def _extent(bounds: Bounds) -> str:
    west, south, east, north = bounds
    per_lon, per_lat = scale(np.array((south + north) / 2))
    wide, high = (east - west) * per_lon / 1000, (north - south) * per_lat / 1000
    return (
        f"longitude {west:.4f} to {east:.4f}, latitude {south:.4f} to {north:.4f} (wgs84): "
        f"{wide:,.1f} km by {high:,.1f} km"
    )


def _tags(survey: Survey) -> str:
    parts = [f"{one_line(tag)} {n:,}" for tag, n in survey.tags.most_common(_TAGS)]
    if len(survey.tags) > _TAGS:
        parts.append(f"{len(survey.tags) - _TAGS:,} more")
    return ", ".join([*parts, *([f"none {survey.untagged:,}"] if survey.untagged else [])])


def _told(change: ZoneChange) -> str:
    parts = [change.what] if change.what != "changed" else []
    if change.redrawn_m is not None:
        parts.append(f"redrawn, by up to {change.redrawn_m:,.1f} m")
    if change.tags is not None:
        parts.append("tags {} → {}".format(*(" ".join(held) or "(none)" for held in change.tags)))
    if change.name is not None:
        parts.append("name {} → {}".format(*map(one_line, change.name)))
    return f"{change.zone}: {'; '.join(parts)}"
