"""Random zones of awkward shapes, and points where an answer could go wrong, from one generator."""

from collections.abc import Callable, Sequence

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from tests.unit.geofence.make import Json, circle, collection, corridor, feature, polygon

Float64 = NDArray[np.float64]
Rings = list[list[list[float]]]

SHAPES = 12  # of each kind in a scene
ULPS = 4


def star(rng: Generator, middle: Float64, least: float, most: float, corners: int) -> Float64:
    """A closed ring around `middle` that cannot cross itself but by rounding."""
    turn = np.sort(rng.uniform(0, 2 * np.pi, corners))
    far = rng.uniform(least, most, corners)
    ring = middle + np.column_stack([far * np.cos(turn), far * np.sin(turn)])
    return np.vstack([ring, ring[:1]])


def holed(rng: Generator, middle: Float64, size: float) -> Rings:
    """A star with up to three holes side by side."""
    shell = star(rng, middle, 0.7 * size, size, int(rng.integers(8, 60)))
    holes = []
    for place in ((-0.3, -0.2), (0.0, 0.3), (0.3, -0.2))[: rng.integers(0, 4)]:
        at = middle + size * np.array(place)
        holes.append(star(rng, at, 0.01 * size, 0.12 * size, int(rng.integers(3, 12))))
    return [ring.tolist() for ring in (shell, *holes)]


def spiky(rng: Generator, middle: Float64, size: float) -> Rings:
    return [star(rng, middle, 0.05 * size, size, int(rng.integers(5, 300))).tolist()]


def sliver(rng: Generator, middle: Float64, size: float) -> Rings:
    """A triangle of which one side is millions of times longer than another."""
    a, b = middle + rng.uniform(-size, size, (2, 2))
    return [[list(p) for p in (a, b, b + size * 10.0 ** rng.uniform(-13, -3, 2), a)]]


def lattice(rng: Generator, middle: Float64, size: float) -> Rings:
    """Corners on sides of cells; the middles of its sides are exact numbers."""
    step = 2.0 ** np.round(np.log2(size / 8))
    ring = np.round(star(rng, middle, 0.2 * size, size, int(rng.integers(4, 12))) / step) * step
    return [ring.tolist()]


def rectangle(rng: Generator, middle: Float64, size: float) -> Rings:
    (west, south), (east, north) = middle - rng.random(2) * size, middle + rng.random(2) * size
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


KINDS: dict[str, Callable[[Generator, Float64, float], Rings]] = {
    "with holes": holed,
    "spiky": spiky,
    "slivers": sliver,
    "on cells": lattice,
    "rectangles": rectangle,
}


def zones(rng: Generator) -> Json:
    """A collection of every kind, of like sizes and over each other, somewhere on earth."""
    size = 10.0 ** rng.uniform(-3.5, 0.3)  # degrees: from some 30 m to 200 km
    centre = rng.uniform((-170, -75), (170, 75)) if rng.random() < 0.8 else rng.uniform(-2, 2, 2)
    spread = 3 * size

    def middles(count: int = SHAPES) -> Float64:
        return centre + rng.uniform(-spread, spread, (count, 2))

    out = [
        polygon(*make(rng, middle, size * rng.uniform(0.1, 1)))
        for make in KINDS.values()
        for middle in middles()
    ]
    out += [
        feature("MultiPolygon", [holed(rng, m, 0.2 * size) for m in middles(4)])
        for _ in range(SHAPES // 2)
    ]
    out += [out[n] for n in rng.integers(len(out), size=SHAPES // 2)]  # identical ones
    cells = shapely.voronoi_polygons(shapely.multipoints(middles(2 * SHAPES)))
    out += [  # neighbours, which share their borders
        polygon(shapely.get_coordinates(cell).tolist()) for cell in shapely.get_parts(cells)
    ]
    metres = 111_000 * size
    out += [circle(*at, metres * rng.uniform(0.01, 1)) for at in middles().tolist()]
    out += [
        corridor(
            (at + np.cumsum(rng.uniform(-size, size, (rng.integers(2, 5), 2)), 0)).tolist(),
            min(metres * rng.uniform(0.01, 0.4), 8_000.0),
        )
        for at in middles()
    ]
    return collection(*out)


def points(rng: Generator, outlines: Sequence[shapely.Geometry], count: int) -> tuple[int, Float64]:
    """float64[count, 2]; the first so many lie anywhere, the rest on or within ulps of lines.

    On vertices, on edges as near as floats can be (and exactly, where the numbers are round), at
    the longitude of one vertex and the latitude of another, and up to `ULPS` floats beside these.
    """
    ring = shapely.get_rings(outlines)
    at, of = shapely.get_coordinates(ring, return_index=True)
    begins = np.flatnonzero(of[1:] == of[:-1])
    edge = begins[rng.integers(len(begins), size=count)]
    a, b = at[edge], at[edge + 1]
    round_share = rng.choice([0.0, 0.0, 0.25, 0.5, 0.75], count)
    share = np.where(rng.random(count) < 0.6, round_share, rng.random(count))[:, None]
    near = a + share * (b - a)
    aligned = rng.random(count) < 0.1
    near[aligned, 1] = at[rng.integers(len(at), size=int(aligned.sum())), 1]
    steps = rng.integers(-ULPS, ULPS + 1, (count, 2)) * (rng.random((count, 1)) < 0.6)
    near += steps * np.spacing(near)
    free = count // 3
    near[:free] = rng.uniform(at.min(0), at.max(0), (free, 2))
    return free, near
