"""`vehicleguard replay`: recorded fixes through the whole core, results into a folder."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import numpy as np
from rich.console import Console

from geofence import ZoneError, ZoneSet
from geofence.datum import Datum
from ingest.cameras.register import CamerasError
from ingest.registry import Registry, RegistryError
from streams.plates import PlateGuard
from streams.rules import Rules, RulesError
from vehicleguard import recorded_sightings, recording, warm
from vehicleguard import replay as replaying
from vehicleguard.cli.progress import counting
from vehicleguard.pursuit_view import cameras_of

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
WRONG = (RulesError, ZoneError, RegistryError, CamerasError, recording.RecordingError)


@click.command()
@click.argument("files", nargs=-1, required=True, type=_FILE, metavar="FILE...")
@click.option("--registry", type=_FILE, help="CSV of vehicles; rows of others are skipped.")
@click.option("--rules", "rules_file", type=_FILE, help="TOML or JSON file of rules.")
@click.option("--zones", type=_FILE, help="GeoJSON file of zones; it states its datum.")
@click.option(
    "--zones-datum",
    type=click.Choice([str(datum) for datum in Datum]),
    help="What the zones' coordinates refer to, where the file does not say.",
)
@click.option(
    "--sightings",
    "sightings_files",
    type=_FILE,
    multiple=True,
    help="Parquet, CSV or JSON lines file of what cameras saw; needs plates in the registry.",
)
@click.option("--cameras", type=_FILE, help="CSV of cameras, for sightings that say no place.")
@click.option(
    "--cameras-datum",
    type=click.Choice([str(datum) for datum in Datum]),
    help="What the cameras' coordinates refer to, where the file does not say.",
)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to fill."
)
def replay(
    *,
    files: tuple[Path, ...],
    registry: Path | None,
    rules_file: Path | None,
    zones: Path | None,
    zones_datum: str | None,
    sightings_files: tuple[Path, ...],
    cameras: Path | None,
    cameras_datum: str | None,
    out: Path,
) -> None:
    """Run recorded fixes (Parquet or CSV) through detection.

    Writes signals.jsonl and incidents.jsonl into the folder given by --out; the same input gives
    the same bytes.  Columns: vehicle_id, t (epoch seconds), lon, lat, and optionally speed_mps,
    heading_deg, accuracy_m, ignition, armed, alarms, received.  Sightings are taken in where they
    arrived; their columns: camera, t, plate, and optionally confidence, lon, lat, received ...
    """
    console = Console(stderr=True)
    warm.ensure(lambda step: console.print(f"· {step}"))
    try:
        held = Registry.from_csv(registry) if registry else None
        over = ZoneSet.from_stated_geojson(zones, zones_datum) if zones else ZoneSet()
        rules = Rules.read(rules_file, over, held.groups_of if held else {})
        registered = held.vehicles if held else None
        places = cameras_of(cameras, cameras_datum)
        plates = held.plate_of if held else {}
        if sightings_files and not plates:
            raise RegistryError("--sightings: expected plates, in a column plate of --registry")
        with console.status("reading …"):
            recorded = recording.read(files, registered)
            seen = recorded_sightings.read(sightings_files)
    except WRONG as error:
        click.echo(f"vehicleguard replay: {error}", err=True)
        sys.exit(2)
    guard = PlateGuard(plates, places)
    with counting(console) as progress:
        task = progress.add_task("fixes", total=len(recorded.batch))
        outcome = replaying.replay(
            recorded.batch,
            rules,
            lambda n: progress.update(task, advance=n),
            replaying.Sighted(guard, seen.batch),
        )
    try:
        replaying.write(outcome, out)
    except OSError as error:
        click.echo(f"vehicleguard replay: {out}: cannot be written: {error.strerror}", err=True)
        sys.exit(2)
    for reason, rows in sorted(recorded.skipped.items()):
        click.echo(f"skipped {rows} rows: {reason}", err=True)
    for reason, rows in sorted(seen.skipped.items()):
        click.echo(f"skipped {rows} sightings: {reason}", err=True)
    if sightings_files:
        ours = guard.of_the_fleet(seen.batch)
        nowhere = np.isnan(places.places(seen.batch)[0]) & ours
        click.echo(
            f"{len(seen.batch)} sightings, {np.count_nonzero(ours)} of registered plates, "
            f"{np.count_nonzero(nowhere)} of these at no known place",
            err=True,
        )
    click.echo(
        f"{len(recorded.batch)} fixes, {len(outcome.signals)} signals, "
        f"{len(outcome.incidents)} incidents in {out}",
        err=True,
    )
