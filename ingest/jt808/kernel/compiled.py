"""How this package compiles, and the record that its passes hand to one another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np

FRAME = np.dtype(
    [
        ("message", np.int32),  # which message it stood in
        ("at", np.int64),  # where its unescaped content begins
        ("length", np.int32),  # of the content, checksum left out
        ("body", np.int64),  # where its body begins
        ("body_length", np.int32),
        ("phone", np.int64),  # where its terminal's number begins
        ("digits", np.int32),  # 12 or 20
        ("part", np.int32),  # 1 to parts; 0 = not split
        ("parts", np.int32),
        ("kind", np.int32),
        ("serial", np.int32),
        ("found", np.int32),  # a `Found`
    ]
)
"""One frame as `split` found it; positions are offsets into the content."""

# what a frame turned out to be; plain numbers, since they are compiled
GOOD = 0
EMPTY = 1  # no frame at all in the message
STRAY = 2  # bytes outside of 7E … 7E
SHORT = 3
BAD_CHECKSUM = 4
BAD_LENGTH = 5
ENCRYPTED = 6
BAD_PART = 7
PART = 8  # of a message whose other parts are not here
JOINED = 9  # its body went into a whole one
# what was wrong with a position in a good frame
SHORT_POSITION = 10
CUT_BATCH = 11
BAD_TIME = 12
OUTSIDE_EARTH = 13


def compiled(function: Callable[..., Any]) -> Any:
    """Numba without the interpreter's lock, kept on disk."""
    return numba.njit(cache=True, nogil=True)(function)


@compiled
def word(content, at):
    """The two bytes at `at`, big-endian; signed 64 bits, or sums of it would become floats."""
    return np.int64(content[at]) << 8 | np.int64(content[at + 1])
