"""Which row is whose: vehicle ids in one pool of bytes, found by a hash table of arrays.

Ten million ids take some twenty bytes each here, where a dictionary of texts takes ten times that,
and a batch is looked up in one compiled pass that asks the memory ahead.  It is also the sequence
of the ids by row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, SupportsIndex, overload

import numpy as np
from numpy.typing import NDArray

from geofence.grid.predicate import compiled
from geofence.grid.prefetch import prefetch
from ingest.fix import Int32

UInt8 = NDArray[np.uint8]
UInt32 = NDArray[np.uint32]
Int64 = NDArray[np.int64]

_FNV, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
_AHEAD = 16
_SLICE = 1 << 14  # ids made texts at once
_BREAK = ord("\n")
_FULL = 0.8  # share of the slots that may be taken


class Roster(Sequence[str]):
    """Ids by row, in the order in which they were first heard of."""

    def __init__(self, ids: Sequence[str] = ()) -> None:
        self._pool = np.empty(1 << 12, np.uint8)
        # where the id of each row begins, and one more: 4 GiB of ids is far beyond any fleet
        self._at = np.zeros(1 << 8, np.uint32)
        self._count = 0
        self._slots = np.full(1 << 9, -1, np.int32)
        self._tags = np.zeros(1 << 9, np.uint8)
        if len(ids) and len(set(ids)) != len(ids):
            raise ValueError("ids: expected each once")
        self.rows_of(ids)

    def __len__(self) -> int:
        return self._count

    @property
    def nbytes(self) -> int:
        """Bytes of memory that its arrays take."""
        return sum(a.nbytes for a in (self._pool, self._at, self._slots, self._tags))

    def rows_of(self, ids: Sequence[str]) -> Int32:
        """The row of each id, int32[len(ids)]; unknown ones get the next rows."""
        n = len(ids)
        if n == 0:
            return np.empty(0, np.int32)
        data, begins, ends = _bytes_of(ids)
        # enough room for all of them to be new, were they
        wanted = int((self._count + n) / _FULL)
        if wanted > len(self._slots):
            self._rehash(1 << wanted.bit_length())
        used = int(self._at[self._count])
        self._pool = _room(self._pool, used, used + len(data))
        self._at = _room(self._at, self._count + 1, self._count + n + 1)
        rows = np.empty(n, np.int32)
        self._count = int(
            _find(
                data, begins, ends, self._pool, self._at, self._count, self._slots, self._tags, rows
            )
        )
        return rows

    def row_of(self, vehicle_id: str) -> int | None:
        """Row number of an id, or None when it was never heard of."""
        data, begins, ends = _bytes_of((vehicle_id,))
        row = int(_look(data, begins, ends, self._pool, self._at, self._slots, self._tags))
        return row if row >= 0 else None

    def _rehash(self, size: int) -> None:
        self._slots = np.full(size, -1, np.int32)
        self._tags = np.zeros(size, np.uint8)
        _hang(self._pool, self._at, self._count, self._slots, self._tags)

    def columns(self) -> tuple[UInt8, UInt32]:
        """All ids as UTF-8 bytes, and where each begins, uint32[len(self) + 1]."""
        at = self._at[: self._count + 1]
        return self._pool[: at[-1]], at

    @overload
    def __getitem__(self, row: SupportsIndex) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: Any) -> Any:
        if isinstance(row, slice):
            first, after, step = row.indices(self._count)
            if step != 1 or first >= after:
                return [self[k] for k in range(first, after, step)]
            at = self._at[first : after + 1].astype(np.int64)
            data = self._pool[at[0] : at[-1]].tobytes()
            ends = (at - at[0]).tolist()
            return [data[a:b].decode() for a, b in pairwise(ends)]
        number = int(row) + (self._count if row < 0 else 0)
        if not 0 <= number < self._count:
            raise IndexError(row)
        return self._pool[self._at[number] : self._at[number + 1]].tobytes().decode()

    def __iter__(self) -> Iterator[str]:
        return (one for k in range(0, self._count, _SLICE) for one in self[k : k + _SLICE])

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Sequence) and not isinstance(other, str):
            return len(self) == len(other) and list(self) == list(other)
        return NotImplemented

    __hash__ = None


def _bytes_of(ids: Sequence[str]) -> tuple[UInt8, Int64, Int64]:
    """The ids' UTF-8 in one piece, where each begins and where it ends, int64[n]."""
    data = np.frombuffer("\n".join(ids).encode(), np.uint8)
    breaks = np.flatnonzero(data == _BREAK)
    if len(breaks) != len(ids) - 1:  # an id has one in it
        after = np.cumsum([len(text.encode()) + 1 for text in ids])
        breaks = after[:-1] - 1
    begins, ends = np.empty(len(ids), np.int64), np.empty(len(ids), np.int64)
    begins[0], ends[-1] = 0, len(data)
    begins[1:], ends[:-1] = breaks + 1, breaks
    return data, begins, ends


def _room(array: Any, used: int, wanted: int) -> Any:
    if wanted <= len(array):
        return array
    out = np.empty(max(wanted, int(1.25 * len(array))), array.dtype)
    out[:used] = array[:used]
    return out


@compiled
def _hash(data, begin, end):
    """FNV-1a (Fowler, Noll, Vo) of 64 bits, finished as murmur3 does."""
    h = _FNV
    for k in range(begin, end):
        h = (h ^ np.uint64(data[k])) * _PRIME
    h ^= h >> np.uint64(33)
    h *= np.uint64(0xFF51AFD7ED558CCD)
    return h ^ (h >> np.uint64(33))


@compiled
def _is_at(data, begin, end, pool, at, row):
    first = np.int64(at[row])
    if np.int64(at[row + 1]) - first != end - begin:
        return False
    for k in range(end - begin):
        if pool[first + k] != data[begin + k]:
            return False
    return True


@compiled
def _slot_of(h, data, begin, end, pool, at, slots, tags):
    """The slot where an id is, or where it belongs."""
    mask = np.uint64(slots.shape[0] - 1)
    tag = np.uint8(h >> np.uint64(56))
    slot = h & mask
    while slots[slot] >= 0:
        if tags[slot] == tag and _is_at(data, begin, end, pool, at, slots[slot]):
            break
        slot = (slot + np.uint64(1)) & mask
    return slot


@compiled
def _look(data, begins, ends, pool, at, slots, tags):
    h = _hash(data, begins[0], ends[0])
    return slots[_slot_of(h, data, begins[0], ends[0], pool, at, slots, tags)]


@compiled
def _find(data, begins, ends, pool, at, count, slots, tags, rows):
    """Look all ids up, enrol those that are new, and return how many there are now."""
    n = rows.shape[0]
    hashes = np.empty(n, np.uint64)
    mask = np.uint64(slots.shape[0] - 1)
    for k in range(n):
        hashes[k] = _hash(data, begins[k], ends[k])
    for k in range(n + _AHEAD):
        # stages, each asking the memory for what the next one reads
        if k < n:
            prefetch(slots, np.int64(hashes[k] & mask))
            prefetch(tags, np.int64(hashes[k] & mask))
        j = k - _AHEAD // 2
        if 0 <= j < n:
            row = slots[hashes[j] & mask]
            if row >= 0:
                prefetch(at, row)
        g = k - 3 * _AHEAD // 4
        if 0 <= g < n:
            row = slots[hashes[g] & mask]
            if row >= 0:
                prefetch(pool, np.int64(at[row]))
        i = k - _AHEAD
        if i < 0:
            continue
        begin, end = begins[i], ends[i]
        slot = _slot_of(hashes[i], data, begin, end, pool, at, slots, tags)
        if slots[slot] < 0:
            slots[slot] = count
            tags[slot] = np.uint8(hashes[i] >> np.uint64(56))
            first = np.int64(at[count])
            for b in range(end - begin):
                pool[first + b] = data[begin + b]
            count += 1
            at[count] = first + end - begin
        rows[i] = slots[slot]
    return count


@compiled
def _hang(pool, at, count, slots, tags):
    """Hang all rows into empty slots."""
    mask = np.uint64(slots.shape[0] - 1)
    for row in range(count):
        h = _hash(pool, np.int64(at[row]), np.int64(at[row + 1]))
        slot = h & mask
        while slots[slot] >= 0:
            slot = (slot + np.uint64(1)) & mask
        slots[slot] = row
        tags[slot] = np.uint8(h >> np.uint64(56))
