"""Fences and fixes to measure on: clustered around the same towns, as in a city's files."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from geofence import ZoneError, ZoneSet
from geofence.zone import Zone, ZoneKind

Float64 = NDArray[np.float64]

TOWNS = 100
WEST, SOUTH, EAST, NORTH = 111.0, 27.8, 113.5, 29.5
SPREAD_DEG = 0.05  # of fences and fixes around their town
RADIUS_DEG, RADIUS_SPREAD = 0.0015, 0.8  # of fences, log-normal: car parks to quarters
CORNERS, CORNERS_SPREAD = 16.4, 0.5
NEAR_DEG = 0.001  # of a corner: some hundred metres


def scene(fences: int, fixes: int, reach: float = 1.0) -> tuple[list[Float64], Float64, Float64]:
    """Closed rings of `fences` outlines, and `fixes` fixes, clustered around the same towns.

    `reach` multiplies the radii.
    """
    rng = np.random.default_rng(8)
    towns = rng.uniform((WEST, SOUTH), (EAST, NORTH), (TOWNS, 2))
    weight = rng.dirichlet(np.ones(TOWNS))

    def around(count: int) -> Float64:
        spread = rng.exponential(SPREAD_DEG, count)
        town = towns[rng.choice(TOWNS, count, p=weight)]
        return np.asarray(town + rng.normal(0, 1, (count, 2)) * spread[:, None])

    middles = around(fences)
    corners = np.clip(rng.lognormal(math.log(CORNERS), CORNERS_SPREAD, fences), 4, 200).astype(int)
    radii = np.clip(rng.lognormal(math.log(RADIUS_DEG), RADIUS_SPREAD, fences), 0.0004, 0.05)
    rings = []
    for middle, corner, radius in zip(middles, corners, reach * radii, strict=True):
        turn = 2 * np.pi * (np.arange(corner) + 0.9 * rng.random(corner)) / corner
        far = radius * (0.75 + 0.25 * rng.random(corner))
        ring = middle + np.column_stack([far * np.cos(turn), 0.9 * far * np.sin(turn)])
        rings.append(np.vstack([ring, ring[:1]]))
    lon, lat = around(fixes).T
    return rings, np.ascontiguousarray(lon), np.ascontiguousarray(lat)


def zones_of(
    rings: Sequence[Float64], properties: Sequence[Mapping[str, object]] | None = None
) -> ZoneSet:
    """A polygon a ring, with its properties if any are given; the id is its position."""
    given = [{}] * len(rings) if properties is None else properties
    features = [
        {
            "type": "Feature",
            "properties": own,
            "geometry": {"type": "Polygon", "coordinates": [ring.tolist()]},
        }
        for ring, own in zip(rings, given, strict=True)
    ]
    return ZoneSet.from_geojson({"type": "FeatureCollection", "features": features})


def polygons_of(named: str) -> tuple[Zone, ...]:
    """The polygons of `FILE` or `FILE:datum`; circles and corridors, which others lack, are left.

    Raises `geofence.ZoneError` when the file cannot be read, states no datum or holds no polygon.
    """
    path, colon, datum = named.rpartition(":")
    says = bool(colon) and not Path(named).exists()
    source, stated = (path, datum) if says else (named, None)
    zones = ZoneSet.from_stated_geojson(Path(source), stated, strict=False).zones
    polygons = tuple(zone for zone in zones if zone.kind is ZoneKind.POLYGON)
    if not polygons:
        raise ZoneError("features", "expected a Polygon or MultiPolygon among them", source)
    return polygons


def fixes_over(zones: tuple[Zone, ...], fixes: int) -> tuple[Float64, Float64]:
    """Half of the fixes anywhere within the bounds of all, half near corners of outlines."""
    rng = np.random.default_rng(9)
    west, south, east, north = shapely.total_bounds([zone.geometry for zone in zones])
    corners = shapely.get_coordinates([zone.geometry for zone in zones])
    near = corners[rng.integers(len(corners), size=fixes // 2)]
    near = near + rng.normal(0, NEAR_DEG, near.shape)
    anywhere = rng.uniform((west, south), (east, north), (fixes - len(near), 2))
    lon, lat = rng.permutation(np.vstack([near, anywhere])).T
    return np.ascontiguousarray(lon), np.ascontiguousarray(lat)
