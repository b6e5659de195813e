"""Room for long answers, kept when the last holder lets go, and lent again.

Getting pages from the system costs a quarter of the time that an answer of millions of pairs takes,
so whoever asks again and again should not pay for them each time.  What is kept is marked as free
(`MADV_FREE`): the system takes it when memory runs short.
"""

from __future__ import annotations

import mmap
import weakref
from collections import deque
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]

LEAST = 1 << 22
"""Shorter arrays than this (32 MB) come from NumPy: the C library itself keeps their room."""
_STEP = 1 << 24  # bytes, so that answers of about one length fit each other's room
_kept: deque[mmap.mmap] = deque(maxlen=4)  # the pairs of two threads; its methods are atomic


class _Loan:
    """What NumPy holds on to as long as any view of the array is alive."""

    def __init__(self, block: mmap.mmap) -> None:
        self.__array_interface__ = np.frombuffer(block, np.int64).__array_interface__
        weakref.finalize(self, _keep, block).atexit = False


def lend(count: int) -> Int64:
    """An int64[count] with anything in it, the caller's own for as long as a view of it lives."""
    if count < LEAST or not hasattr(mmap, "MADV_FREE"):
        return np.empty(count, np.int64)
    size = -(-8 * count // _STEP) * _STEP
    return np.asarray(_Loan(_taken(size) or _new(size)))[:count]


def _taken(size: int) -> mmap.mmap | None:
    """A kept block of `size` bytes, or up to twice that; what does not fit is let go."""
    with suppress(IndexError):
        while True:
            block = _kept.pop()
            if size <= len(block) <= 2 * size:
                return block
    return None


def _new(size: int) -> mmap.mmap:
    block = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with suppress(OSError):  # a system without huge pages
        block.madvise(mmap.MADV_HUGEPAGE)
    return block


def _keep(block: mmap.mmap) -> None:
    with suppress(OSError):  # an old system that would not take it back
        block.madvise(mmap.MADV_FREE)
        _kept.append(block)
