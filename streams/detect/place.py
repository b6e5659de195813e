"""Where a vehicle stays, and whether it left: its fence is a circle around where it parked.

A receiver at rest wanders and jumps, so leaving is believed by a sum of evidence, as in Page's
CUSUM: each fix beyond the fence adds by its distance, and one inside forgets the sum.  On 638
parkings of taxis the longest runs were 6 fixes beyond 130 m, 3 beyond 160 m and 2 beyond 200 m, and
single ones kilometres off; a place that was taken some 60 m off adds a fix or two to each.
"""

from __future__ import annotations

import math

from geofence.grid.predicate import compiled
from streams.state import Motion

_MEAN_OF = 8  # fixes averaged into a place; more would let a slow push drag it along
_MOST_A_FIX = 0.75  # one fix alone never shows that a vehicle left
_AT_RADIUS = 12.0  # fixes just beyond the fence that show it
_CLOSE, _LITTLE = 1.2, 0.02  # so close to the fence, a fix shows this: a place may be taken badly
_LEAST_WEIGHT = 0.1
_SPEEDY = 0.5
"""Evidence of a fix beyond the fence that is moving by its receiver's own word (Doppler)."""
_STILL = 0.34
"""At most, of one that says it stands still: that is what a jump looks like."""
_FROZEN_M, _FROZEN = 0.5, 0.1
"""At most, of one that repeats the place of the one before: a receiver that hangs."""
WAKES, TORN = 3, 5
"""Fixes after a long silence, and believed ones after a jump that was not, that prove little:
`TORN` counts down to `WAKES`."""
_TORN = 0.1
"""At most, right after a jump: a vehicle that is here and there by turns has two terminals."""
_WAKING = 0.26
"""At most, of the first fixes after a long silence, unless they are far off indeed."""
_FAR_AWAKE = 5.0
_PARKED, _MOVING = int(Motion.PARKED), int(Motion.MOVING)


@compiled
def forget_departure(row):
    """Nothing is left of signs that it leaves."""
    row.away_ms = 0
    row.away_n = 0
    row.moving_ms = 0
    row.moving_n = 0
    row.left = 0.0
    row.way_m = 0.0
    row.made_m = 0.0
    row.out_n = 0
    row.gap_s = 0.0


@compiled
def end_episode(row):
    """The theft that went on, if any, is over."""
    forget_departure(row)
    row.episode_ms = 0
    row.raised = 0
    row.because = 0
    row.score = 0.0
    row.level = 0


@compiled
def anchor_at(row, t, lon, lat, zone):
    """It is parked here from now on."""
    row.anchor_ms = t
    row.anchor_lon = lon
    row.anchor_lat = lat
    row.anchor_n = 1
    row.fence_zone = zone


@compiled
def will_anchor(row, t, lon, lat):
    """It is armed, and will be parked where it comes to stand; until then it guards nothing."""
    anchor_at(row, t, lon, lat, -1)
    row.anchor_n = 0


@compiled
def dwell_at(row, t, lon, lat):
    """A new place begins."""
    row.dwell_ms = t
    row.dwell_lon = lon
    row.dwell_lat = lat
    row.dwell_n = 1


@compiled
def dwell_on(row, lon, lat):
    """One more fix of the place."""
    if row.dwell_n < _MEAN_OF:
        row.dwell_lon += (lon - row.dwell_lon) / (row.dwell_n + 1)
        row.dwell_lat += (lat - row.dwell_lat) / (row.dwell_n + 1)
    if row.dwell_n < 65_535:
        row.dwell_n += 1


@compiled
def settle_anchor(row, lon, lat):
    """One more fix near where it is parked."""
    if row.anchor_n < _MEAN_OF:
        row.anchor_n += 1
        row.anchor_lon += (lon - row.anchor_lon) / row.anchor_n
        row.anchor_lat += (lat - row.anchor_lat) / row.anchor_n


@compiled
def leave(row, away_m, allowed_m, seconds, step_m, doppler_mps, steady, p):
    """Add what a fix beyond the fence shows to `row.left`.

    `doppler_mps` is the receiver's own speed (NaN: none); `steady`: the fixes go outwards one after
    the other, as no wander does.
    """
    ratio = away_m / allowed_m
    shown = min(_MOST_A_FIX, ratio * ratio * math.sqrt(ratio) / _AT_RADIUS)
    if ratio < _CLOSE:
        shown = _LITTLE
    if ratio >= p.far:
        shown = max(shown, 0.5)
    if doppler_mps >= p.moving_mps or steady:
        shown = max(shown, _SPEEDY)
    elif doppler_mps < 0.5:
        shown = min(shown, _STILL)
    if step_m < _FROZEN_M and row.away_n > 0:
        shown = min(shown, _FROZEN)
    if row.waking > 0 and ratio < _FAR_AWAKE:
        shown = min(shown, _WAKING)
    if row.waking > WAKES:
        shown = min(shown, _TORN)
    weight = 1.0
    if p.whole_after_ms > 0:
        weight = min(1.0, max(_LEAST_WEIGHT, seconds * 1000.0 / p.whole_after_ms))
    if steady:
        weight = 1.0
    row.left += weight * shown
