"""Split messages put together again: the parts that stand side by side in one message.

A terminal splits what is longer than 1,023 bytes; each part is a frame with the number of parts and
its own.  Parts are told apart by terminal and kind; they may stand in any order, and twice.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ingest.jt808.kernel.compiled import FRAME, GOOD, JOINED, PART


def join(
    content: NDArray[np.uint8], frames: NDArray[np.void]
) -> tuple[NDArray[np.uint8], NDArray[np.void]]:
    """`content` and `frames` with a whole frame after the parts of each complete split message.

    Parts that were used are marked `JOINED`; those of a message that is not complete stay `PART`.
    Frames keep the order of their messages.
    """
    groups: dict[tuple[int, bytes, int, int], dict[int, list[int]]] = {}
    for f in np.flatnonzero(frames["found"] == PART).tolist():
        frame = frames[f]
        at, size = int(frame["phone"]), int(frame["digits"]) // 2
        key = (
            int(frame["message"]),
            content[at : at + size].tobytes(),
            int(frame["kind"]),
            int(frame["parts"]),
        )
        groups.setdefault(key, {}).setdefault(int(frame["part"]), []).append(f)
    pieces, wholes = [content], []
    to = len(content)
    for (*_, parts), held in groups.items():
        if len(held) != parts:
            continue
        in_order = [held[number][0] for number in range(1, parts + 1)]
        for same in held.values():
            frames["found"][same] = JOINED
        whole = frames[in_order[-1] : in_order[-1] + 1].copy()
        bodies = [
            content[int(frames["body"][f]) :][: int(frames["body_length"][f])] for f in in_order
        ]
        whole["body"], whole["body_length"] = to, sum(map(len, bodies))
        whole["found"], whole["serial"] = GOOD, frames["serial"][in_order[0]]
        pieces += bodies
        wholes.append(whole)
        to += int(whole["body_length"][0])
    if not wholes:
        return content, frames
    both = np.concatenate([frames, *wholes]).astype(FRAME, copy=False)
    order = np.argsort(both["message"], kind="stable")
    return np.concatenate(pieces), both[order]
