"""`vehicleguard simulate`: a fleet that does not exist, over an MQTT broker that does."""

from __future__ import annotations

import importlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console

from vehicleguard.simulator import towns, trace
from vehicleguard.simulator.fleet import Fleet
from vehicleguard.simulator.gateways import Gateways
from vehicleguard.simulator.publisher import FleetFeeder, FleetPublisher, Source
from vehicleguard.simulator.settings import FleetSettings
from vehicleguard.simulator.state import StateError
from vehicleguard.simulator.watch import Watch


class _Broker(click.ParamType):
    name = "host:port"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        text = str(value)
        host, colon, port = text.rpartition(":")
        if not colon or text.endswith("]"):
            host, port = text, "1883"
        host = host.strip("[]")
        if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
            self.fail(f"{text!r}: expected host:port, for example 127.0.0.1:1883", param, ctx)
        return host, int(port)


class _Seconds(click.ParamType):
    name = "seconds|none"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if str(value) == "none":
            return 0.0
        try:
            seconds = float(str(value))
        except ValueError:
            seconds = -1.0
        if not 0.0 <= seconds < 1e9:
            self.fail(f"{value!r}: expected a number of seconds, or none", param, ctx)
        return seconds


class _Unreachable(click.ClickException):
    exit_code = 2


@click.command()
@click.option("--broker", type=_Broker(), default="127.0.0.1:1883", show_default=True)
@click.option("--vehicles", type=click.IntRange(0, 999_999), default=30_000, show_default=True)
@click.option(
    "--period",
    type=click.FloatRange(1.0, 3600.0),
    default=30.0,
    show_default=True,
    help="Seconds between two reports of a vehicle.",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=1, show_default=True)
@click.option(
    "--theft-every",
    type=_Seconds(),
    default="50",
    show_default=True,
    help="Mean seconds between two thefts; the first begins at once.",
)
@click.option("--duration", type=_Seconds(), default="none", show_default=True)
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the fleet here and go on from it at the next start.",
)
@click.option(
    "--truth",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Append a JSON line for each theft.",
)
@click.option(
    "--trace",
    "trace_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Replay these recorded fixes (Parquet or CSV) beside the fleet.",
)
@click.option(
    "--speed",
    type=click.FloatRange(0.01, 1000.0),
    default=1.0,
    show_default=True,
    help="How many times as fast the trace is replayed.",
)
@click.option(
    "--towns",
    "towns_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="GeoJSON points to live around; by default the sample's.",
)
@click.option(
    "--drill",
    is_flag=True,
    help="No fleet: an exercise of simulated thefts and units, and its 1-3-5 report.",
)
@click.option(
    "--drill-thefts",
    type=click.IntRange(1, 1000),
    default=20,
    show_default=True,
    help="Thefts of the exercise, one every 30 s.",
)
@click.option(
    "--drill-store",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="Data folder of a run: the exercise goes through it in real time (else in memory, at "
    "once).",
)
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path),
    envvar="VEHICLEGUARD_SETTINGS",
    help="Settings of the exercise: forces, clocks, dispatch (else the sample's forces).",
)
@click.option("--retry/--no-retry", default=True, help="Keep trying when the broker is away.")
@click.option("--stay", is_flag=True, help="Go on when the process that started this one ends.")
@click.option("--quiet", is_flag=True, help="Say nothing but what goes wrong.")
def simulate(
    *,
    broker: tuple[str, int],
    vehicles: int,
    period: float,
    seed: int,
    theft_every: float,
    duration: float,
    state: Path | None,
    truth: Path | None,
    trace_file: Path | None,
    speed: float,
    towns_file: Path | None,
    drill: bool,
    drill_thefts: int,
    drill_store: Path | None,
    settings_file: Path | None,
    retry: bool,
    stay: bool,
    quiet: bool,
) -> None:
    """Publish a simulated fleet, and recorded traces, to an MQTT broker.

    All vehicles, owners and thefts are made up (those of --trace were recorded elsewhere).  Ctrl-C
    or SIGTERM ends it; with --state it goes on later where it stood.
    """
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if drill:
        # by name: an exercise needs half of the system, a fleet none of it
        exercise = importlib.import_module("vehicleguard.cli.exercise")
        with _ending(stay=stay, duration=duration) as (stop, wait):
            exercise.run(settings_file, drill_store, drill_thefts, seed, stop, wait)
        return
    if not vehicles and trace_file is None:
        raise click.UsageError("nothing to publish: --vehicles 0 and no --trace")
    settings = FleetSettings(seed=seed, n=vehicles, period_s=period, theft_every_s=theft_every)
    sources: list[Source] = []
    fleet = None
    if vehicles:
        fleet = _fleet(settings, state, towns_file, console)
        sources.append(FleetFeeder(fleet))
    if trace_file is not None:
        try:
            recorded = trace.Trace.read(trace_file)
        except trace.TraceError as error:
            raise click.UsageError(str(error)) from error
        sources.append(trace.TraceFeeder(recorded, time.time(), speed))
    gateways = Gateways(*broker, sum(source.rate for source in sources))
    watch = Watch(console, gateways, fleet, f"{broker[0]}:{broker[1]}", state, truth, retry, quiet)
    if not quiet:
        console.print(
            f"[bold yellow]SIMULATED DATA[/]: {vehicles:,} made-up vehicles"
            f"{f' and the recorded trace {trace_file}' if trace_file else ''} → {watch.broker}"
        )
    with _ending(stay=stay, duration=duration) as (stop, wait):
        publisher = FleetPublisher(gateways, sources)
        with watch.shown():
            publisher.run(lambda: stop() or bool(watch.given_up), wait, watch.tick)
    watch.save()
    if watch.given_up:
        msg = f"{watch.broker}: the broker cannot be reached: {watch.given_up}"
        raise _Unreachable(msg)
    if not quiet:
        console.print(watch.line())


def _fleet(
    settings: FleetSettings, path: Path | None, towns_file: Path | None, console: Console
) -> Fleet:
    """The fleet kept at `path` if it is the one asked for, else a new one."""
    now = time.time()
    if path is not None and path.exists():
        try:
            fleet = Fleet.load(path)
        except (StateError, OSError) as error:
            console.print(f"{error}; a new fleet begins", markup=False)
        else:
            kept = fleet.settings
            if (kept.seed, kept.n, kept.period_s) == (settings.seed, settings.n, settings.period_s):
                fleet.resume(now, settings.theft_every_s)
                return fleet
            console.print(
                f"{path}: another fleet (seed {kept.seed}, {kept.n} vehicles, {kept.period_s:g} s);"
                " a new one begins"
            )
    if towns_file is None:
        # by name: the sample is data that comes with the package, no code of the simulator's
        sample = importlib.import_module("vehicleguard.sample")
        towns_file = Path(sample.path("towns.geojson"))
    try:
        return Fleet.begin(settings, towns.load(towns_file), now)
    except towns.TownsError as error:
        raise click.UsageError(str(error)) from error


@contextmanager
def _ending(
    *, stay: bool, duration: float
) -> Iterator[tuple[Callable[[], bool], Callable[[float], object]]]:
    """A `stop` that says when to end and a `wait` that a signal cuts short.

    The parent is watched by its id: Linux's PDEATHSIG would fire as soon as the thread that started
    this process ends, not only the process.
    """
    asked = threading.Event()
    parent = os.getppid()
    end = time.monotonic() + duration if duration else float("inf")
    before = {
        number: signal.signal(number, lambda *_: asked.set())
        for number in (signal.SIGTERM, signal.SIGINT)
    }

    def stop() -> bool:
        orphaned = not stay and os.getppid() != parent
        return asked.is_set() or orphaned or time.monotonic() >= end

    try:
        yield stop, asked.wait
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
