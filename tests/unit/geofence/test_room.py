"""Room for long answers is lent again, and never while anyone can see it."""

from __future__ import annotations

import gc
import mmap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from geofence.grid import room
from geofence.grid.room import lend

LONG = 1000


@pytest.fixture(autouse=True)
def _short_is_long(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(room, "LEAST", LONG)
    room._kept.clear()
    yield
    room._kept.clear()


def address(array: np.ndarray) -> int:
    return int(array.ctypes.data)


def test_what_was_let_go_is_lent_again() -> None:
    if not hasattr(mmap, "MADV_FREE"):
        assert lend(LONG).shape == (LONG,)
        return
    first = lend(LONG)
    where = address(first)
    del first
    gc.collect()
    assert address(lend(LONG + 1)) == where


def test_what_anyone_still_sees_is_not_lent() -> None:
    held = lend(LONG)
    held[:] = 7
    part = held[3:5][::-1].view(np.uint64)
    del held
    gc.collect()
    others = [lend(LONG) for _ in range(3)]
    for other in others:
        other[:] = 9
    assert part.tolist() == [7, 7]


def test_room_is_as_long_as_asked_and_can_be_written_to() -> None:
    for count in (0, 1, LONG, 3_000_000):
        lent = lend(count)
        lent[:] = np.arange(count)
        assert lent.dtype == np.int64
        assert lent.flags.c_contiguous
        assert np.array_equal(lent, np.arange(count))


def test_little_is_kept() -> None:
    many = [lend(LONG) for _ in range(20)]
    del many
    gc.collect()
    assert len(room._kept) <= 4


def test_threads_never_share_room() -> None:
    def work(mine: int) -> bool:
        for _ in range(200):
            lent = lend(LONG)
            lent[:] = mine
            if not (lent == mine).all():
                return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(8)))
