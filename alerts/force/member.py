"""Platforms (快警平台), village posts (警务室) and units, as they are listed.

A unit is whoever is sent as one: a car, a motorcycle, two officers on foot.  No names of people, no
phone numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from alerts.force.shift import Shift


class Rank(StrEnum):
    """Ranks of force: station and street patrols, the district's, the city's."""

    STATION = "station"
    DISTRICT = "district"
    CITY = "city"


class Status(StrEnum):
    """What a unit says of itself; whether it is on shift is another matter."""

    FREE = "free"
    BUSY = "busy"
    OFF = "off"


class Mode(StrEnum):
    """How a unit moves, which says how fast."""

    FOOT = "foot"
    BIKE = "bike"
    CAR = "car"


@dataclass(frozen=True, slots=True)
class Platform:
    """A rapid-police platform; `area` is the code of its jurisdiction; WGS-84 degrees."""

    id: str
    name: str
    lon: float
    lat: float
    area: str = ""


@dataclass(frozen=True, slots=True)
class Post:
    """A village police room, which belongs to a platform; WGS-84 degrees."""

    id: str
    name: str
    lon: float
    lat: float
    platform: str
    area: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """Whoever is sent as one.

    `home` (lon, lat) is its post's place, else its platform's: where it is reckoned to be while
    nobody knows better.  `limit` incidents at most are its own at once.
    """

    id: str
    name: str
    rank: Rank
    platform: str
    home: tuple[float, float]
    post: str = ""
    area: str = ""
    mode: Mode = Mode.CAR
    shift: Shift = field(default_factory=Shift)
    capabilities: frozenset[str] = frozenset()
    limit: int = 1
