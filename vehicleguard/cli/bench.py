"""`vehicleguard bench`: what this machine can do, in ratios measured in one run."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from vehicleguard.bench import backtest as backtest_bench
from vehicleguard.bench import decoding as decoding_bench
from vehicleguard.bench import ingest as ingest_bench
from vehicleguard.bench import jt808 as jt808_bench
from vehicleguard.bench import jt808_line as jt808_line_bench
from vehicleguard.bench import latency as latency_bench
from vehicleguard.bench import processor as processor_bench
from vehicleguard.bench.feeder import FIXES_PACKED
from vehicleguard.bench.fleet import WATCHED
from vehicleguard.cli import bench_geofence

PARTS = ("ingest", "processor", "latency", "geofence", "backtest")
_NAMES = {
    "bare": "bare paho loop",
    "read": "ingest, received and acknowledged",
    "path": "ingest, to the durable write",
    "answered": "the same, each fix answered on …/ack",
    "packed": f"received and acknowledged, {FIXES_PACKED} fixes a message",
    "shared": f"to the durable write, {ingest_bench.MEMBERS} processes that share",
}

_BESIDES: dict[str, Callable[[processor_bench.Detection], str]] = {
    "bytes a vehicle, detectors' state": lambda found: f"{found.state_bytes:.0f}",
    "bytes a vehicle, rules' state": lambda found: f"{found.fence_bytes:.0f}",
    "signals a thousand fixes": lambda found: f"{found.signals_per_fix * 1000:.2f}",
}
_OF_THEFTS: dict[str, Callable[[processor_bench.Thefts], str]] = {
    "thefts at once": lambda thefts: f"{thefts.count:,}",
    "signals of theirs": lambda thefts: f"{thefts.signals:,.0f}",
    "ns of the core a fix, with them": lambda thefts: f"{thefts.stolen_ns:.0f}",
    "… of which to word the signals": lambda thefts: f"{thefts.words_ns:.0f}",
    "ns of the core a fix, without": lambda thefts: f"{thefts.quiet_ns:.0f}",
}


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(PARTS), metavar="[PART]…")
@click.option("--quick", is_flag=True, help="Small sizes: shows that it works, measures little.")
@click.option("--messages", type=click.IntRange(100, 1_000_000), default=30_000, show_default=True)
@click.option("--rounds", type=click.IntRange(1, 50), default=5, show_default=True)
@click.option(
    "--minutes",
    type=click.FloatRange(0.05, 600),
    default=3.0,
    show_default=True,
    help="How long to keep the load of the latency part up.",
)
@click.option(
    "--vehicles",
    type=click.IntRange(100, 300_000),
    default=30_000,
    show_default=True,
    help="Fleet of the latency part; each vehicle reports every 30 s.",
)
@click.option(
    "--zones",
    multiple=True,
    metavar="FILE[:DATUM]",
    help="A GeoJSON file on whose polygons the geofence part measures, too; repeatable.",
)
@click.option(
    "--fleet",
    multiple=True,
    type=click.IntRange(1_000, 20_000_000),
    help="Vehicles of the processor part, instead of 30,000 and 10 million; repeatable.",
)
@click.option("--json", "to", type=click.Path(path_type=Path), help="Write all figures there, too.")
def bench(
    *,
    parts: tuple[str, ...],
    messages: int,
    rounds: int,
    minutes: float,
    vehicles: int,
    zones: tuple[str, ...],
    fleet: tuple[int, ...],
    to: Path | None,
    quick: bool,
) -> None:
    """Measure this machine: ingest, processor, latency, geofence, backtest; all, or parts named.

    Ratios are of one run with alternating rounds; quote them rather than absolute figures.
    """
    if quick:
        messages, rounds, minutes, vehicles = min(messages, 2000), 1, min(minutes, 0.1), 1000
    out, progress = Console(), Console(stderr=True)
    figures: dict[str, object] = {}
    with progress.status("measuring …") as status:

        def said(step: str) -> None:
            status.update(step)

        if not parts or "ingest" in parts:
            figures["ingest"] = _ingest(out, messages, rounds, said)
            figures["decoding"] = _decoding(out, rounds, said)
            figures["jt808"] = _jt808(out, messages, rounds, said)
        if not parts or "processor" in parts:
            measured = processor_bench.QUICK if quick else processor_bench.WHOLE
            measured = measured._replace(fleets=fleet or measured.fleets)
            figures["processor"] = _processor(out, measured, said)
        if not parts or "latency" in parts:
            figures["latency"] = _latency(out, minutes, vehicles, said)
        if not parts or "geofence" in parts:
            size = bench_geofence.QUICK if quick else bench_geofence.WHOLE
            figures["geofence"] = bench_geofence.measure(out, size, rounds, zones, said)
        if not parts or "backtest" in parts:
            share = backtest_bench.QUICK if quick else backtest_bench.WHOLE
            figures["backtest"] = _backtest(out, share, said)
    if to is not None:
        to.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")


def _ingest(out: Console, messages: int, rounds: int, said: object) -> dict[str, object]:
    assert callable(said)  # noqa: S101 - narrows for the call below
    measured = ingest_bench.measure(messages, rounds, said)
    title = f"{messages:,} fixes, QoS 1, {rounds} rounds, medians"
    _received(out, f"ingest from a stand-in that is no limit: {title}", measured.alone)
    _received(out, f"ingest through {measured.broker}: {title}", measured.through)
    return {
        "broker": measured.broker,
        "alone": {kind: asdict(figure) for kind, figure in measured.alone.items()},
        "through": {kind: asdict(figure) for kind, figure in measured.through.items()},
    }


def _received(out: Console, title: str, figures: Mapping[str, ingest_bench.Figure]) -> None:
    bare = figures["bare"]
    columns = ["receiver", "messages/s", "of bare", "processor us/message", "of bare"]
    table = Table(*columns, *(["the broker's us/message"] if bare.broker_us else []), title=title)
    for kind, figure in figures.items():
        table.add_row(
            _NAMES[kind],
            f"{figure.median_per_s:,.0f}",
            f"{figure.median_per_s / bare.median_per_s:.2f}",
            f"{figure.median_us:.1f}",
            f"{figure.median_us / bare.median_us:.2f}",
            *([f"{figure.median_broker_us:.1f}"] if figure.broker_us else []),
        )
    out.print(table)


def _decoding(out: Console, rounds: int, said: object) -> list[dict[str, object]]:
    assert callable(said)  # noqa: S101 - narrows for the call below
    found = decoding_bench.measure(rounds, said)
    table = Table(
        "what is decoded", "fixes/s of a core", "of msgspec's", "ns a fix",
        title=f"decoding to columns, {decoding_bench.FIXES:,} fixes, medians of {rounds}",
    )  # fmt: skip
    for speed in found:
        table.add_row(
            speed.what,
            f"{speed.fixes_per_core_s:,.0f}",
            f"{speed.fixes_per_core_s / found[0].fixes_per_core_s:.2f}",
            f"{1e9 / speed.fixes_per_core_s:,.0f}",
        )
    out.print(table)
    return [asdict(speed) for speed in found]


def _jt808(out: Console, frames: int, rounds: int, said: object) -> dict[str, object]:
    assert callable(said)  # noqa: S101 - narrows for the call below
    found = jt808_bench.measure(4 * frames, rounds, said)
    table = Table(
        "decoder", "million frames/s a core", "of plain",
        title=f"JT/T 808 positions of {found.frame_bytes} bytes to columns, batches of "
        f"{jt808_bench.BATCH:,}, {rounds} rounds, medians",
    )  # fmt: skip
    for name, speeds, ratio in (
        ("one frame after the other, struct", found.plain, 1.0),
        ("the dialect", found.dialect, found.ratio),
    ):
        table.add_row(name, f"{statistics.median(speeds) / 1e6:.3f}", f"{ratio:.1f}")
    out.print(table)
    lines = []
    for number in range(rounds):
        said(f"jt808 on lines {number + 1}/{rounds}: {2 * frames:,} frames")
        lines.append(jt808_line_bench.measure(2 * frames))
    out.print(
        f"over {jt808_line_bench.LINES} TCP lines, to the answer after the durable write: "
        f"{statistics.median(one.per_s for one in lines):,.0f} frames/s, "
        f"{statistics.median(one.us for one in lines):.1f} us of the processor a frame"
    )
    return {**asdict(found), "lines": [asdict(one) for one in lines]}


def _processor(out: Console, size: processor_bench.Size, said: object) -> list[dict[str, object]]:
    assert callable(said)  # noqa: S101 - narrows for the call below
    found = processor_bench.measure(size, said)
    fleets = [f"{each.vehicles:,}" + (" (*)" if each.watched == 1 else "") for each in found]
    title = f"{size.zones:,} zones, {size.rules:,} rules, one thread, medians of {size.rounds}"
    table = Table(
        "fleet", "batch", "fixes/s", "per core-second", "ms/batch", "ms of the core",
        title=f"detection: {title}",
    )  # fmt: skip
    for fleet, each in zip(fleets, found, strict=True):
        for speed in each.speeds:
            table.add_row(
                fleet, f"{speed.size:,}",
                f"{speed.fixes_per_s:,.0f}", f"{speed.fixes_per_core_s:,.0f}",
                f"{speed.ms_per_batch:.3f}", f"{speed.core_ms_per_batch:.3f}",
            )  # fmt: skip
    out.print(table)
    out.print(f"one vehicle in {WATCHED} is one that rules are about; (*) all are")
    parts = Table("stage, ns of the core a fix", *fleets, title="where the time goes")
    for stage in found[0].stages:
        parts.add_row(stage, *(_share(each.stages, stage) for each in found))
    out.print(parts)
    rest = Table("besides", *fleets)
    for name, value in _BESIDES.items():
        rest.add_row(name, *(value(each) for each in found))
    for name, told in _OF_THEFTS.items():
        rest.add_row(name, *(told(each.thefts) if each.thefts else "" for each in found))
    out.print(rest)
    return [asdict(each) for each in found]


def _share(stages: dict[str, float], stage: str) -> str:
    return f"{stages[stage]:.0f} ({stages[stage] / sum(stages.values()):.0%})"


def _latency(out: Console, minutes: float, vehicles: int, said: object) -> dict[str, object]:
    assert callable(said)  # noqa: S101 - narrows for the call below
    found = latency_bench.measure(minutes, vehicles=vehicles, said=said)
    table = Table(
        "thefts", "seen", "p50", "p95", "p99", "max",
        title=f"publish to incident at a listener: {found.rate_per_s:,.0f} messages/s "
        f"for {minutes:g} min",
    )  # fmt: skip
    table.add_row(
        str(found.published),
        str(len(found.seconds)),
        *(f"{found.percentile(q) * 1000:,.0f} ms" for q in (50, 95, 99, 100)),
    )
    out.print(table)
    out.print(
        f"memory of the run {found.rss_mb[0]:.0f} → {found.rss_mb[-1]:.0f} MB "
        f"({found.rss_growth_mb_per_min:+.2f} MB/min over the second half); processor: "
        + ", ".join(f"{name} {share:.0%} of a core" for name, share in found.cpu.items())
    )
    return asdict(found)


def _backtest(out: Console, size: backtest_bench.Size, said: object) -> dict[str, object]:
    assert callable(said)  # noqa: S101 - narrows for the call below
    found = backtest_bench.measure(size, said)
    table = Table(
        "way", "threads", "million fixes/s", "per core-second", "a week of 30,000 vehicles",
        title=f"backtest: {found.fixes:,} recorded fixes ({found.file_mb:,.0f} MB), two books of "
        f"{backtest_bench.RULES} rules, {found.fences:,} fences, {found.alerts:,} alerts, medians",
    )  # fmt: skip
    for speed in found.speeds:
        table.add_row(
            speed.way,
            str(speed.jobs),
            f"{speed.fixes_per_s / 1e6:.2f}",
            f"{speed.fixes_per_core_s / 1e6:.2f}",
            f"{speed.week_s:,.0f} s",
        )
    out.print(table)
    return asdict(found)
