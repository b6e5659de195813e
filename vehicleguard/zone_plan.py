"""What a picture of zones shows and where: shapes, names, fixes and a scale, in pixels.

Pure; `vehicleguard.zone_svg` writes it down.  There is no map beneath, so nothing is fetched and
nobody else's licence comes in.  North is up; the plane is equirectangular around the middle.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geofence.metric import scale
from geofence.rules.choice import tags_of
from geofence.shape import outline
from geofence.survey import bounds_of
from geofence.zone import Bounds, Zone, one_line

Float64 = NDArray[np.float64]

WIDTH, LEAST_HEIGHT, MOST_HEIGHT = 1200.0, 420.0, 1000.0
FONT = 14.0
MARGIN = 28.0
UNTAGGED = ""
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#5b4fc0", "#2b8cbe")
"""For tags; told apart by the colour-blind (after Okabe and Ito 2008, darkened for text)."""
OTHER = "#666666"
_LEAST_EXTENT_M = 200.0
_SPARE = 0.04  # of the zones' extent, left free around them
_FIX_PX = 1.5  # fixes nearer to each other are one dot
_DETAIL_PX = 0.2  # finer than anyone sees


@dataclass(frozen=True)
class Shape:
    """A zone's outline in pixels; its name, id and tags for whoever points at it."""

    outline: BaseGeometry
    colour: str
    title: str


@dataclass(frozen=True)
class Label:
    """A name, centred on (x, y) pixels."""

    x: float
    y: float
    text: str
    colour: str


@dataclass(frozen=True)
class Plan:
    """All that a picture shows; `compared` are outlines of other zones to lay over.

    * `legend`: colour, tag ("" for none) and zones, most first.
    * `fixes`: float64[n, 2] pixels.
    * `scale_m`, `scale_px`: the same length on the ground and in the picture.
    * `unlabelled`: names that found no room.
    """

    height: float
    shapes: tuple[Shape, ...]
    compared: tuple[Shape, ...]
    labels: tuple[Label, ...]
    fixes: Float64
    legend: tuple[tuple[str, str, int], ...]
    scale_m: float
    scale_px: float
    unlabelled: int


@dataclass(frozen=True)
class _Frame:
    """From degrees to pixels."""

    west: float
    north: float
    per_lon: float
    per_lat: float
    height: float
    px_per_m: float

    @classmethod
    def around(cls, bounds: Bounds) -> _Frame:
        west, south, east, north = bounds
        m_lon, m_lat = (float(m) for m in scale(np.array((south + north) / 2)))
        wide = max((east - west) * m_lon, _LEAST_EXTENT_M) * (1 + 2 * _SPARE)
        high = max((north - south) * m_lat, _LEAST_EXTENT_M) * (1 + 2 * _SPARE)
        px = min((WIDTH - 2 * MARGIN) / wide, (MOST_HEIGHT - 2 * MARGIN) / high)
        height = max(LEAST_HEIGHT, high * px + 2 * MARGIN)
        left, top = (west + east) / 2 * m_lon * px, (south + north) / 2 * m_lat * px
        return cls(
            west=(left - WIDTH / 2) / (m_lon * px),
            north=(top + height / 2) / (m_lat * px),
            per_lon=m_lon * px, per_lat=m_lat * px, height=height, px_per_m=px,
        )  # fmt: skip

    def pixels(self, xy: Float64) -> Float64:
        return np.column_stack(
            [(xy[:, 0] - self.west) * self.per_lon, (self.north - xy[:, 1]) * self.per_lat]
        )


def plan(
    zones: Sequence[Zone], compared: Sequence[Zone] = (), fixes: Float64 | None = None
) -> Plan | None:
    """The picture of `zones`, of others laid over them, and of `fixes` float64[n, 2] (lon, lat).

    The zones say what is in it: fixes beyond them are left out.  None when there is no zone.
    """
    bounds = bounds_of([*zones, *compared])
    if bounds is None:
        return None
    frame = _Frame.around(bounds)
    tagged = Counter((tags_of(zone) or (UNTAGGED,))[0] for zone in zones if zone.bounds)
    tags = [tag for tag, _ in sorted(tagged.items(), key=lambda one: (-one[1], one[0]))]
    colours = dict(zip([tag for tag in tags if tag], COLOURS, strict=False))
    shapes = _shapes(zones, frame, colours)
    labels = _labels(zones, shapes, frame.height)
    length = _round_length(WIDTH / 5 / frame.px_per_m)
    return Plan(
        height=frame.height,
        shapes=tuple(shape for _, shape in shapes),
        compared=tuple(shape for _, shape in _shapes(compared, frame, {})),
        labels=tuple(labels),
        fixes=_dots(np.empty((0, 2)) if fixes is None else fixes, frame),
        legend=tuple((colours.get(tag, OTHER), tag, tagged[tag]) for tag in tags),
        scale_m=length,
        scale_px=length * frame.px_per_m,
        unlabelled=len(shapes) - len(labels),
    )


def _shapes(
    zones: Sequence[Zone], frame: _Frame, colours: dict[str, str]
) -> list[tuple[Zone, Shape]]:
    """Every zone with its shape, the largest first, so that no zone hides a smaller one."""
    real = [zone for zone in zones if zone.geometry is not None]
    drawn = shapely.transform(np.array([outline(zone) for zone in real], object), frame.pixels)
    drawn = shapely.simplify(drawn, _DETAIL_PX)
    order = np.argsort(-shapely.area(drawn), kind="stable")
    return [(real[at], _shape(real[at], drawn[at], colours)) for at in order]


def _shape(zone: Zone, drawn: BaseGeometry, colours: dict[str, str]) -> Shape:
    tags = tags_of(zone)
    title = " · ".join(one_line(part) for part in (zone.name, zone.id, " ".join(tags)) if part)
    return Shape(drawn, colours.get(tags[0], OTHER) if tags else OTHER, title)


def _labels(zones: Sequence[Zone], shapes: list[tuple[Zone, Shape]], height: float) -> list[Label]:
    """Names where they hide no other name; those of large zones come first."""
    taken = np.empty((len(zones), 4))
    out: list[Label] = []
    for zone, shape in shapes:
        text = one_line(zone.name, 32)
        half = _width(text) / 2 + 2
        middle = shape.outline.representative_point()
        box = shape.outline.bounds
        above, below = box[1] - FONT * 0.8, box[3] + FONT * 0.8
        inside = box[2] - box[0] > half and box[3] - box[1] > 2 * FONT
        for y in (middle.y, above, below) if inside else (above, below, middle.y):
            x = min(max(middle.x, half + 4), WIDTH - half - 4)
            here = np.array([x - half, y - FONT * 0.6, x + half, y + FONT * 0.6])
            free = here[1] > 0 and here[3] < height
            held = taken[: len(out)]
            if free and not ((held[:, :2] < here[2:]) & (held[:, 2:] > here[:2])).all(1).any():
                taken[len(out)] = here
                out.append(Label(round(x, 1), round(y, 1), text, shape.colour))
                break
    return out


def _width(text: str) -> float:
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return FONT * (wide + 0.56 * (len(text) - wide))


def _dots(lonlat: Float64, frame: _Frame) -> Float64:
    xy = frame.pixels(lonlat)
    seen = (xy >= 0).all(1) & (xy[:, 0] <= WIDTH) & (xy[:, 1] <= frame.height)
    return np.unique(np.round(xy[seen] / _FIX_PX), axis=0) * _FIX_PX


def _round_length(most_m: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is no longer than `most_m`."""
    power = 10.0 ** np.floor(np.log10(most_m))
    return float(max(n * power for n in (1, 2, 5) if n * power <= most_m))
