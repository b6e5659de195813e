"""What is said of stories, for the tests of detection."""

from __future__ import annotations

from streams.processor import Processor
from streams.rules import Rules
from streams.signal import Signal, SignalKind
from streams.state import FleetState
from tests.timeline import Track, arrivals

RULES = Rules()


def told(*tracks: Track, rules: Rules = RULES) -> list[Signal]:
    """The signals of some tracks, heard in order of arrival."""
    return Processor(rules).step(arrivals(*tracks), FleetState())


def kinds(signals: list[Signal]) -> list[SignalKind]:
    return [signal.kind for signal in signals]


def levels(signals: list[Signal]) -> list[object]:
    """What each signal says of the level; None where it is too little for an incident."""
    return [signal.evidence.get("level") for signal in signals]


def the(kind: SignalKind, signals: list[Signal]) -> Signal:
    """The one signal of a kind."""
    (found,) = (signal for signal in signals if signal.kind is kind)
    return found
