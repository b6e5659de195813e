"""What is told of a frame or a position that was refused: the reason, and found beside expected."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ingest.jt808 import layout
from ingest.jt808.kernel import compiled
from ingest.jt808.kernel.positions import SIZE
from ingest.reject import RejectReason

IS_BAD: NDArray[np.bool_] = np.array(
    [found not in {compiled.GOOD, compiled.JOINED} for found in range(compiled.JOINED + 1)]
)
"""Whether a frame with this `found` is refused, bool[10]."""

_SHORTEST = 12


def of_frame(frame: np.void, content: NDArray[np.uint8]) -> tuple[RejectReason, str]:
    """Why a frame was refused."""
    found, length = int(frame["found"]), int(frame["length"])
    kind = layout.name(int(frame["kind"]))
    if found == compiled.BAD_CHECKSUM:
        at = int(frame["at"])
        said = int(content[at + length])
        wanted = int(np.bitwise_xor.reduce(content[at : at + length]))
        return RejectReason.BAD_CHECKSUM, f"expected checksum {wanted:02x}, found {said:02x}"
    if found == compiled.ENCRYPTED:
        return RejectReason.ENCRYPTED, f"{kind}: expected a plain body, found an encrypted one"
    if found == compiled.PART:
        part, parts = int(frame["part"]), int(frame["parts"])
        return RejectReason.INCOMPLETE, f"{kind}: part {part} of {parts}, not all of them came"
    said = int(frame["body_length"])
    details = {
        compiled.EMPTY: "expected 7e … 7e, found no frame",
        compiled.STRAY: f"expected 7e … 7e, found {length + 1} bytes outside of it",
        compiled.SHORT: f"expected a header of at least {_SHORTEST} bytes, found {length}",
        compiled.BAD_LENGTH: f"{kind}: the header says a body of {said} bytes, the frame has "
        f"{length} bytes in all",
        compiled.BAD_PART: f"{kind}: expected a part between 1 and the number of parts",
    }
    return RejectReason.BAD_FRAME, details[found]


def of_position(
    bad: np.void, frame: np.void, content: NDArray[np.uint8]
) -> tuple[RejectReason, str]:
    """Why a position in a good frame was refused."""
    why, at, more = int(bad["why"]), int(bad["at"]), int(bad["more"])
    kind = layout.name(int(frame["kind"]))
    if why == compiled.BAD_TIME:
        text = content[at + 22 : at + 28].tobytes().hex()
        return RejectReason.CLOCK_OFF, f"{kind}: expected a time YYMMDDhhmmss, found {text}"
    if why == compiled.OUTSIDE_EARTH:
        lat, lon = (
            int.from_bytes(content[at + k : at + k + 4].tobytes(), "big") / 1e6 for k in (8, 12)
        )
        swapped = " (swapped?)" if lat <= 180 and lon <= 90 else ""
        detail = f"expected lon within 180 and lat within 90, found {lon}, {lat}{swapped}"
        return RejectReason.OUTSIDE_EARTH, f"{kind}: {detail}"
    if why == compiled.CUT_BATCH:
        return RejectReason.BAD_FRAME, f"{kind}: it ends within position {more + 1}"
    return RejectReason.BAD_FRAME, f"{kind}: expected a position of {SIZE} bytes, found {more}"
