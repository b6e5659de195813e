"""A zone set in one file, index and all, that is mapped back instead of built anew.

Layout: a line of 64 bytes that begins with `MAGIC`, then members in NumPy's own format (`.npy`,
version 1 or 2), each at a multiple of 64 bytes, so that their data are, too: what the file is
(JSON), then in the order that the JSON names the arrays of the index, where each stream of zones
begins, and the zones: Arrow streams of `BLOCK` zones each, end to end, so that one can be read
without the others.  Numbers are little-endian.
"""

from __future__ import annotations

import json
import os
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.lib import format as npy
from numpy.typing import NDArray

from geofence.grid import Grid
from geofence.zone import Problem, Zone, ZoneKind
from ingest.store import arrow_bytes

MAGIC = b"vgzones\n"
VERSION = 2
BLOCK = 256  # zones that are decoded to read one
_LINE = 64
_ZONES, _BEGINS = "zones", "zones_begin"


class StoredZonesError(ValueError):
    """No zone set that this version can read; one line: file, why, what to do."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: not a stored zone set: {why}; store it again")


@dataclass(frozen=True, eq=False)
class Stored:
    """What a file holds; the arrays are mapped, and may be written to without changing the file."""

    grid: Grid
    keys: NDArray[np.uint64]
    problems: tuple[Problem, ...]
    source: str
    table: NDArray[np.uint8]
    begins: NDArray[np.int64]
    path: Path

    def zones(self) -> tuple[Zone, ...]:
        """The zones, decoded anew.  Raises `StoredZonesError`."""
        blocks = range(len(self.begins) - 1)
        return tuple(zone for block in blocks for zone in _zones(self._block(block)))

    def zone(self, position: int) -> Zone:
        """The zone at `position` alone.  Raises `StoredZonesError`."""
        block, row = divmod(position, BLOCK)
        (zone,) = _zones(self._block(block).slice(row, 1))
        return zone

    def _block(self, block: int) -> pa.Table:
        try:
            begin, end = self.begins[block : block + 2].tolist()
            return arrow_bytes.read(self.table[begin:end].tobytes(), _ZONES, VERSION)
        except ValueError as error:
            raise StoredZonesError(self.path, str(error)) from error


def write(
    path: Path, zones: Sequence[Zone], problems: Sequence[Problem], grid: Grid, *, keys: Any,
    source: str,
) -> None:  # fmt: skip
    """Write a zone set to `path`, whole or not at all; an older file there is replaced.

    Raises `OSError` when it cannot be written and `TypeError` when a property is no JSON.
    """
    arrays = {field.name: getattr(grid, field.name) for field in fields(Grid)}
    blocks = [_table(zones[at : at + BLOCK]) for at in range(0, len(zones), BLOCK)]
    begins = np.cumsum([0, *map(len, blocks)], dtype=np.int64)
    arrays |= {"keys": keys, _BEGINS: begins, _ZONES: np.frombuffer(b"".join(blocks), np.uint8)}
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    said = {
        "schema": "zone_set",
        "version": VERSION,
        "source": source,
        "problems": [asdict(problem) for problem in problems],
        "arrays": {name: zlib.crc32(array.data) for name, array in arrays.items()},
    }
    about = np.frombuffer(json.dumps(said, ensure_ascii=False).encode(), np.uint8)
    folder = path.absolute().parent
    with tempfile.NamedTemporaryFile(dir=folder, prefix=path.name, delete=False) as file:
        try:
            file.write(MAGIC.ljust(_LINE, b"\0"))
            for array in (about, *arrays.values()):
                npy.write_array(file, array, allow_pickle=False)
                file.write(bytes(-file.tell() % _LINE))
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    held = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)


def _zones(table: pa.Table) -> list[Zone]:
    outlines = shapely.from_wkb(table.column("outline").to_numpy(zero_copy_only=False))
    names = ("id", "name", "kind", "reach_m", "bounds", "properties")
    rows = zip(outlines, *(table.column(name).to_pylist() for name in names), strict=True)
    return [
        Zone(
            id=id_,
            name=name,
            kind=ZoneKind(kind),
            geometry=outline,
            reach_m=reach_m,
            bounds=None if bounds is None else tuple(bounds),
            properties=json.loads(properties),
        )
        for outline, id_, name, kind, reach_m, bounds, properties in rows
    ]


def _table(zones: Sequence[Zone]) -> bytes:
    columns = {
        "id": pa.array([zone.id for zone in zones], pa.string()),
        "name": pa.array([zone.name for zone in zones], pa.string()),
        "kind": pa.array([str(zone.kind) for zone in zones], pa.string()),
        "outline": pa.array(shapely.to_wkb([zone.geometry for zone in zones]), pa.large_binary()),
        "reach_m": pa.array([zone.reach_m for zone in zones], pa.float64()),
        "bounds": pa.array([zone.bounds for zone in zones], pa.list_(pa.float64())),
        "properties": pa.array(
            [json.dumps(dict(zone.properties), ensure_ascii=False) for zone in zones], pa.string()
        ),
    }
    return arrow_bytes.write(pa.table(columns), _ZONES, VERSION, {})


def read(path: Path, *, verify: bool = False) -> Stored:
    """Map the zone set that `write` left at `path`.

    The file's form is checked, its numbers only with `verify`, which reads all of it: a file that
    something else wrote into could otherwise lead a kernel astray.  Raises `StoredZonesError`, and
    `OSError` when there is no file.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(_LINE) != MAGIC.ljust(_LINE, b"\0"):
            raise StoredZonesError(path, "it begins with something else")
        try:
            about = _mapped(file, size)
            said = json.loads(about.tobytes())
            _check_version(path, said["version"])
            held = {name: _mapped(file, size) for name in said["arrays"]}
            problems = tuple(Problem(**problem) for problem in said["problems"])
            grid = Grid(**{field.name: held[field.name] for field in fields(Grid)})
            zones, begins = held[_ZONES], held[_BEGINS]
            found = Stored(grid, held["keys"], problems, said["source"], zones, begins, path)
        except StoredZonesError:
            raise
        except (ValueError, KeyError, TypeError) as error:
            raise StoredZonesError(path, f"it is cut short or damaged ({error})") from error
    for name, checksum in said["arrays"].items():
        if verify and zlib.crc32(held[name].data) != checksum:
            raise StoredZonesError(path, f"its {name} are damaged")
    return found


def _check_version(path: Path, version: object) -> None:
    if version != VERSION:
        raise StoredZonesError(path, f"it is of version {version}, this reads {VERSION}")


def _mapped(file: IO[bytes], size: int) -> NDArray[Any]:
    """The next member, mapped; `file` stands behind it then.  Raises `ValueError`."""
    version = npy.read_magic(file)
    header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = header(file)
    begin = file.tell()
    length = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    if begin + length > size or dtype.hasobject:
        raise ValueError("an array ends behind the file")
    # copy on write: kernels are compiled for arrays that may be written to, and none is
    out = np.memmap(file, dtype, "c", begin, shape).view(np.ndarray) if length else None
    file.seek(begin + length + -(begin + length) % _LINE)
    return np.empty(shape, dtype) if out is None else out
