"""Payloads of many messages read at once: the compiled passes, and what they found as values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from ingest.fix import NO_SEQ, FixBatch, Int32, Int64
from ingest.jt808 import complaint, joining, layout
from ingest.jt808.kernel.compiled import FRAME, GOOD, JOINED
from ingest.jt808.kernel.positions import REFUSED, SIZE, Columns
from ingest.jt808.kernel.positions import read as read_positions
from ingest.jt808.kernel.split import split
from ingest.reject import RejectReason

COMPLAINTS = 16
"""Most that is told of one message: a message of nothing but rubbish must not fill the log."""
_OLD_DIGITS, _NEW_DIGITS = 12, 20


class Complaint(NamedTuple):
    """A frame or position that was refused, and of which message and terminal it was."""

    message: int
    terminal: str
    reason: RejectReason
    detail: str


class Reading(NamedTuple):
    """What stands in a batch of messages; the arrays are those of `split` and of `positions`."""

    content: NDArray[np.uint8]
    frames: NDArray[np.void]
    rows: Columns
    refused: NDArray[np.void]
    terminals: tuple[str, ...]

    @classmethod
    def of(cls, payloads: Sequence[bytes]) -> Self:
        """Read the payloads; whatever their bytes."""
        data = np.frombuffer(b"".join(payloads), np.uint8)
        starts = np.zeros(len(payloads) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, payloads), np.int64, len(payloads)), out=starts[1:])
        content = np.empty(len(data), np.uint8)
        most = int(np.count_nonzero(data == layout.DELIMITER)) + 2 * len(payloads)
        frames = np.empty(most, FRAME)
        frames = frames[: split(data, starts, content, frames)]
        if frames["parts"].any():
            content, frames = joining.join(content, frames)
        is_batch = frames["kind"] == layout.Kind.BATCH
        most = len(frames) + int(frames["body_length"][is_batch].sum()) // (2 + SIZE)
        rows = Columns.of(most)
        refused = np.empty(most + len(frames), REFUSED)
        known = np.full(1 << (2 * len(frames)).bit_length(), -1, np.int32)
        first_of = np.empty(len(frames), np.int32)
        text = np.empty(_NEW_DIGITS * len(frames), np.uint8)
        count, bad, terminals, written = read_positions(
            content, frames, layout.ALARMS, rows, refused, known, first_of, text
        )
        sizes = frames["digits"][first_of[:terminals]]
        names = _cut(text[:written].tobytes().decode("ascii"), sizes)
        return cls(content, frames, rows.first(count), refused[:bad], names)

    def source(self) -> Int32:
        """From which message each position came, int32[n]."""
        source: Int32 = self.frames["message"][self.rows.frame]
        return source

    def batch(self, received_ms: Int64) -> FixBatch:
        """The positions as fixes, int64[n] their arrival."""
        rows = self.rows
        n = len(received_ms)
        return FixBatch(
            ids=self.terminals,
            vehicle=rows.terminal,
            t_ms=rows.t_ms,
            received_ms=received_ms,
            lon=rows.lon,
            lat=rows.lat,
            speed_mps=rows.speed_mps,
            heading_deg=rows.heading_deg,
            accuracy_m=np.full(n, np.nan, np.float32),
            altitude_m=rows.altitude_m,
            flags=rows.flags,
            alarms=rows.alarms,
            seq=np.full(n, NO_SEQ, np.int64),
        )

    def kinds(self) -> dict[int, str]:
        """What messages are called that hold good frames and neither a position nor a reject."""
        frames = self.frames
        told = np.zeros(len(frames), np.bool_)
        told[self.rows.frame] = True
        if told.all():
            return {}
        silent = np.isin(frames["found"], (GOOD, JOINED))
        spoken = np.zeros(int(frames["message"][-1]) + 1, np.bool_)
        for loud in (frames[~silent], frames[told], frames[self.refused["frame"]]):
            spoken[loud["message"]] = True
        rest = frames[silent & ~spoken[frames["message"]]]
        numbers, kinds = rest["message"].tolist(), rest["kind"].tolist()
        # the first frame of a message names it
        return {n: layout.name(kind) for n, kind in zip(numbers[::-1], kinds[::-1], strict=True)}

    def complaints(self) -> Iterator[Complaint]:
        """What was refused, in order of the messages; of each the first `COMPLAINTS` are told."""
        frames = self.frames
        bad = np.flatnonzero(complaint.IS_BAD[frames["found"]])
        at = np.concatenate([bad, self.refused["frame"]])
        order = np.argsort(at, kind="stable")
        message = frames["message"][at[order]]
        first = np.searchsorted(message, message, "left")
        rank = np.arange(len(message)) - first
        more = np.searchsorted(message, message, "right") - first - COMPLAINTS
        for k in np.flatnonzero(rank < COMPLAINTS).tolist():
            which = int(order[k])
            frame = frames[int(at[which])]
            if which < len(bad):
                reason, detail = complaint.of_frame(frame, self.content)
            else:
                refused = self.refused[which - len(bad)]
                reason, detail = complaint.of_position(refused, frame, self.content)
            if rank[k] == COMPLAINTS - 1 and more[k] > 0:
                detail += f" (and {more[k]} more)"
            begun, size = int(frame["phone"]), int(frame["digits"]) // 2
            terminal = self.content[begun : begun + size].tobytes().hex()
            yield Complaint(int(frame["message"]), terminal, reason, detail)


def _cut(text: str, sizes: Int32) -> tuple[str, ...]:
    """The numbers of 12 or 20 digits that stand in `text` one after the other."""
    if len(text) == _OLD_DIGITS * len(sizes):  # as a rule
        return tuple([text[at : at + _OLD_DIGITS] for at in range(0, len(text), _OLD_DIGITS)])
    ends = np.cumsum(sizes).tolist()
    return tuple([text[end - n : end] for end, n in zip(ends, sizes.tolist(), strict=True)])
