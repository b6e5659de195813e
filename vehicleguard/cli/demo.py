"""`vehicleguard demo`: the embedded run with a simulated fleet, all of it over real MQTT."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import click

from streams.settings import StreamSettings
from vehicleguard import logs, sample
from vehicleguard import settings as setting
from vehicleguard.cli.run import UNAVAILABLE, WRONG, until_stopped
from vehicleguard.embedded import EmbeddedRun
from vehicleguard.settings import Settings

NOTICE = """\
The vehicles on this page are SIMULATED, apart from the buses (AUS-…), which replay real traces of
Austin, Texas. 本页车辆为模拟数据（AUS-… 为奥斯汀公交真实轨迹回放）。"""

_KEPT_DAYS = (
    0.25  # 30,000 vehicles write some 5 GB a day, and a demo left running must not fill a disk
)

_JT808_PORT = 8808


def free_port(wanted: int) -> int:
    """`wanted` if nobody has it on loopback, else any free one."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")


def settings_of(data: Path, port: int | None, mqtt_port: int | None) -> Settings:
    """The demo's settings: the sample's places, ports that are free unless they were asked for."""
    given = setting.load(None)
    return given.model_copy(
        update={
            "data": data,
            "ingest": given.ingest.model_copy(
                update={
                    "host": None,
                    "port": mqtt_port or free_port(given.ingest.port),
                    "jt808_port": given.ingest.jt808_port or free_port(_JT808_PORT),
                    "retention_days": _KEPT_DAYS,
                }
            ),
            "streams": StreamSettings(zones=sample.path("fences.geojson"), snapshot_s=10),
            "outlines": sample.path("jurisdictions.geojson"),
            "towns": sample.path("towns.geojson"),
            "console": given.console.model_copy(
                update={"port": port or free_port(given.console.port)}
            ),
        }
    )


def simulator(data: Path, port: int, vehicles: int) -> subprocess.Popen[bytes]:
    """The fleet as a child process, which ends when this process does."""
    return subprocess.Popen(  # noqa: S603 - our own program
        [
            sys.executable,
            *("-m", "vehicleguard", "simulate", "--quiet"),
            *("--broker", f"127.0.0.1:{port}"),
            *("--vehicles", str(vehicles)),
            *("--theft-every", "45"),
            *("--state", str(data / f"fleet-{vehicles}.npz")),
            *("--truth", str(data / "thefts.jsonl")),
            *("--trace", str(sample.path("austin_bus.parquet"))),
        ]
    )


@click.command()
@click.option(
    "--vehicles",
    type=click.IntRange(1, 200_000),
    default=30_000,
    show_default=True,
    help="How many vehicles to simulate; each reports every 30 s.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("data/demo"),
    show_default=True,
    help="Folder of what is kept; the next start goes on from it.",
)
@click.option("--port", type=click.IntRange(1, 65_535), help="Port of the page.  [default: 8642]")
@click.option("--mqtt-port", type=click.IntRange(1, 65_535), help="Port of the broker.")
@click.option(
    "--duration", type=click.FloatRange(min=1), help="Stop after so many seconds by itself."
)
def demo(
    vehicles: int, data: Path, port: int | None, mqtt_port: int | None, duration: float | None
) -> None:
    """Show the whole system on this machine with simulated vehicles and thefts."""
    started = time.monotonic()

    def said(step: str) -> None:
        click.echo(f"· {time.monotonic() - started:4.1f} s  {step}", err=True)

    try:
        settings = settings_of(data, port, mqtt_port)
        logs.configure(as_json=settings.log_json)
        running = EmbeddedRun(settings, simulated=True, said=said)
    except WRONG as error:
        click.echo(f"vehicleguard demo: {error}", err=True)
        sys.exit(2)
    try:
        running.start()
    except UNAVAILABLE as error:
        click.echo(f"vehicleguard demo: {error}", err=True)
        click.echo("`vehicleguard doctor` says more.", err=True)
        sys.exit(1)
    said(f"putting {vehicles:,} simulated vehicles on the road")
    fleet = simulator(settings.data, running.mqtt_port, vehicles)
    click.echo()
    click.echo(f"  Open  {running.url}/#token={running.admin_token}")
    click.echo(f"  Send your own fixes to  mqtt://127.0.0.1:{running.mqtt_port}")
    click.echo(f"  JT/T 808 terminals reach  {running.jt808_address}")
    click.echo(
        f"\n{NOTICE}\nCtrl-C stops everything; the next start goes on from {settings.data}.\n"
    )
    ended = threading.Event()
    if duration is not None:
        timer = threading.Timer(duration, ended.set)
        timer.daemon = True
        timer.start()
    first = threading.Thread(target=_tell_first, args=(running, ended, said), daemon=True)
    first.start()
    watcher = threading.Thread(target=_watch, args=(fleet, ended), daemon=True)
    watcher.start()
    status = until_stopped(running, ended, first=lambda: _end(fleet))
    said("stopped; everything is stored")
    sys.exit(status)


def _tell_first(running: EmbeddedRun, ended: threading.Event, said: Callable[[str], None]) -> None:
    running.has_incident.wait()
    if not ended.is_set():
        said("the first theft of this run is on the page")


def _watch(fleet: subprocess.Popen[bytes], ended: threading.Event) -> None:
    status = fleet.wait()
    if not ended.is_set():
        click.echo(f"the simulated fleet ended by itself (status {status})", err=True)


def _end(fleet: subprocess.Popen[bytes]) -> None:
    """Let the fleet save itself; one that does not is killed."""
    if fleet.poll() is None:
        fleet.send_signal(signal.SIGTERM)
        try:
            fleet.wait(5)
        except subprocess.TimeoutExpired:
            fleet.kill()
            fleet.wait()
