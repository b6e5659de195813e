"""`vehicleguard zones`: check a zone file, convert it, ask it, compare it, look at it."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import click
import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from geofence import ZoneError, ZoneSet, geojson
from geofence.datum import Datum, to_wgs84
from geofence.geojson import Found
from geofence.nearest import nearest
from geofence.survey import Survey
from geofence.zone import one_line
from geofence.zone_change import changes
from vehicleguard import warm
from vehicleguard import zone_words as words
from vehicleguard.recording import Arrivals, RecordingError
from vehicleguard.replay import write_text
from vehicleguard.zone_plan import plan
from vehicleguard.zone_svg import svg

_FILE = click.Path(path_type=Path)  # what cannot be read is said by the reader, in one line
_DATA = click.Choice([str(datum) for datum in Datum])
_DATUM = click.option(
    "--datum", type=_DATA, help="What the coordinates refer to, where the file does not say."
)
_SOON_S = 1.0


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
    click.echo(f"{words.counted(len(found.zones), 'zone')}, {found.datum}")
    kinds = ", ".join(words.counted(n, str(kind)) for kind, n in survey.kinds.most_common())
    if survey.bounds is not None:
        click.echo(f"  {kinds}; {words.counted(survey.vertices, 'vertex', 'vertices')}")
        click.echo(f"  {words.extent(survey.bounds)}")
        click.echo(f"  tags: {words.tags(survey)}")
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
    _write(out, _json(written, indent=1) + "\n")
    click.echo(f"{words.counted(len(found.zones), 'zone')}: {found.datum} → {wanted}, in {out}")


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
        click.echo(f"in {words.named(found.zones[position])}")
    if near is not None:
        click.echo(f"in no zone; {near[1]:,.0f} m from {words.named(found.zones[near[0]])}")
    if found.refused:
        _fail(
            f"{file}: {words.counted(len(found.refused), 'feature')} refused: zones check says why"
        )


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
        click.echo(_json(vars(change)) if as_json else words.told(change))
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
            planned = plan(chosen, other, _places(fixes))
            drawn = planned and svg(planned, file.name, compare.name if compare else "")
    except RecordingError as error:
        _fail(str(error))
    if not drawn:
        _fail(f"{file}: every feature is refused: zones check says why")
    _write(out, drawn)
    drawn_zones = sum(zone.geometry is not None for zone in chosen)
    click.echo(f"{words.counted(drawn_zones, 'zone')} drawn in {out}")


def _places(files: Sequence[Path]) -> NDArray[np.float64]:
    """Where the fixes of recordings of any size were, float64[n, 2], to a metre and each once.

    Raises `RecordingError`.
    """
    seen = np.empty((0, 2))
    for batch in Arrivals(files):
        fresh = np.round(np.column_stack([batch.lon, batch.lat]), 5)
        seen = np.unique(np.concatenate([seen, fresh]), axis=0)
    return seen


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


def _json(value: object, indent: int | None = None) -> str:
    """JSON text.  Half a surrogate pair is no text, but JSON can spell it."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return text.encode("utf-8", "backslashreplace").decode()


def _write(path: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    try:
        write_text(path, text)
    except OSError as error:
        _fail(f"{path}: cannot be written: {error.strerror}")


def _fail(*lines: str) -> NoReturn:
    for line in lines:
        click.echo(f"vehicleguard zones: {line}", err=True)
    sys.exit(2)
