"""An evaluation as tables for people, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from vehicleguard.evaluate.answer import LEVELS, Answer
from vehicleguard.evaluate.interval import poisson_upper, wilson
from vehicleguard.evaluate.run import Evaluation
from vehicleguard.evaluate.score import MONTH_H, Cried, Found

_LOOK: dict[str, Any] = {
    "title_justify": "left",
    "box": SIMPLE_HEAD,
    "padding": (0, 1, 0, 0),
    "pad_edge": False,
}
WIDTH = 128
"""Columns of a terminal that the tables fit into."""


def tables(found: Evaluation) -> RenderableType:
    """Everything that is printed."""
    scores = found.scores
    natural = scores.cried_in_all(natural=True)
    return Group(
        *(Text(line) for line in _headings(found)),
        "",
        _thefts([*scores.found, scores.total()]),
        "",
        _negatives([*scores.cried], natural, scores.cried_in_all()),
        "",
        _aims(found),
        *(Text(line) for line in _remarks(found)),
    )


def _headings(found: Evaluation) -> Iterator[str]:
    made = found.made
    yield (
        f"{len(made.cases):,} cases of {len(made.batch):,} fixes, set {made.asked.half}, "
        f"seed {made.asked.seed}, {made.asked.each} a kind"
    )
    held = made.carriers
    yield (
        f"carriers: {len(held.parked):,} real stays, {len(held.ways):,} real journeys, "
        f"{len(held.driven):,} vehicles' days"
    )
    if made.is_small:
        yield "FEW CARRIERS: these figures show that it works, not how good it is (--data DIR)."
    if made.asked.folder is None:
        yield "The sample's stays are quarters of an hour of buses, gone through forth and back."


def _thefts(rows: list[Found]) -> Table:
    table = Table(title="Thefts", **_LOOK)
    table.add_column("kind", no_wrap=True)
    for name in (
        *("n", "found %", "95 % interval", "red %", "blue", "missed", "early", "doubled"),
        *("fixes p50", "p95", "s p50", "p95"),
    ):
        table.add_column(name, justify="right", no_wrap=True)
    for one in rows:
        low, high = wilson(one.yellow + one.red, one.thefts)
        if one.kind == "all":
            table.add_section()
        table.add_row(
            one.kind,
            str(one.thefts),
            f"{one.detected * 100:.1f}",
            f"{low * 100:.1f}-{high * 100:.1f}",
            f"{one.red / max(one.thefts, 1) * 100:.1f}",
            str(one.blue),
            str(len(one.missed)),
            str(one.early),
            str(one.doubled),
            *(_percentile(one.delay_fixes, p) for p in (50, 95)),
            *(_percentile(one.delay_s, p) for p in (50, 95)),
        )
    return table


def _negatives(rows: list[Cried], natural: Cried, counted: Cried) -> Table:
    table = Table(title="No theft", **_LOOK)
    table.add_column("kind", no_wrap=True)
    for name in ("cases", "hours", *LEVELS):
        table.add_column(name, justify="right")
    for name in LEVELS:
        table.add_column(f"{name}/month", justify="right")
        table.add_column("(below)", justify="right")
    for one in rows:
        name = one.kind + ("" if one.counted else " *")
        table.add_row(name, *_cells(one))
    table.add_section()
    table.add_row("real hours as recorded", *_cells(natural))
    table.add_row("all that count", *_cells(counted))
    return table


def _cells(one: Cried) -> Iterator[str]:
    yield from (f"{one.cases:,}", f"{one.hours:,.0f}")
    yield from (str(getattr(one, level)) for level in LEVELS)
    for level in LEVELS:
        yield from (_short(one.per_month(level)), f"({_short(_upper(one, level))})")


def _short(rate: float) -> str:
    return f"{rate:.0f}" if rate >= 10 else f"{rate:.2g}"


def _upper(one: Cried, level: str) -> float:
    return poisson_upper(getattr(one, level)) / max(one.hours, 1e-9) * MONTH_H


def _aims(found: Evaluation) -> Table:
    table = Table(title="Aims", **_LOOK)
    for name in ("aim", "wanted", "found", ""):
        table.add_column(name)
    for aim in found.aims:
        said = Text("met", style="green") if aim.met else Text("MISSED", style="bold red")
        table.add_row(aim.name, aim.wanted, aim.found, said)
    return table


def _remarks(found: Evaluation) -> Iterator[str]:
    yield "(below): the rate is lower than this with 95 % confidence; a month has 730 h."
    yield "* not counted: nobody could tell it from a theft by what its terminal says."
    missed = [name for one in found.scores.found for name in one.missed]
    cried = [
        name
        for one in found.scores.cried
        if one.counted
        for level in ("red", "yellow")
        for name in one.by
        if name.endswith(level)
    ]
    for what, names in (("missed", missed), ("false alarms", cried)):
        if names:
            more = f" and {len(names) - 20} more" if len(names) > 20 else ""
            yield f"{what}: {', '.join(names[:20])}{more}"


def _percentile(values: list[float] | list[int], p: int) -> str:
    return str(round(float(np.percentile(values, p)))) if values else "-"


def to_json(found: Evaluation) -> dict[str, Any]:
    """All of it but the cases."""
    made = found.made
    return {
        "asked": {
            "data": "the sample" if made.asked.folder is None else made.asked.folder.name,
            "set": made.asked.half,
            "seed": made.asked.seed,
            "cases_a_kind": made.asked.each,
        },
        "carriers": {
            "stays": len(made.carriers.parked),
            "journeys": len(made.carriers.ways),
            "days": len(made.carriers.driven),
            "few": made.is_small,
        },
        "cases": len(made.cases),
        "fixes": len(made.batch),
        "thefts": [_found(one) for one in [*found.scores.found, found.scores.total()]],
        "negatives": [_cried(one) for one in found.scores.cried],
        "real_hours": _cried(found.scores.cried_in_all(natural=True)),
        "all_that_count": _cried(found.scores.cried_in_all()),
        "aims": [asdict(aim) for aim in found.aims],
        "sweep": found.sweep.to_json(),
    }


def _found(one: Found) -> dict[str, Any]:
    low, high = wilson(one.yellow + one.red, one.thefts)
    plain = {n: getattr(one, n) for n in ("kind", "thefts", *LEVELS, "early", "doubled", "missed")}
    delays = {
        f"{name}_p{p}": float(np.percentile(values, p)) if values else None
        for name, values in (("delay_fixes", one.delay_fixes), ("delay_s", one.delay_s))
        for p in (50, 95)
    }
    return {**plain, "detected": one.detected, "detected_95": [low, high], **delays}


def _cried(one: Cried) -> dict[str, Any]:
    rates = {
        f"{level}_per_vehicle_month": {"rate": one.per_month(level), "below": _upper(one, level)}
        for level in LEVELS
    }
    return {**asdict(one), **rates}


def case_lines(answers: list[Answer]) -> Iterator[dict[str, Any]]:
    """A mapping each case: what it is, and what was answered."""
    for answer in answers:
        case = answer.case
        yield {
            "vehicle_id": answer.vehicle,
            "kind": case.kind,
            "fixes": len(case.fixes),
            "hours": round(case.hours, 3),
            "place": list(case.place),
            "theft_t": case.theft_t,
            "counted": case.counted,
            "terminal": None if case.terminal is None else asdict(case.terminal),
            "incidents": list(answer.incidents),
            "level": answer.level,
            "early": answer.early,
            "doubled": answer.doubled,
            "delay_s": None if answer.delay_s is None else round(answer.delay_s, 3),
            "delay_fixes": answer.delay_fixes,
        }
