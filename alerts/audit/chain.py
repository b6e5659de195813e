"""The chain: each row's hash covers its own words and the hash of the row before.  Pure.

Whoever alters, removes or inserts a row has to write all that follow anew; one who keeps a head
elsewhere (a print-out, another machine) sees even that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

GENESIS = "0" * 64
"""The hash before the first row."""
LOOKED, CHANGED, BEGAN = "looked", "changed", "began"
_encode = msgspec.json.Encoder().encode


class Row(NamedTuple):
    """One thing that was done.

    * `seq` counts from 1 without a gap; `at_ms` is the processing time.
    * `actor` did `deed` (`LOOKED`, `CHANGED` or `BEGAN`) to `subject`, an incident or a vehicle;
      `what` says it in a word: an event's kind, or what was looked at.
    * `event` is the number of the ledger's event, 0 for none, and `digest` SHA-256 of its bytes.
    """

    seq: int
    at_ms: int
    actor: str
    deed: str
    what: str
    subject: str
    event: int
    digest: str


class Broken(NamedTuple):
    """The first row that is not what it was, and how that shows."""

    seq: int
    why: str


def digest(body: bytes) -> str:
    """SHA-256 of an event's bytes, hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def chained(before: str, row: Row) -> str:
    """The hash of a row behind the hash `before`: SHA-256 over both as a JSON array."""
    return hashlib.sha256(_encode((before, *row))).hexdigest()


def verified(rows: Iterable[tuple[Row, str]]) -> tuple[int, str, Broken | None]:
    """How many rows hold, the head (hash of the last of them), and where the chain breaks.

    `rows` come in their order with the hash that each has.
    """
    count, head = 0, GENESIS
    for row, told in rows:
        if row.seq != count + 1:
            return count, head, Broken(count + 1, f"expected row {count + 1}, found {row.seq}")
        found = chained(head, row)
        if found != told:
            return count, head, Broken(row.seq, "its words are not those that its hash was made of")
        count, head = row.seq, found
    return count, head, None
