"""The fleet's memory: columns over vehicles, on disk as one NumPy archive."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Int8 = NDArray[np.int8]
Bool = NDArray[np.bool_]

VERSION = 1


class StateError(ValueError):
    """The file is not a fleet that this version can go on with."""


class Mode(IntEnum):
    """What a vehicle is doing."""

    PARKED = 0
    TRIP = 1
    STOLEN = 2
    ABANDONED = 3


@dataclass(slots=True)
class Columns:
    """What changes, over n vehicles.

    * `mode`: int8, `Mode`; `theft`: int8, position in `theft.TURN`, meaningful while stolen.
    * `lon`, `lat`: where it is parked or where its path began, WGS-84 degrees, without error.
    * `start`: epoch seconds at which the path began; `arrived`: at which it parked.
    * `length`, `ends` (n by legs), `cruise`, `accel`, `grid`: the path, see `trip.Paths`.
    * `error_e`, `error_n`: the receiver's error, metres; `jump_e`, `jump_n`, `jump_left`: a jump
      and for how many more reports it lasts.
    * `last`, `next`: epoch seconds of the latest and of the coming report; `seq`: its number.
    * `armed`, `ign`: bool; `eager`: bool, about to set out again after a pause; `heading`:
      degrees; `batt`: per cent.
    """

    mode: Int8
    theft: Int8
    lon: Float64
    lat: Float64
    start: Float64
    arrived: Float64
    length: Float64
    ends: Float64
    cruise: Float64
    accel: Float64
    grid: Float64
    error_e: Float64
    error_n: Float64
    jump_e: Float64
    jump_n: Float64
    jump_left: Int8
    last: Float64
    next: Float64
    seq: Int64
    armed: Bool
    ign: Bool
    eager: Bool
    heading: Float64
    batt: Float64


def write(path: Path, meta: Mapping[str, object], tables: Mapping[str, object]) -> None:
    """Write the dataclasses `tables`, field by field, and `meta` to `path`.

    The file appears whole or not at all: it is written beside `path` and renamed.
    """
    arrays = {
        f"{table}.{f.name}": getattr(columns, f.name)
        for table, columns in tables.items()
        for f in fields(columns)  # type: ignore[arg-type]  # any dataclass of arrays
    }
    text = json.dumps({"version": VERSION, **meta})
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            np.savez(file, allow_pickle=False, meta=np.array(text), **arrays)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def read(path: Path) -> tuple[dict[str, Any], dict[str, dict[str, NDArray[np.generic]]]]:
    """The `meta` and the tables that `write` stored.  Raises `StateError`, `FileNotFoundError`."""
    tables: dict[str, dict[str, NDArray[np.generic]]] = {}
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            meta: dict[str, Any] = json.loads(str(archive["meta"]))
            if meta.get("version") != VERSION:
                msg = f"{path}: fleet of version {meta.get('version')}; this build reads {VERSION}"
                raise StateError(msg)
            for key in archive.files:
                table, _, name = key.partition(".")
                if name:
                    tables.setdefault(table, {})[name] = archive[key]
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        if isinstance(error, StateError):
            raise
        msg = f"{path}: not a saved fleet: {error}"
        raise StateError(msg) from error
    return meta, tables
