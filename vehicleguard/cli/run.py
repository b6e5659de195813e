"""`vehicleguard run`: the embedded run, for as long as nobody stops it."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import click

from alerts.channels.owner import OwnersError
from alerts.channels.settings import ChannelError
from alerts.force import ForceError
from alerts.jurisdiction import AreasError
from console.server import ListenError
from geofence import ZoneError
from ingest.cameras.register import CamerasError
from ingest.gat1400.digest import UsersError
from ingest.registry import RegistryError
from ingest.sqlite import StoreError
from streams.pursuit.roads import RoadsError
from streams.rules import RulesError
from vehicleguard import logs
from vehicleguard import settings as setting
from vehicleguard.broker import BrokerError
from vehicleguard.embedded import EmbeddedRun
from vehicleguard.place_view import PlacesError

WRONG = (
    setting.SettingsError, RulesError, ZoneError, RegistryError, PlacesError, CamerasError,
    RoadsError, UsersError, ForceError, AreasError, ChannelError, OwnersError,
)  # fmt: skip
"""What the operator wrote wrong: one line and exit status 2, before anything opens."""
UNAVAILABLE = (ListenError, BrokerError, StoreError, OSError, ValueError)
"""What the machine does not give: one line and exit status 1."""


def until_stopped(
    run: EmbeddedRun, ended: threading.Event, first: Callable[[], None] = lambda: None
) -> int:
    """Wait for Ctrl-C or SIGTERM (or `ended`), stop `first` and then the run; the exit status."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    while not ended.wait(0.2):
        if run.failed.is_set():
            break
    first()
    run.stop()
    return 1 if run.failed.is_set() else 0


@click.command()
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path),
    envvar="VEHICLEGUARD_SETTINGS",
    help="TOML file of settings; the environment wins over it.",
)
@click.option("--check", is_flag=True, help="Only say whether the settings are right.")
def run(settings_file: Path | None, *, check: bool) -> None:
    """Run everything in one process: broker, intake, detection, console.

    Ctrl-C stops it; the next start goes on from what was stored.
    """
    try:
        settings = setting.load(settings_file)
        logs.configure(as_json=settings.log_json)
        running = EmbeddedRun(settings, said=lambda step: click.echo(f"· {step}", err=True))
    except WRONG as error:
        click.echo(f"vehicleguard run: {error}", err=True)
        sys.exit(2)
    if check:
        click.echo("settings are right")
        return
    try:
        running.start()
    except UNAVAILABLE as error:
        click.echo(f"vehicleguard run: {error}", err=True)
        sys.exit(1)
    click.echo(f"console:  {running.url}")
    click.echo(f"terminals: {running.broker_address}  (topics vg/v1/…)")
    if running.jt808_address:
        click.echo(f"JT/T 808: {running.jt808_address}")
    if running.receiver_address:
        click.echo(f"cameras:  {running.receiver_address}  (GA/T 1400)")
    if running.token_is_new:
        click.echo(f"administrator's token, shown this once: {running.admin_token}")
    sys.exit(until_stopped(running, threading.Event()))
