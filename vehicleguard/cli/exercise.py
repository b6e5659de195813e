"""What `vehicleguard simulate --drill` does: an exercise from its first theft to its report."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import click

from alerts.clock import Clockwork
from alerts.dispatch.dispatcher import Dispatcher, paths_by
from alerts.dispatch.routers import router_of
from alerts.force import Forces
from alerts.force_settings import ForceSettings
from alerts.percentiles import chosen, report
from alerts.settings import AlertSettings
from alerts.sqlite_ledger import SqliteLedger
from ingest import sqlite
from vehicleguard import sample
from vehicleguard import settings as setting
from vehicleguard.cli.report import platform_of, show
from vehicleguard.cli.run import WRONG
from vehicleguard.clock_watch import place_class
from vehicleguard.drill import Drill, Exercise
from vehicleguard.embedded import STORE, rules_of
from vehicleguard.force_files import duty_of, forces_of, placer_of
from vehicleguard.metrics import Metrics
from vehicleguard.outlets import Outlets
from vehicleguard.pipeline import now_ms

_STEP_MS = 1000
_LONGEST_MS = 4 * 3_600_000
"""Of simulated time: nobody who is asked in vain keeps an exercise open for ever."""


class _Refused(click.ClickException):
    exit_code = 2


def run(  # noqa: PLR0917 - called by name
    settings_file: Path | None,
    folder: Path | None,
    thefts: int,
    seed: int,
    stop: Callable[[], bool],
    wait: Callable[[float], object],
) -> None:
    """Run an exercise and print its report; in real time in the store of `folder`, if given."""
    try:
        settings = setting.load(settings_file)
        alerts = _with_forces(settings.alerts)
        forces = forces_of(alerts.force)
        if not forces.units:
            raise _Refused("an exercise needs units: alerts.force.platforms, alerts.force.units")
        with contextlib.ExitStack() as cleanup:
            ledger = _ledger(folder, settings, alerts)
            cleanup.callback(ledger.disconnect)
            drill = _drill(alerts, forces, ledger, thefts, seed)
            click.echo(f"EXERCISE: {thefts} made-up thefts, {len(forces.units)} simulated units")
            if folder is None:
                _at_once(drill, ledger, stop)
            else:
                drill.step(now_ms())  # its clocks are the run's business
                while not drill.done and not stop():
                    wait(_STEP_MS / 1000)
                    drill.step(now_ms())
            came_to = drill.incidents()
            if folder is not None:
                drill.end(now_ms())
            found = report(
                came_to,
                lambda party: platform_of(forces, party),
                alerts.force.time_zone,
                drills=True,
            )
    except (*WRONG, sqlite.StoreError, sqlite3.Error) as error:
        raise _Refused(str(error)) from error
    for since in ("alerted", "dispatched"):
        show(list(chosen(found, since, "all")), since, drills=True)


def _ledger(folder: Path | None, settings: setting.Settings, alerts: AlertSettings) -> SqliteLedger:
    """The ledger to go through: that of a run, which tells whom the run tells, or one in memory."""
    clocks = Clockwork(alerts.clock, place_class(rules_of(settings).zones))
    if folder is None:
        return SqliteLedger(":memory:", clocks)
    return SqliteLedger(_store(folder), clocks, Outlets(alerts, Metrics(), now_ms).routes)


def _with_forces(alerts: AlertSettings) -> AlertSettings:
    """The same, with the sample's forces where it names none."""
    if alerts.force.platforms is not None:
        return alerts
    made_up = ForceSettings(
        platforms=sample.path(sample.PLATFORMS),
        posts=sample.path(sample.POSTS),
        units=sample.path(sample.UNITS),
        areas=sample.path(sample.JURISDICTIONS),
    )
    return alerts.model_copy(update={"force": made_up})


def _store(folder: Path) -> Path:
    path = folder / STORE
    if not path.exists():
        msg = f"{path}: no such store; has a run used it?"
        raise _Refused(msg)
    return path


def _drill(
    alerts: AlertSettings, forces: Forces, ledger: SqliteLedger, thefts: int, seed: int
) -> Drill:
    duty, router = duty_of(alerts.force, forces), router_of(alerts.dispatch)
    paths = paths_by(placer_of(alerts.force))
    # units that do not exist are given nothing that does
    dispatcher = Dispatcher(
        ledger, duty, router, alerts.dispatch, paths, only=lambda incident: incident.drill
    )
    places = [(one.lon, one.lat) for one in forces.platforms.values()]
    exercise = Exercise(places, now_ms(), thefts, seed=seed)
    return Drill(exercise, ledger, duty, dispatcher, router)


def _at_once(drill: Drill, ledger: SqliteLedger, stop: Callable[[], bool]) -> None:
    """The whole exercise in simulated time, clocks and all."""
    begin = at = now_ms()
    while not drill.done and at < begin + _LONGEST_MS and not stop():
        ledger.tick(at, 1000)
        drill.step(at)
        at += _STEP_MS
