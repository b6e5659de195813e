"""Thefts: what a thief does to a vehicle, and the truth about it for whoever evaluates."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from vehicleguard.simulator import draw
from vehicleguard.simulator.habits import Kind
from vehicleguard.simulator.trip import LEGS, Paths, leg_seconds


class TheftKind(StrEnum):
    """How it is done."""

    DRIVE_OFF = "drive_off"
    TOW = "tow"
    PUSH = "push"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class Manner:
    """What a `TheftKind` looks like from outside.

    `prelude_s`: from the first sign to the first movement; `targets`: which vehicles are taken.
    """

    cruise_mps: float
    accel_mps2: float
    prelude_s: float
    lasts_s: tuple[float, float]
    targets: tuple[Kind, ...]


MANNERS: dict[TheftKind, Manner] = {
    # hot-wired and ridden off
    TheftKind.DRIVE_OFF: Manner(8.0, 2.0, 0.5, (300.0, 540.0), (Kind.EBIKE, Kind.MOTORCYCLE)),
    # on a lorry's bed: 40 km/h, smooth
    TheftKind.TOW: Manner(11.1, 0.8, 4.0, (420.0, 720.0), (Kind.MOTORCYCLE, Kind.CAR)),
    TheftKind.PUSH: Manner(1.4, 0.5, 1.0, (300.0, 480.0), (Kind.EBIKE, Kind.MOTORCYCLE)),
    # shaken, then the battery's cable is cut; the terminal goes on with its backup battery
    TheftKind.CUT: Manner(7.0, 1.5, 12.0, (360.0, 600.0), (Kind.EBIKE,)),
}
TURN: tuple[TheftKind, ...] = tuple(TheftKind)
"""Kinds come in turn."""

REPORT_S = 5.0
"""A terminal that feels itself moved while armed reports this often."""
CUT_VIBRATION_S = 9.0
"""A `cut` shakes the vehicle for this long before the power goes."""


@dataclass(frozen=True, slots=True)
class Theft:
    """One line of the truth log.  Times are epoch seconds; `lon`, `lat` where it was taken from.

    `t_start` is the first sign (vibration, or the report just before it moves), `t_moving` the
    first movement, `t_stop` when it is put down.
    """

    number: int
    kind: str
    terminal: str
    t_start: float
    t_moving: float
    t_stop: float
    lon: float
    lat: float


def route(seed: int, number: int, kind: TheftKind) -> Paths:
    """The way a thief takes: one row of `Paths`, the longest leg first, no halt on the way."""
    manner = MANNERS[kind]
    u = draw.uniforms(seed, 2, np.array([number]), np.zeros(1, np.int64), LEGS + 4)
    low, high = manner.lasts_s
    total = manner.cruise_mps * (low + (high - low) * u[:, 0])
    share = 0.3 + u[:, 4:]
    share[:, 0] = 1.8
    length = total[:, None] * share / share.sum(axis=1, keepdims=True)
    # never back along either axis, so that the vehicle keeps getting farther away
    length[:, 0::2] *= np.where(u[:, 1:2] < 0.5, -1.0, 1.0)
    length[:, 1::2] *= np.where(u[:, 2:3] < 0.5, -1.0, 1.0)
    cruise, accel = np.array([manner.cruise_mps]), np.array([manner.accel_mps2])
    ends = np.cumsum(leg_seconds(length, cruise[:, None], accel[:, None]), axis=1)
    return Paths(length, ends, cruise, accel, np.pi / 2 * u[:, 3])


def append_truth(path: Path, thefts: list[Theft]) -> None:
    """Append one JSON line per theft to `path`; parents are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(theft)) + "\n" for theft in thefts)
