"""`vehicleguard dispatch`: why who was sent to an incident, and who would be sent now."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from pathlib import Path
from typing import NoReturn

import click

from alerts.dispatch.dispatcher import Dispatcher, paths_by
from alerts.dispatch.routers import router_of
from alerts.force import ForceError, Forces
from alerts.incident import Incident
from alerts.jurisdiction import AreasError, Placer
from alerts.jurisdiction.audience import audience
from alerts.jurisdiction.desk import desk_of
from alerts.ledger import Entry, UnknownIncidentError
from alerts.sqlite_ledger import SqliteLedger
from alerts.vocabulary import Language
from ingest import sqlite
from vehicleguard import settings as setting
from vehicleguard.embedded import STORE
from vehicleguard.force_files import duty_of, forces_of, placer_of
from vehicleguard.pipeline import now_ms

_STEPS = frozenset({
    "assigned", "returned", "reassigned", "supervised", "signed", "departed", "on_scene",
    "contained", "passed_up", "assigned_down", "taken_back", "escalated",
})  # fmt: skip


@click.command()
@click.option("--explain", "incident_id", required=True, metavar="INCIDENT", help="Its id.")
@click.option(
    "--settings", "settings_file", type=click.Path(path_type=Path), envvar="VEHICLEGUARD_SETTINGS"
)
@click.option(
    "--data", type=click.Path(path_type=Path), help="Folder of the run (else from the settings)."
)
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True)
def dispatch(
    *, incident_id: str, settings_file: Path | None, data: Path | None, lang: Language
) -> None:
    """Explain whose an incident is, who was sent and why, and who would be sent now.

    It changes nothing.  Where units are now a run alone knows; here they are reckoned from their
    posts.
    """
    try:
        settings = setting.load(settings_file)
        store = (data or settings.data) / STORE
        if not store.exists():
            _fail(f"{store}: no such store; has a run used it?")
        with contextlib.closing(_Held(store)) as held:
            incident, entries = held.ledger.incident(incident_id)
            _explain(held.ledger, settings, incident, entries, lang)
    except UnknownIncidentError:
        _fail(f"there is no incident {incident_id}")
    except (
        setting.SettingsError, sqlite.StoreError, sqlite3.Error, ForceError, AreasError,
    ) as error:  # fmt: skip
        _fail(str(error))


class _Held:
    """A ledger that is let go of."""

    def __init__(self, store: Path) -> None:
        self.ledger = SqliteLedger(store)

    def close(self) -> None:
        self.ledger.disconnect()


def _explain(
    ledger: SqliteLedger,
    settings: setting.Settings,
    incident: Incident,
    entries: list[Entry],
    lang: Language,
) -> None:
    drill = " (drill)" if incident.drill else ""
    click.echo(f"{incident.id}{drill}: {incident.level.label}, {incident.state}")
    forces, placer = forces_of(settings.alerts.force), placer_of(settings.alerts.force)
    if placer is not None:
        _whose(incident, placer, forces, lang)
    for entry in entries:
        event = entry.event
        if event.kind in _STEPS:
            said = (event.reason_zh or event.reason) if lang == "zh" else event.reason
            to = f" {event.party}" if event.party else ""
            click.echo(f"  {event.kind}{to}, by {event.actor}" + (f": {said}" if said else ""))
    if not incident.is_open:
        return
    dispatcher = Dispatcher(
        ledger,
        duty_of(settings.alerts.force, forces),
        router_of(settings.alerts.dispatch),
        settings.alerts.dispatch,
        paths_by(placer),
    )
    found = dispatcher.look([incident], now_ms())
    trouble = f" ({found.trouble})" if found.trouble else ""
    click.echo(f"now, by {found.by}{trouble}: {found.choices[0].said.of(lang)}")


def _whose(incident: Incident, placer: Placer, forces: Forces, lang: Language) -> None:
    (placed,) = placer.place([(incident.lon, incident.lat)])
    tree = placer.tree
    seen = audience(incident, placed, tree, forces.platforms)
    desk = tree.areas[desk_of(incident, placed, tree)]
    centres = ", ".join(tree.areas[code].name.of(lang) for code in seen.centres)
    notice = f"; on notice: {seen.platform}" if seen.platform else ""
    click.echo(f"  lies in {placed.said(tree).of(lang)}")
    click.echo(f"  with {desk.name.of(lang)}; seen by {centres}{notice}")


def _fail(text: str) -> NoReturn:
    click.echo(f"vehicleguard dispatch: {text}", err=True)
    sys.exit(2)
