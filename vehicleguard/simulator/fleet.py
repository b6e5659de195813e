"""The simulated fleet: asked for the reports that are due, it answers with columns.

Pure: the clock and the seed are arguments, and the reports are the same however often it is asked
(see `draw`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from vehicleguard.simulator import draw, state, theft
from vehicleguard.simulator.habits import People, Towns
from vehicleguard.simulator.receiver import Nuisances
from vehicleguard.simulator.reports import Reports, terminal_name
from vehicleguard.simulator.settings import FleetSettings
from vehicleguard.simulator.state import Columns, Mode, StateError
from vehicleguard.simulator.theft import Theft
from vehicleguard.simulator.vehicles import Vehicles

Float64 = NDArray[np.float64]

FIRST_THEFT_S = 1.0
"""The first theft begins this long after the start, so that a demonstration need not wait."""


class Fleet:
    """Vehicles living around some towns, their terminals, and the thieves among them.

    `held` are reports that terminals hold back, `next_theft` the epoch second of the next theft
    (infinite for none), `thefts` how many there were, `before` how many of them before the last
    start: each start takes the kinds from the first one, which shows soonest.
    """

    def __init__(
        self,
        vehicles: Vehicles,
        held: Reports,
        next_theft: float,
        thefts: int = 0,
        before: int = 0,
    ) -> None:
        self._vehicles = vehicles
        self._held = held
        self._next_theft = next_theft
        self._thefts = thefts
        self._before = before
        self._news: list[Theft] = []

    @classmethod
    def begin(cls, settings: FleetSettings, towns: Towns, now_s: float) -> Self:
        """A new fleet in the middle of its day at epoch seconds `now_s`."""
        vehicles = Vehicles.begin(settings, towns, now_s)
        return cls(vehicles, Reports.empty(), _first_theft(settings, now_s))

    def __len__(self) -> int:
        return self.settings.n

    @property
    def settings(self) -> FleetSettings:
        """What this fleet was made from."""
        return self._vehicles.settings

    @property
    def people(self) -> People:
        """Who has the vehicles."""
        return self._vehicles.people

    @property
    def theft_count(self) -> int:
        """Thefts since this fleet was made."""
        return self._thefts

    @property
    def next_due(self) -> float:
        """Epoch seconds of the next report of any terminal."""
        return float(self._vehicles.columns.next.min())

    def moving_share(self) -> float:
        """Share of the vehicles that their owners are under way with, 0-1."""
        return float(np.mean(self._vehicles.columns.mode == Mode.TRIP))

    def true_positions(self) -> tuple[Float64, Float64]:
        """Where every vehicle was at its latest report, without error: lon, lat, float64[n]."""
        v = self._vehicles.columns
        lon, lat, _ = self._vehicles.move(np.arange(len(self)), v.last)
        parked = np.isin(v.mode, (Mode.PARKED, Mode.ABANDONED))
        return np.where(parked, v.lon, lon), np.where(parked, v.lat, lat)

    def due(self, now_s: float) -> Reports:
        """Everything that is sent up to epoch seconds `now_s` and was not handed out before."""
        parts = [self._held]
        while self._next_theft <= now_s:
            parts += self._vehicles.due(self._next_theft)
            self._steal(self._next_theft)
        parts += self._vehicles.due(now_s)
        everything = Reports.concat(parts)
        ready = everything.sent <= now_s
        self._held = everything.take(~ready)
        return everything.take(ready).by_sending()

    def take_thefts(self) -> list[Theft]:
        """The thefts that began since this was last called."""
        news, self._news = self._news, []
        return news

    def resume(self, now_s: float, theft_every_s: float | None = None) -> None:
        """Go on at `now_s` after a pause: trips have ended where they stood, all is parked.

        What a terminal still held back is lost, as it would be when the power is off.
        `theft_every_s` replaces the setting.
        """
        if theft_every_s is not None:
            self._vehicles.settings = replace(self.settings, theft_every_s=theft_every_s)
        self._vehicles.stand_still(now_s)
        self._held = Reports.empty()
        self._before = self._thefts
        self._next_theft = _first_theft(self.settings, now_s)

    def save(self, path: Path) -> None:
        """Write the fleet to `path` (NumPy archive, atomic).  Raises `OSError`."""
        meta = {
            "settings": asdict(self.settings),
            "next_theft": None if np.isinf(self._next_theft) else self._next_theft,
            "thefts": self._thefts,
            "before": self._before,
        }
        tables = {
            "people": self.people,
            "vehicles": self._vehicles.columns,
            "held": self._held,
        }
        state.write(path, meta, tables)

    @classmethod
    def load(cls, path: Path) -> Self:
        """The fleet that was saved at `path`, to the bit.

        Raises `StateError` when it is no saved fleet, `FileNotFoundError` when there is none.
        """
        meta, tables = state.read(path)
        try:
            settings = _settings(meta["settings"])
            # the archive holds every column under its own name and dtype
            people: Any = tables["people"]
            columns: Any = tables["vehicles"]
            held: Any = tables["held"]
            vehicles = Vehicles(settings, People(**people), Columns(**columns))
            next_theft = float(np.inf if meta["next_theft"] is None else meta["next_theft"])
            counts = int(meta["thefts"]), int(meta.get("before", 0))
            return cls(vehicles, Reports(**held), next_theft, *counts)
        except (KeyError, TypeError, ValueError) as error:
            msg = f"{path}: not a saved fleet: {error}"
            raise StateError(msg) from error

    def _steal(self, t: float) -> None:
        number, seed = self._thefts, self.settings.seed
        turn = (number - self._before) % len(theft.TURN)
        kind = theft.TURN[turn]
        manner = theft.MANNERS[kind]
        u = draw.uniforms(seed, 6, np.array([number]), np.zeros(1, np.int64), 2)[0]
        self._next_theft = t + self.settings.theft_every_s * (0.9 + 0.2 * float(u[0]))
        self._thefts += 1
        targets = self._vehicles.targets(t, manner.targets)
        if not len(targets):
            return
        who = targets[[int(np.searchsorted(targets, int(u[1] * len(self)))) % len(targets)]]
        paths = theft.route(seed, number, kind)
        moving = t + manner.prelude_s
        self._vehicles.steal(who, turn, paths, t, moving)
        v = self._vehicles.columns
        self._news.append(
            Theft(
                number=number,
                kind=str(kind),
                terminal=terminal_name(int(who[0])),
                t_start=round(t, 3),
                t_moving=round(moving, 3),
                t_stop=round(moving + float(paths.ends[0, -1]), 3),
                lon=round(float(v.lon[who[0]]), 7),
                lat=round(float(v.lat[who[0]]), 7),
            )
        )


def _first_theft(settings: FleetSettings, now_s: float) -> float:
    return now_s + FIRST_THEFT_S if settings.theft_every_s else float(np.inf)


def _settings(saved: Mapping[str, Any]) -> FleetSettings:
    """The settings as JSON kept them; tuples have become lists there."""
    nuisances: Any = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in saved["nuisances"].items()
    }
    return FleetSettings(**{**saved, "nuisances": Nuisances(**nuisances)})
