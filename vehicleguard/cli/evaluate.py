"""`vehicleguard evaluate`: how many thefts are found, how soon, and what is cried for nothing."""

from __future__ import annotations

import json
import sys
from io import StringIO
from pathlib import Path

import click
from rich.console import Console, RenderableType

from geofence import ZoneSet
from streams.rules import Rules, RulesError
from vehicleguard import replay, warm
from vehicleguard.cli.progress import counting
from vehicleguard.evaluate import kept, pictures, report
from vehicleguard.evaluate.carriers import CarrierError
from vehicleguard.evaluate.run import Asked, Evaluation, make
from vehicleguard.evaluate.run import evaluate as evaluated


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of real traces (docs/evaluation.md); without it, the shipped buses.",
)
@click.option(
    "--set",
    "half",
    type=click.Choice(["tune", "held", "all"]),
    default="held",
    show_default=True,
    help="Vehicles that thresholds may be tuned on, those held back, or all.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option(
    "--cases",
    type=click.IntRange(min=1),
    default=40,
    show_default=True,
    help="Cases a kind of theft and of hard negative.",
)
@click.option(
    "--rules",
    "rules_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="TOML or JSON file of rules.",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder to fill.")
@click.option("--keep", is_flag=True, help="Put the fixes, signals and incidents there, too.")
@click.option("--check", is_flag=True, help="Fail (exit code 1) when an aim is missed.")
def evaluate(
    *,
    data: Path | None,
    half: str,
    seed: int,
    cases: int,
    rules_file: Path | None,
    out: Path | None,
    keep: bool,
    check: bool,
) -> None:
    """Put thefts of every kind and hard negatives into real traces, and count the answers.

    Prints detection by kind with its delay, false alarms per vehicle-month by level, and whether
    the aims are met.  With --out it writes table.txt, evaluation.json, cases.jsonl and three
    pictures; the same seed gives the same bytes.  With --keep also fixes.parquet, of which
    vehicleguard replay makes the same incidents.
    """
    if keep and out is None:
        raise click.UsageError("--keep needs --out, the folder to put the fixes into.")
    console = Console(stderr=True)
    warm.ensure(lambda step: console.print(f"· {step}"))
    try:
        rules = Rules.read(rules_file, ZoneSet(), {})
        with console.status("making cases …"):
            made = make(Asked(data, half, seed, cases))
    except (RulesError, CarrierError) as error:
        click.echo(f"vehicleguard evaluate: {error}", err=True)
        sys.exit(2)
    with counting(console) as bar:
        task = bar.add_task("fixes", total=len(made.batch))
        found = evaluated(made, rules, lambda n: bar.update(task, advance=n))
    tables = report.tables(found)
    Console(width=None if sys.stdout.isatty() else report.WIDTH).print(tables)
    if out is not None:
        try:
            _write(found, tables, out, keep=keep)
        except OSError as error:
            click.echo(f"vehicleguard evaluate: {out}: cannot be written: {error}", err=True)
            sys.exit(2)
    missed = [aim for aim in found.aims if not aim.met]
    if check and missed:
        for aim in missed:
            text = f"missed: {aim.name}: wanted {aim.wanted}, found {aim.found}"
            click.echo(f"vehicleguard evaluate: {text}", err=True)
        sys.exit(1)


def _write(found: Evaluation, tables: RenderableType, out: Path, *, keep: bool) -> None:
    out.mkdir(parents=True, exist_ok=True)
    text = StringIO()
    Console(file=text, width=report.WIDTH, color_system=None).print(tables)
    replay.write_text(out / "table.txt", text.getvalue())
    told = json.dumps(report.to_json(found), ensure_ascii=False, indent=1)
    replay.write_text(out / "evaluation.json", told + "\n")
    replay.write_lines(out / "cases.jsonl", report.case_lines(found.scores.answers))
    for name, picture in pictures.of(found).items():
        replay.write_text(out / name, picture)
    if keep:
        kept.write(found.made.batch, out / kept.NAME)
        replay.write(found.outcome, out)
