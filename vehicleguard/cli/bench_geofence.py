"""The geofence part of `vehicleguard bench`: tables of what `vehicleguard.bench` measured."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import asdict
from typing import NamedTuple

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from geofence import ZoneError
from vehicleguard.bench import growth, matching, rivals, upkeep

Said = Callable[[str], None]


class Size(NamedTuple):
    """Numbers of fences, the last of them for what is measured beside many, and of fixes."""

    fences: tuple[int, ...]
    fixes: int


WHOLE = Size((1_000, 10_000, 100_000), 1_000_000)
QUICK = Size((100, 1_000), 20_000)


def measure(
    out: Console, size: Size, rounds: int, files: tuple[str, ...], said: Said
) -> dict[str, object]:
    """Measure and print; the figures for `--json`.  Raises `click.BadParameter` for a bad file."""
    compared = matching.measure(size.fences, size.fixes, rounds, said)
    title = f"matching: {size.fixes:,} clustered fixes, {rounds} rounds, million fixes/s, medians"
    _compared(out, title, compared)
    real = [_file(named, size.fixes, rounds, said) for named in files]
    if real:
        _compared(out, f"matching outlines of files: {size.fixes:,} fixes over them", real)
    grown = growth.measure((size.fences[0], size.fences[-1]), size.fixes, rounds, said)
    _grown(out, grown)
    kept = upkeep.measure(size.fences[-1], size.fixes, rounds, said)
    _kept(out, kept)
    return {
        "matching": [{**asdict(one), "ratio": one.ratio} for one in compared],
        "files": [{**asdict(one), "ratio": one.ratio} for one in real],
        "missing": rivals.missing(),
        "growth": {**asdict(grown), "ratio": grown.ratio},
        "upkeep": asdict(kept),
    }


def _file(named: str, fixes: int, rounds: int, said: Said) -> matching.Matching:
    try:
        return matching.measure_file(named, fixes, rounds, said)
    except ZoneError as error:
        raise click.BadParameter(str(error), param_hint="--zones") from error


def _compared(out: Console, title: str, found: list[matching.Matching]) -> None:
    table = Table("way", title=title)
    for one in found:
        table.add_column(escape(one.name), overflow="fold")
    for way in found[0].fixes_per_s:
        table.add_row(way, *(f"{one.fixes_per_s[way] / 1e6:.3f}" for one in found))
    table.add_section()
    table.add_row("to the best of the others", *(f"{one.ratio:.0f}x" for one in found))
    table.add_row("polygons", *(f"{one.fences:,}" for one in found))
    table.add_row("corners", *(f"{one.vertices:,}" for one in found))
    table.add_row("hits a fix", *(f"{one.hits_per_fix:.2f}" for one in found))
    table.add_row("index built in, s", *(f"{one.build_s:.2f}" for one in found))
    table.add_row("index, MB", *(f"{one.index_mb:.0f}" for one in found))
    out.print(table)
    for line in (*rivals.missing(), *(f"{one.name}: {odd}" for one in found for odd in one.odd)):
        out.print(escape(line))


def _grown(out: Console, grown: growth.Growth) -> None:
    table = Table("fences", "hits a fix", "ns a fix", title="growth at equal hits a fix, medians")
    rows = zip(grown.fences, grown.hits_per_fix, grown.ns_per_fix, strict=True)
    for fences, hits, ns in rows:
        table.add_row(f"{fences:,}", f"{hits:.2f}", f"{ns:.0f}")
    table.add_section()
    table.add_row("ratio", "", f"{grown.ratio:.1f}x")
    out.print(table)


def _kept(out: Console, kept: upkeep.Upkeep) -> None:
    table = Table(
        "what", "median", "max", title=f"beside {kept.fences:,} fences"
    )  # fmt: skip
    for kind, seconds in kept.edits.items():
        _timed(table, f"one zone {kind}" if kind in _EDITED else kind, seconds)
    _timed(table, "load, mapped", kept.load_s)
    _timed(table, "first match of the loaded set", kept.first_s)
    _timed(table, "fresh process: imports", [one[0] for one in kept.fresh_s])
    _timed(table, "fresh process: first match", [one[2] for one in kept.fresh_s])
    _timed(table, "fresh process: begun to answered", [one[3] for one in kept.fresh_s])
    _timed(table, "save", [kept.save_s])
    out.print(table)
    out.print(
        "match, ns a fix: " + ", ".join(f"{name} {ns:.0f}" for name, ns in kept.match_ns.items())
    )


_EDITED = {"replaced", "added", "removed"}


def _timed(table: Table, what: str, seconds: list[float]) -> None:
    table.add_row(
        what, f"{statistics.median(seconds) * 1000:,.1f} ms", f"{max(seconds) * 1000:,.1f} ms"
    )
