"""Other libraries that join points with outlines, where they are installed (`make bench-rivals`).

Each is asked as its own documentation joins two tables, and has to hand the pairs out; its table of
outlines is made beforehand.  They get one thread.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Joining = Callable[[Float64, Float64], int]
"""How many pairs there are of these fixes (lon, lat) and the outlines."""


class Rival(NamedTuple):
    """Its name, the packages it needs, and what prepares it for outlines."""

    name: str
    packages: tuple[str, ...]
    over: Callable[[NDArray[np.object_]], Joining]

    @property
    def installed(self) -> bool:
        """Whether every package is there."""
        return all(importlib.util.find_spec(package) is not None for package in self.packages)


def missing() -> list[str]:
    """A line for each that is not installed, and how to get it."""
    return [
        f"{rival.name}: not installed (make bench-rivals)"
        for rival in RIVALS
        if not rival.installed
    ]


def _geopandas(outlines: NDArray[np.object_]) -> Joining:
    import geopandas  # noqa: PLC0415 - may not be there

    zones = geopandas.GeoDataFrame(geometry=outlines)

    def join(lon: Float64, lat: Float64) -> int:
        fixes = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(lon, lat))
        return len(geopandas.sjoin(fixes, zones, predicate="intersects"))

    return join


def _duckdb(outlines: NDArray[np.object_]) -> Joining:
    import duckdb  # noqa: PLC0415 - may not be there

    found = importlib.util.find_spec("duckdb_extension_spatial")
    places = [] if found is None else found.submodule_search_locations or []
    extension = next(
        file for place in places for file in Path(place).rglob("spatial.duckdb_extension")
    )
    connection = duckdb.connect(config={"threads": 1, "autoinstall_known_extensions": False})
    connection.load_extension(str(extension))
    connection.register("given", pa.table({"outline": pa.array(shapely.to_wkb(outlines))}))
    connection.execute(
        "CREATE TABLE zones AS SELECT row_number() OVER () - 1 AS zone, "
        "ST_GeomFromWKB(outline) AS outline FROM given"
    )

    def join(lon: Float64, lat: Float64) -> int:
        connection.register("fixes", pa.table({"fix": np.arange(len(lon)), "lon": lon, "lat": lat}))
        pairs = connection.execute(
            "SELECT fix, zone FROM fixes JOIN zones ON ST_Intersects(outline, ST_Point(lon, lat))"
        ).fetchnumpy()
        return len(pairs["fix"])

    return join


def _polars_st(outlines: NDArray[np.object_]) -> Joining:
    os.environ.setdefault("POLARS_MAX_THREADS", "1")  # read once, at the first import
    import polars as pl  # noqa: PLC0415 - may not be there
    import polars_st as st  # noqa: PLC0415 - may not be there

    column = pl.Series(shapely.to_wkb(outlines).tolist(), dtype=pl.Binary)
    zones = pl.DataFrame({"geometry": column})

    def join(lon: Float64, lat: Float64) -> int:
        fixes = pl.DataFrame({"lon": lon, "lat": lat})
        points = fixes.select(geometry=st.point(pl.concat_arr("lon", "lat")))
        return len(points.st.sjoin(zones, predicate="intersects"))

    return join


RIVALS = (
    Rival("geopandas, sjoin", ("geopandas",), _geopandas),
    Rival("DuckDB spatial", ("duckdb", "duckdb_extension_spatial"), _duckdb),
    Rival("polars-st, sjoin", ("polars", "polars_st"), _polars_st),
)
