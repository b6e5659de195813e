"""The plates of a fleet, and which of them a reader read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.fix import Int32
from ingest.plate import folded, normal
from ingest.registry import Plate

MOST_COST = 1
"""More confused characters than this are another plate."""

_NONE = -1


@dataclass(frozen=True, eq=False)
class PlateBook:
    """`vehicles` that have a plate, in order of id, and their `plates`; rows of all that follows.

    A read matches at cost 0 when it is a plate as it stands, at cost k when k of its characters are
    taken for others that readers confuse (`ingest.plate.CONFUSED`) and no second plate is as near.
    """

    vehicles: tuple[str, ...]
    plates: tuple[Plate, ...]
    _normal: pa.Array = field(init=False, repr=False)
    _folded: pa.Array = field(init=False, repr=False)
    _row_of_folded: Int32 = field(init=False, repr=False)

    def __post_init__(self) -> None:
        plain = normal([plate.text for plate in self.plates])
        fold = folded(plain)
        alone: dict[str, int] = {}
        for row, text in enumerate(fold.to_pylist()):
            if text is not None:
                alone[text] = _NONE if text in alone else row
        object.__setattr__(self, "_normal", plain)
        object.__setattr__(self, "_folded", pa.array(alone, pa.string()))
        object.__setattr__(self, "_row_of_folded", np.array(list(alone.values()), np.int32))

    def __len__(self) -> int:
        return len(self.vehicles)

    @classmethod
    def of(cls, plate_of: Mapping[str, Plate]) -> Self:
        """The plates by vehicle id, as the registry has them."""
        vehicles = tuple(sorted(plate_of))
        return cls(vehicles, tuple(plate_of[vehicle] for vehicle in vehicles))

    def match(self, reads: Sequence[str | None]) -> tuple[Int32, Int32]:
        """Row (-1 = nobody's) and cost of each read, int32[n] both."""
        plain = normal(reads)
        row = _rows(pc.index_in(plain, self._normal))
        cost = np.zeros(len(row), np.int32)
        rest = np.flatnonzero((row == _NONE) & plain.is_valid().to_numpy(zero_copy_only=False))
        if len(rest):
            left = plain.take(pa.array(rest))
            near = _rows(pc.index_in(folded(left), self._folded))
            near = np.where(near == _NONE, _NONE, self._row_of_folded[near]).astype(np.int32)
            for at, found, text in zip(rest.tolist(), near.tolist(), left.to_pylist(), strict=True):
                if found == _NONE:
                    continue
                meant = self._normal[found].as_py()
                differ = sum(a != b for a, b in zip(text, meant, strict=True))
                if differ <= MOST_COST:
                    row[at], cost[at] = found, differ
        return row, cost


def _rows(index: pa.Array) -> Int32:
    rows: Int32 = index.fill_null(_NONE).to_numpy(zero_copy_only=False).astype(np.int32)
    return rows
