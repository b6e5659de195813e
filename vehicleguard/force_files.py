"""Forces and jurisdictions as the settings name them: for the runner and the command line."""

from __future__ import annotations

from alerts.force.duty import Duty
from alerts.force.forces import Files, Forces
from alerts.force_settings import ForceSettings
from alerts.jurisdiction import Areas, Placer


def forces_of(settings: ForceSettings) -> Forces:
    """The forces of the files; nobody without them.  Raises `ForceError`."""
    if settings.platforms is None:
        return Forces()
    files = Files(settings.platforms, settings.posts, settings.units)
    return Forces.from_csv(files, settings.datum, settings.time_zone)


def areas_of(settings: ForceSettings) -> Areas | None:
    """The jurisdictions of the file, None without one.  Raises `AreasError`."""
    return None if settings.areas is None else Areas.read(settings.areas, settings.areas_datum)


def placer_of(settings: ForceSettings) -> Placer | None:
    """What places incidents, None without areas.  Raises `AreasError`."""
    areas = areas_of(settings)
    return None if areas is None else Placer(areas)


def duty_of(settings: ForceSettings, forces: Forces) -> Duty:
    """The units, of which nothing is known yet."""
    return Duty(forces.units, settings.fresh_s, settings.lost_s)
