"""A road network as columns: nodes, and pieces of road that may be driven one way.

Read from two CSV files as extracted from OpenStreetMap; a road for both ways becomes two pieces.
Coordinates are WGS-84 degrees.  It is asked for the roads near a place, no more: routes are
`streams.pursuit.reach`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv

from geofence.metric import grown, nearest_on_segment, quick_distance_m
from ingest.fix import Float64, Int32

KMH_BY_HIGHWAY = {
    "motorway": 110.0, "motorway_link": 70.0, "trunk": 90.0, "trunk_link": 60.0,
    "primary": 70.0, "primary_link": 50.0, "secondary": 60.0, "secondary_link": 50.0,
    "tertiary": 50.0, "tertiary_link": 40.0, "unclassified": 50.0, "residential": 40.0,
    "road": 40.0, "service": 20.0, "living_street": 20.0, "track": 20.0,
    "cycleway": 20.0, "path": 10.0, "footway": 10.0, "pedestrian": 10.0, "steps": 3.0,
}  # fmt: skip
"""What is driven where no limit is posted; an e-bike takes the foot-path, too."""

OTHER_KMH = 30.0
_NODES, _EDGES = ("node_id", "lon", "lat"), ("from_node", "to_node", "length_m", "highway")


class RoadsError(ValueError):
    """A road network cannot be read; one line: file, what was expected."""


@dataclass(frozen=True, eq=False)
class RoadNetwork:
    """`lon`, `lat` float64[n] of nodes; pieces of road from node `start` to node `end` int32[m].

    `length_m`, `speed_mps` float64[m] (what is usually driven there at most).
    """

    lon: Float64
    lat: Float64
    start: Int32
    end: Int32
    length_m: Float64
    speed_mps: Float64

    @cached_property
    def _boxes(self) -> tuple[Float64, Float64, Float64, Float64]:
        a, b = self.start, self.end
        return (
            np.minimum(self.lon[a], self.lon[b]),
            np.minimum(self.lat[a], self.lat[b]),
            np.maximum(self.lon[a], self.lon[b]),
            np.maximum(self.lat[a], self.lat[b]),
        )

    @cached_property
    def leaving(self) -> list[list[tuple[int, float]]]:
        """Of each node the pieces that leave it: the node at the other end, and seconds to it."""
        seconds = (self.length_m / self.speed_mps).tolist()
        out: list[list[tuple[int, float]]] = [[] for _ in range(len(self.lon))]
        for start, end, cost in zip(self.start.tolist(), self.end.tolist(), seconds, strict=True):
            out[start].append((end, cost))
        return out

    @classmethod
    def of(
        cls, nodes: tuple[Float64, Float64], ends: tuple[Int32, Int32], length_m: Float64,
        speed_mps: Float64, one_way: NDArray[np.integer],
    ) -> Self:  # fmt: skip
        """The network of roads given once each; `one_way` 1 = as given, -1 = against, 0 = both."""
        there, back = one_way >= 0, one_way <= 0
        start, end = ends
        return cls(
            nodes[0],
            nodes[1],
            np.concatenate([start[there], end[back]]).astype(np.int32),
            np.concatenate([end[there], start[back]]).astype(np.int32),
            np.concatenate([length_m[there], length_m[back]]),
            np.concatenate([speed_mps[there], speed_mps[back]]),
        )

    @classmethod
    def from_csv(cls, nodes: Path, edges: Path) -> Self:
        """Read `node_id,lon,lat` and `from_node,to_node,length_m,highway[,oneway][,maxspeed]`.

        One row a straight piece; `maxspeed` in km/h; files may be packed with gzip.  Raises
        `RoadsError`.
        """
        place, road = _read(nodes, _NODES), _read(edges, _EDGES)
        ids = place["node_id"].combine_chunks()
        ends = []
        for name in ("from_node", "to_node"):
            index = pc.index_in(road[name].combine_chunks(), ids)
            if index.null_count:
                msg = f"{edges}: {name}: {index.null_count} of its nodes are not in {nodes}"
                raise RoadsError(msg)
            ends.append(index.to_numpy().astype(np.int32))
        length_m = _numbers(edges, road, "length_m", 0.0)
        usual = [KMH_BY_HIGHWAY.get(name, OTHER_KMH) for name in road["highway"].to_pylist()]
        posted = _numbers(edges, road, "maxspeed", 0.0)
        kmh = np.where(posted > 0, posted, np.array(usual, np.float64))
        one_way = _numbers(edges, road, "oneway", 0.0).astype(np.int8)
        where = _numbers(nodes, place, "lon", np.nan), _numbers(nodes, place, "lat", np.nan)
        return cls.of(where, (ends[0], ends[1]), np.maximum(length_m, 0.1), kmh / 3.6, one_way)

    def nearest(self, lon: float, lat: float, reach_m: float) -> tuple[int, float, float] | None:
        """The piece of road nearest to a place: which, how far along it (0-1), metres off.

        None when none is within `reach_m`.
        """
        west, south, east, north = self._boxes
        box = grown(np.array([[lon, lat, lon, lat]]), np.array([reach_m]))[0]
        at = np.flatnonzero(
            (west <= box[2]) & (east >= box[0]) & (south <= box[3]) & (north >= box[1])
        )
        if not len(at):
            return None
        a_lon, a_lat = self.lon[self.start[at]], self.lat[self.start[at]]
        b_lon, b_lat = self.lon[self.end[at]], self.lat[self.end[at]]
        here = np.full(len(at), lon), np.full(len(at), lat)
        foot = nearest_on_segment(*here, (a_lon, a_lat), (b_lon, b_lat))
        off_m = quick_distance_m(*here, *foot)
        best = int(np.argmin(off_m))
        if off_m[best] > reach_m:
            return None
        whole = quick_distance_m(a_lon, a_lat, b_lon, b_lat)[best]
        made = quick_distance_m(a_lon, a_lat, foot[0], foot[1])[best]
        return int(at[best]), float(min(made / max(whole, 1e-9), 1.0)), float(off_m[best])

    def along(self, edge: Int32, part: Float64) -> tuple[Float64, Float64]:
        """Places on pieces of road, `part` 0-1 of the way from start to end."""
        a, b = self.start[edge], self.end[edge]
        return (
            self.lon[a] + part * (self.lon[b] - self.lon[a]),
            self.lat[a] + part * (self.lat[b] - self.lat[a]),
        )


def _read(path: Path, wanted: tuple[str, ...]) -> pa.Table:
    try:
        table = csv.read_csv(path)
    except (pa.ArrowInvalid, OSError) as error:
        msg = f"{path}: expected a CSV file: {str(error).splitlines()[0]}"
        raise RoadsError(msg) from error
    missing = [name for name in wanted if name not in table.column_names]
    if missing:
        msg = f"{path}: expected columns {', '.join(wanted)}, missing {', '.join(missing)}"
        raise RoadsError(msg)
    return table


def _numbers(path: Path, table: pa.Table, name: str, otherwise: float) -> Float64:
    if name not in table.column_names:
        return np.full(table.num_rows, otherwise)
    try:
        column = table[name].cast(pa.float64()).fill_null(otherwise)
    except pa.ArrowInvalid as error:
        msg = f"{path}: {name}: expected numbers: {str(error).splitlines()[0]}"
        raise RoadsError(msg) from error
    numbers: Float64 = column.to_numpy()
    return numbers
