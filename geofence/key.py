"""Keys: one well-mixed number a zone, so that a set of zones is told by the XOR of their keys.

A key comes from the zone's id alone, so that a file in another order, or with other zones beside,
gives a zone the same key.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

UInt64 = NDArray[np.uint64]

_CODE_BITS = np.uint64(21)  # of a character, below its place in the id


def keys(ids: Sequence[str]) -> UInt64:
    """uint64[n], all different, one an id.

    Where an id stands more than once, only its first has the key that it would have alone; the
    others are numbered in their order.
    """
    plain = _mixed_texts(ids)
    order = np.argsort(plain, kind="stable")
    same = np.flatnonzero(plain[order][1:] == plain[order][:-1]) + 1
    if same.size:
        begins = np.ones(plain.size, np.bool_)
        begins[same] = False
        first = np.maximum.accumulate(np.where(begins, np.arange(plain.size), 0))
        again = order[same]
        plain[again] = _numbered(plain[again], same - first[same])
    return plain


def key_beside(id_: str, taken: UInt64) -> np.uint64:
    """The key of one more zone with the id `id_`, none of `taken`.

    With many of the same id it is the first that is free after one that is taken, found by halving.
    """
    (plain,) = _mixed_texts([id_])

    def candidate(number: int) -> np.uint64:
        return plain if number == 0 else _numbered(plain, np.array([number]))[0]  # type: ignore[no-any-return]

    def is_taken(number: int) -> bool:
        return bool((taken == candidate(number)).any())

    if not is_taken(0):
        return candidate(0)
    low, high = 0, 1  # taken, free
    while is_taken(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if is_taken(middle) else (low, middle)
    return candidate(high)


def _numbered(plain: UInt64, number: NDArray[np.int64]) -> UInt64:
    return _mixed(plain ^ _mixed(number.astype(np.uint64)))


def _mixed_texts(ids: Sequence[str]) -> UInt64:
    """A sum over each text's characters, mixed with their places (a Zobrist hash)."""
    text = "".join(ids).encode("utf-32-le", "surrogatepass")
    code = np.frombuffer(text, "<u4").astype(np.uint64)
    length = np.fromiter(map(len, ids), np.int64, len(ids))
    after = np.cumsum(length)
    place = (np.arange(code.size) - np.repeat(after - length, length)).astype(np.uint64)
    sums = np.zeros(code.size + 1, np.uint64)
    np.cumsum(_mixed(place << _CODE_BITS | code), out=sums[1:])  # wraps, and differences undo it
    return _mixed(sums[after] - sums[after - length] + length.astype(np.uint64))


def _mixed(value: UInt64) -> UInt64:
    """The finish of splitmix64 (Steele, Lea, Flood 2014), a bijection; nothing stays 0."""
    x = value + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: UInt64 = x ^ (x >> np.uint64(31))
    return mixed
