"""Decoding alone: payloads in memory to columns, beside msgspec that only makes objects of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from ingest.dialects import DIALECTS
from ingest.dialects.native_fixes import Fix
from ingest.dialects.native_packed import encode
from ingest.message import Message
from vehicleguard.bench.feeder import TERMINALS, payload

FIXES = 32_768
_BATCH = 4096  # messages of one block, as the pipeline takes them
_PACKED = 128  # fixes of one packed message


@dataclass(frozen=True)
class Speed:
    """One way of decoding: fixes a second of processor time, the middle of the rounds."""

    what: str
    fixes_per_core_s: float


def measure(rounds: int, said: Callable[[str], None] = lambda _: None) -> list[Speed]:
    """Each way in every round, so that a slow moment hits all of them; msgspec's is the first."""
    ways = _ways()
    taken: dict[str, list[float]] = {what: [] for what in ways}
    for run in ways.values():
        run()  # compile, and learn the topics
    for number in range(rounds):
        for what, run in ways.items():
            said(f"decoding {number + 1}/{rounds}: {what}")
            started = time.thread_time()
            run()
            taken[what].append(time.thread_time() - started)
    return [Speed(what, FIXES / statistics.median(times)) for what, times in taken.items()]


def _ways() -> dict[str, Callable[[], None]]:
    everyday = [payload(n, numbered=False) for n in range(FIXES)]
    numbered = [payload(n, numbered=True) for n in range(FIXES)]
    # as programs print a float, and as nobody does: the compiled pass leaves the latter to msgspec
    exact = [body.replace(b'"lon":112.', b'"lon":112.00000001') for body in everyday]
    odd = [body.replace(b'"lon":112.', b'"lon":112.000000000001') for body in everyday]
    one = msgspec.json.Decoder(Fix).decode

    def objects() -> None:
        for body in everyday:
            one(body)

    return {
        "msgspec, to objects": objects,
        "native": _decoding("native", _native(everyday)),
        "native, numbered": _decoding("native", _native(numbered)),
        "native, 17 digits": _decoding("native", _native(exact)),
        "native, 21 digits": _decoding("native", _native(odd)),
        f"native_packed, {_PACKED} a message": _decoding("native_packed", _packed(everyday)),
    }


def _native(bodies: Sequence[bytes]) -> list[Message]:
    return [
        Message(f"vg/v1/B{n % TERMINALS:05d}/fix", body, 1_790_000_000_000)
        for n, body in enumerate(bodies)
    ]


def _packed(bodies: Sequence[bytes]) -> list[Message]:
    native = DIALECTS["native"]
    return [
        Message(
            "vg/v1/gateway/fixes",
            encode(native.decode(_native(bodies[first : first + _PACKED])).fixes, first),
            1_790_000_000_000,
        )
        for first in range(0, len(bodies), _PACKED)
    ]


def _decoding(name: str, messages: Sequence[Message]) -> Callable[[], None]:
    dialect = DIALECTS[name]

    def run() -> None:
        fixes = 0
        for first in range(0, len(messages), _BATCH):
            fixes += len(dialect.decode(messages[first : first + _BATCH]).fixes)
        assert fixes == FIXES  # noqa: S101 - or it would measure refusals

    return run
