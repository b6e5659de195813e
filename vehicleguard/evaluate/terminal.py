"""What a terminal says and how often: the variants that every kind of case is crossed with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vehicleguard.evaluate.carriers import Parked, Way
from vehicleguard.evaluate.fixes import Fixes, moved
from vehicleguard.evaluate.noise import ASLEEP_S

Float64 = NDArray[np.float64]
ARMING = ("owner", "key", "owner and key", "nothing")
ACCURACY = ("unknown", "honest", "lying")
INTERVALS_S = (5.0, 10.0, 30.0, 60.0)
AS_RECORDED = 0.0
RESTS_S = (AS_RECORDED, AS_RECORDED, 30.0, 120.0, ASLEEP_S)
T0 = 1_790_000_000.0
"""Cases begin within an hour of this, as a fleet does: else nobody would hear of silence.

Only terminals asleep while parked begin a day before, for they have to have a habit.
"""
_WANDER_M = 4.0
_HABIT_FIXES = 13


@dataclass(frozen=True)
class Terminal:
    """One variant.

    `arming`: who says that the vehicle is armed; `doppler`: whether it says its speed; `accuracy`:
    what it claims of it; `interval_s` between fixes on the move; `stamped`: whether it is told when
    its fixes arrived; `rests_s` between fixes before a theft (0: as recorded).
    """

    arming: str
    doppler: bool
    accuracy: str
    interval_s: float
    stamped: bool = True
    rests_s: float = AS_RECORDED

    @classmethod
    def draw(cls, rng: np.random.Generator, nth: int) -> Self:
        """The variant of the `nth` case of a kind: arming and rests go round, the rest is drawn."""
        return cls(
            arming=ARMING[nth % len(ARMING)],
            doppler=bool(rng.random() < 0.5),
            accuracy=str(rng.choice(ACCURACY)),
            interval_s=float(rng.choice(INTERVALS_S)),
            stamped=nth % 10 != 9,
            rests_s=RESTS_S[nth // len(ARMING) % len(RESTS_S)],
        )

    def says(self, fixes: Fixes, *, armed: bool, key: bool) -> Fixes:
        """The fixes with what this terminal says beside the place."""
        accuracy = {"unknown": np.nan, "honest": 12.0, "lying": 1.9}[self.accuracy]
        return fixes.but(
            speed=fixes.speed if self.doppler else np.nan,
            accuracy=accuracy,
            armed=int(armed) if "owner" in self.arming else -1,
            ignition=int(key) if "key" in self.arming else -1,
        )

    def sends(self, fixes: Fixes, rng: np.random.Generator) -> Fixes:
        """The fixes with their arrivals, some seconds later: as told, or taken for their time."""
        late = rng.uniform(0.5, 4.0, len(fixes))
        return fixes.but(received=fixes.t + late if self.stamped else fixes.t)

    def but(self, **changes: object) -> Self:
        """Another one."""
        return replace(self, **changes)  # type: ignore[arg-type]


def parked(
    carrier: Parked, terminal: Terminal, rng: np.random.Generator, hours: float = 2.5
) -> Fixes:
    """The carrier's own fixes, with its real jumps, moved to `T0`: armed, key off."""
    t = carrier.t - carrier.t[0]
    whole = t <= hours * 3600
    t, lon, lat = t[whole], carrier.lon[whole], carrier.lat[whole]
    if len(t) > 1000:  # receivers at 1 Hz: as often as a terminal would say it
        keep = np.r_[True, np.diff(t // 10) > 0]
        t, lon, lat = t[keep], lon[keep], lat[keep]
    speed = np.abs(rng.normal(0, 0.15, len(t)))
    begins = T0 + float(rng.uniform(0, 3600))
    return terminal.says(Fixes.at(begins + t, lon, lat, speed), armed=True, key=False)


def resting(stay: Fixes, terminal: Terminal, rng: np.random.Generator) -> Fixes:
    """The stay told as often as this terminal does while parked, up to the same last moment.

    Its real places come in their order, from the start again where there are too few; they are
    drawn anew where they have to last for longer than the stay, or its drift would be slowed down.
    """
    every_s = terminal.rests_s
    if every_s == AS_RECORDED:
        return stay
    lasted = int((stay.t[-1] - stay.t[0]) // every_s) + 1
    n = max(lasted, _HABIT_FIXES)
    place = np.arange(n) % len(stay) if n == lasted else rng.integers(len(stay), size=n)
    t = stay.t[-1] - np.arange(n)[::-1] * every_s
    t[:-1] += rng.uniform(-0.01, 0.01, n - 1) * every_s
    return stay.take(place).but(t=t, received=t)


def journey(
    way: Way,
    begins: tuple[float, float, float],
    terminal: Terminal,
    rng: np.random.Generator,
    *,
    mps: float,
    most_m: float = 8000.0,
) -> Fixes:
    """Fixes along a real way, turned at random and driven at `mps` on average.

    `begins`: time, longitude, latitude.  The first fix comes within an interval of the start.
    """
    t0, lon0, lat0 = begins
    along, keep = np.unique(way.along_m, return_index=True)
    most_m = min(most_m, float(along[-1]))
    pace = np.interp(along, along, way.t[keep]) if mps > 3 else along
    # the real rhythm of the way, stretched to the speed that is wanted
    when = pace / max(np.interp(most_m, along, pace), 1e-9) * (most_m / mps)
    first = float(rng.uniform(0.2, 1.0)) * terminal.interval_s
    t = np.arange(first, most_m / mps, terminal.interval_s)
    at = np.interp(t, when, along)
    turn = float(rng.uniform(0, 2 * np.pi))
    east, north = np.interp(at, along, way.east_m[keep]), np.interp(at, along, way.north_m[keep])
    wander = rng.normal(0, _WANDER_M, (2, len(t)))
    lon, lat = moved(
        lon0,
        lat0,
        east * np.cos(turn) - north * np.sin(turn) + wander[0],
        east * np.sin(turn) + north * np.cos(turn) + wander[1],
    )
    step = np.diff(at, prepend=max(0.0, at[0] - mps)) if len(at) else at
    seconds = np.diff(t, prepend=t[0] - 1.0) if len(t) else t
    return Fixes.at(t0 + t, lon, lat, np.abs(step / seconds + rng.normal(0, 0.2, len(t))))


def standing(
    begins: tuple[float, float, float], hours: float, every_s: float, rng: np.random.Generator
) -> Fixes:
    """Fixes of a vehicle that stands."""
    t0, lon0, lat0 = begins
    t = np.arange(every_s, hours * 3600, every_s)
    wander = rng.normal(0, _WANDER_M, (2, len(t)))
    lon, lat = moved(lon0, lat0, wander[0], wander[1])
    return Fixes.at(t0 + t, lon, lat, np.abs(rng.normal(0, 0.15, len(t))))


def end_of(fixes: Fixes) -> tuple[float, float, float]:
    """Time and place of the last fix."""
    return float(fixes.t[-1]), float(fixes.lon[-1]), float(fixes.lat[-1])
