"""What was edited since an index was built: laid over its answers, so that it need not be rebuilt.

The zones that are gone and the new ones share one small index.  The gone are asked again where
they were: what the big index answers for them is taken out, since both decide exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import shapely
from numpy.typing import NDArray

from geofence.grid import Changes
from geofence.grid.mask import SIDE, mark, near
from geofence.index import ZoneIndex
from geofence.zone import Zone

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
UInt64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]

FEW = 32
"""Weight below which a level is indexed anew with each edit; then it joins the one before."""
FULL = 256
"""Weight from which nothing joins a level any more, so that no edit has many zones to index."""
_CORNERS = 16  # that weigh as much as a zone does by itself


@dataclass(frozen=True, slots=True)
class Held:
    """A zone and its key, as a set holds or held it."""

    zone: Zone
    key: np.uint64


@dataclass(frozen=True, slots=True)
class Edit:
    """What a position held before and holds now; None for no area: refused, or not there."""

    old: Held | None
    new: Held | None


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """Some edits, one after another, under one index.  Immutable.

    * `edits`: by position, the net of them; `index`: over their d zones, ordered by position, the
      old before the new.
    * `position` int64[d], `gone` bool[d], `keys` uint64[d], `leaf_keys`: of those zones.
    * `weight`: about what it costs to index them, in zones of no corners.
    """

    edits: Mapping[int, Edit]
    index: ZoneIndex
    position: Int64
    gone: Bool
    keys: UInt64
    leaf_keys: UInt64
    weight: int

    @classmethod
    def over(cls, edits: Mapping[int, Edit]) -> Self:
        """The level of `edits` by position."""
        slots = [
            (position, held, gone)
            for position, edit in sorted(edits.items(), key=lambda item: item[0])
            for held, gone in ((edit.old, True), (edit.new, False))
            if held is not None
        ]
        index = ZoneIndex.over([held.zone for _, held, _ in slots])
        keys = np.array([held.key for _, held, _ in slots], np.uint64)
        return cls(
            edits=edits,
            index=index,
            position=np.array([position for position, _, _ in slots], np.int64),
            gone=np.array([gone for _, _, gone in slots], np.bool_),
            keys=keys,
            leaf_keys=index.grid.folded(keys),
            weight=_weight(edits),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Delta:
    """All edits since the big index was built, in levels, the oldest first.  Immutable.

    `mask` bool[SIDE, SIDE]: where any edited zone lies or lay.
    """

    levels: tuple[Level, ...]
    mask: Bool

    @classmethod
    def none(cls) -> Self:
        """No edits."""
        return cls((), np.zeros((SIDE, SIDE), np.bool_))

    @property
    def nbytes(self) -> int:
        """Bytes of memory that its indexes take."""
        return sum(level.index.grid.nbytes for level in self.levels) + self.mask.nbytes

    def then(self, position: int, edit: Edit) -> Self:
        """These edits and one more."""
        mask = self.mask.copy()
        for held in (edit.old, edit.new):
            if held is not None and held.zone.bounds is not None:
                mark(mask, held.zone.bounds)
        kept = list(self.levels)
        edits: Mapping[int, Edit] = {position: edit}
        if kept and kept[-1].weight < FEW:
            edits = _joined(kept.pop().edits, edits)
        if kept and kept[-1].weight < FULL and _weight(edits) >= FEW:
            edits = _joined(kept.pop().edits, edits)
        return type(self)((*kept, Level.over(edits)), mask)

    def changes(self, lon: Float64, lat: Float64) -> Changes:
        """What the big index is to leave out and to put in for fixes float64[n]."""
        at = near(self.mask, lon, lat)
        x, y = lon[at], lat[at]
        found = [(*level.index.match(x, y), level) for level in self.levels]
        fix = np.concatenate([fix for fix, _, _ in found])
        which = np.concatenate([level.position[slot] for _, slot, level in found])
        gone = np.concatenate([level.gone[slot] for _, slot, level in found])
        order = np.lexsort((which, fix))
        fix, which, gone = fix[order], which[order], gone[order]
        # what came last of a fix and a zone is how it is
        last = np.ones(fix.size, np.bool_)
        last[:-1] = (fix[1:] != fix[:-1]) | (which[1:] != which[:-1])
        return at[fix[last]], which[last], gone[last]

    def sign(self, lon: Float64, lat: Float64, signature: UInt64) -> None:
        """Correct the `signature` uint64[n] of the big index for the same fixes, in place."""
        at = near(self.mask, lon, lat)
        x, y = lon[at], lat[at]
        for level in self.levels:
            signature[at] ^= level.index.signatures(x, y, level.keys, level.leaf_keys)


def _weight(edits: Mapping[int, Edit]) -> int:
    """At least 1 an edit."""
    held = [held.zone.geometry for edit in edits.values() for held in (edit.old, edit.new) if held]
    corners = int(shapely.get_num_coordinates(held).sum())
    return max(len(edits), len(held)) + corners // _CORNERS


def _joined(older: Mapping[int, Edit], newer: Mapping[int, Edit]) -> Mapping[int, Edit]:
    """The net of both."""
    out = dict(older)
    for position, edit in newer.items():
        out[position] = Edit(older[position].old if position in older else edit.old, edit.new)
    return out
