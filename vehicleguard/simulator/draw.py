"""Random numbers that depend on who draws and for which report, not on who drew before.

A generator with a running state would make the fleet depend on how often it is asked.  Here every
number is a hash of (seed, vehicle, counter, column), so the reports are the same for any tick, and
a fleet that was saved and loaded goes on to the bit.  The mixer is SplitMix64 (Steele, Lea and
Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_A = np.uint64(0xBF58476D1CE4E5B9)
_MIX_B = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)


def _mix(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = (z ^ (z >> _S30)) * _MIX_A
    z = (z ^ (z >> _S27)) * _MIX_B
    return z ^ (z >> _S31)


def uniforms(seed: int, stream: int, vehicle: Int64, counter: Int64, columns: int) -> Float64:
    """Numbers in (0, 1), float64[n, columns], one row per (vehicle, counter).

    `vehicle` and `counter` are int64[n], not negative; `stream` tells apart the purposes that
    would otherwise share a counter.
    """
    root = _mix(np.array([seed & 0xFFFFFFFF, stream], np.uint64) * _GOLDEN + _GOLDEN)
    row = _mix(vehicle.astype(np.uint64) * _GOLDEN + root[0])
    row = _mix((row ^ root[1]) + counter.astype(np.uint64) * _GOLDEN)
    lane = np.arange(1, columns + 1, dtype=np.uint64) * _GOLDEN
    bits = _mix(row[:, None] + lane[None, :]) >> _S11
    out: Float64 = (bits.astype(np.float64) + 0.5) * 2.0**-53
    return out


def normals(u: Float64) -> Float64:
    """Standard normals float64[n, k] from uniforms float64[n, 2k] (Box and Muller, 1958)."""
    radius = np.sqrt(-2.0 * np.log(u[:, 0::2]))
    out: Float64 = radius * np.cos(2.0 * np.pi * u[:, 1::2])
    return out
