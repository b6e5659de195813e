"""Draw a pursuit of a bus of the shipped sample: `python -m tests.bench.draw_pursuit > FILE.svg`.

The bus is the first of the half that the law was not fitted on whose track has fixes 1, 3 and 5
minutes after one at a good pace; whether its later places lie in the sectors is not looked at.
"""

from __future__ import annotations

import numpy as np

from geofence.metric import scale
from streams.pursuit import HORIZONS_S, Pursuit, Track, pursue
from tests.bench import trips
from tests.unit.geofence.test_real_outlines import SAMPLE

WIDTH, HEIGHT, MARGIN = 600, 590, 30
NEAR_S, PACE_MPS = 15.0, (9.0, 14.0)
RED, INK, SOFT = "#d81f2d", "#13202c", "#5b6f80"


def chosen(pairs: trips.Later) -> tuple[int, list[int]]:
    """A fix, and the later ones about each horizon after it."""
    for origin in np.unique(pairs.origin):
        own = np.flatnonzero(pairs.origin == origin)
        if not PACE_MPS[0] <= pairs.pace_mps[own[0]] <= PACE_MPS[1]:
            continue
        off = np.abs(pairs.lag_s[own][:, None] - np.array(HORIZONS_S))
        if (off.min(axis=0) <= NEAR_S).all():
            return int(origin), pairs.later[own[off.argmin(axis=0)]].tolist()
    raise LookupError("no bus of the sample has fixes at these times")


class Drawing:
    """Places in metres around one, put into the picture so that the sectors fill it."""

    def __init__(self, pursuit: Pursuit) -> None:
        self._origin = pursuit.seen
        rings = np.concatenate([sector.ring() for sector in pursuit.sectors])
        self._per = [float(x) for x in scale(np.array(pursuit.seen.lat))]
        x, y = self._metres(*rings.T)
        self._west, self._north = x.min(), y.max()
        size = (WIDTH - 2 * MARGIN) / np.ptp(x), (HEIGHT - 2 * MARGIN) / np.ptp(y)
        self.px_per_m = min(size)
        self.parts: list[str] = []

    def _metres(self, lon, lat):
        return (lon - self._origin.lon) * self._per[0], (lat - self._origin.lat) * self._per[1]

    def at(self, lon, lat) -> np.ndarray:
        x, y = self._metres(np.asarray(lon), np.asarray(lat))
        px = MARGIN + (x - self._west) * self.px_per_m, MARGIN + (self._north - y) * self.px_per_m
        return np.round(np.stack(px, axis=-1), 1)

    def line(self, lon, lat, style: str) -> None:
        points = " ".join(f"{x:g},{y:g}" for x, y in self.at(lon, lat))
        self.parts.append(f'<polyline points="{points}" {style}/>')

    def dot(self, lon, lat, style: str, said: str, *, left: bool = False) -> None:
        x, y = self.at(lon, lat)
        self.parts.append(f'<circle cx="{x:g}" cy="{y:g}" r="5" {style}/>')
        beside = f'x="{x - 9:g}" text-anchor="end"' if left else f'x="{x + 9:g}"'
        self.parts.append(
            f'<text {beside} y="{y + 5:g}" fill="{INK}" stroke="#fff" stroke-width="3" '
            f'paint-order="stroke">{said}</text>'
        )

    def svg(self) -> str:
        km = 1000 * self.px_per_m
        y = HEIGHT - 14
        bar = f'<path d="M{MARGIN} {y}h{km:.1f}" stroke="{SOFT}" stroke-width="3"/>'
        bar += f'<text x="{MARGIN + km + 8:.0f}" y="{y + 5}" fill="{SOFT}">1 km</text>'
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'font-family="sans-serif" font-size="14">'
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
        )
        return "\n".join([head, *self.parts, bar, "</svg>"])


def main() -> None:
    pairs = trips.later_places(SAMPLE / "austin_bus.parquet")
    origin, later = chosen(pairs.take(pairs.held_out))
    batch = pairs.batch
    tail = slice(max(origin - 8, 0), origin + 1)
    own = batch.vehicle[tail] == batch.vehicle[origin]
    names = ("t_ms", "lon", "lat", "speed_mps", "heading_deg", "accuracy_m")
    track = Track(*(getattr(batch, name)[tail][own] for name in names))
    pursuit = pursue(track, int(batch.t_ms[origin]))
    drawing = Drawing(pursuit)
    for sector in reversed(pursuit.sectors):
        edge = RED if sector.probability > 0.5 else "none"
        style = f'fill="{RED}" fill-opacity="0.07" stroke="{edge}" stroke-width="1.5"'
        drawing.line(*sector.ring().T, style)
    way = slice(origin, later[-1] + 1)
    drawing.line(track.lon, track.lat, f'fill="none" stroke="{INK}" stroke-width="2.5"')
    dashed = f'fill="none" stroke="{SOFT}" stroke-width="1.5" stroke-dasharray="5 4"'
    drawing.line(batch.lon[way], batch.lat[way], dashed)
    for at in later:
        after_s = (batch.t_ms[at] - batch.t_ms[origin]) / 1000
        style = f'fill="#fff" stroke="{INK}" stroke-width="2"'
        drawing.dot(batch.lon[at], batch.lat[at], style, f"after {after_s:.0f} s")
    drawing.dot(batch.lon[origin], batch.lat[origin], f'fill="{RED}"', "last seen", left=True)
    print(drawing.svg())


if __name__ == "__main__":
    main()
