"""The gateway over real sockets of loopback: answers, back-pressure, bounds, endings."""

from __future__ import annotations

import contextlib
import itertools
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from ingest.inbox import Inbox
from ingest.jt808.frame import Frame, encode
from ingest.jt808.gate import Gate
from ingest.jt808.gateway import FIRST_DELIVERY, READ_BYTES, Jt808Source, Limits
from ingest.jt808.layout import Kind
from ingest.jt808.session import HELLO_MS, MOST_UNANSWERED, Answered
from ingest.message import Message
from tests.jt808 import Terminal as Line
from tests.unit.ingest.test_jt808 import PHONE, position

PATIENCE_S = 30.0
OPEN = Gate(None, b"k" * 32)
LIMITS = Limits()


LINES: list[Line] = []


@pytest.fixture(autouse=True)
def hung_up() -> Iterator[None]:
    """Every line of the test is closed after it."""
    yield
    while LINES:
        LINES.pop().close()


class Clock:
    def __init__(self) -> None:
        self.ms = 1_783_137_600_000

    def __call__(self) -> int:
        return self.ms


class Terminal(Line):
    """One that is hung up when the test ends."""

    def __init__(self, port: int, number: str = PHONE) -> None:
        super().__init__(port, number)
        LINES.append(self)


Started = Callable[..., tuple[Jt808Source, Inbox]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def started(clock: Clock) -> Iterator[Started]:
    sources = []

    def start(
        inbox: int = 1000, limits: Limits = LIMITS, gate: Gate = OPEN, **more: object
    ) -> tuple[Jt808Source, Inbox]:
        held = Inbox(inbox)
        source = Jt808Source(
            held, gate, host="127.0.0.1", port=0, clock_ms=clock, limits=limits, **more
        )
        source.start()
        sources.append(source)
        return source, held

    yield start
    for source in sources:
        source.stop()


def taken(inbox: Inbox, count: int) -> list[Message]:
    """So many messages; fails when they do not come."""
    found: list[Message] = []
    end = time.monotonic() + PATIENCE_S
    while len(found) < count:
        assert time.monotonic() < end, f"{len(found)} of {count}"
        found += inbox.take(count - len(found), max_wait_s=0.5, linger_s=0)
    return found


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_position_is_answered_after_it_is_acknowledged_and_not_before(started: Started) -> None:
    source, inbox = started()
    terminal = Terminal(source.port)
    terminal.send(Kind.POSITION, 7, position())
    (message,) = taken(inbox, 1)
    terminal.send(Kind.HEARTBEAT, 8)
    assert terminal.answered() == 8
    source.acknowledge([message])
    assert terminal.answered() == 7
    assert message.topic == f"tcp/jt808/127.0.0.1:{terminal.line.getsockname()[1]}"
    assert message.payload == encode(Frame(Kind.POSITION, PHONE, 7, position()))


def test_what_other_sources_delivered_is_left_alone(started: Started) -> None:
    source, inbox = started()
    terminal = Terminal(source.port)
    terminal.send(Kind.POSITION, 7, position())
    (message,) = taken(inbox, 1)
    others = [Message("vg/v1/T/fix", b"", 0, n) for n in (-1, 0, 1 << 16, (1 << 40) + 5)]
    source.acknowledge([*others, message, message._replace(delivery=FIRST_DELIVERY + 99)])
    assert terminal.answered() == 7


def test_a_terminal_that_has_left_costs_the_others_nothing(started: Started) -> None:
    source, inbox = started()
    gone, there = Terminal(source.port), Terminal(source.port, "013900000001")
    gone.send(Kind.POSITION, 1, position())
    first = taken(inbox, 1)
    gone.line.close()
    until(lambda: source.connections == 1)
    there.send(Kind.POSITION, 2, position())
    source.acknowledge([*first, *taken(inbox, 1)])
    assert there.answered() == 2


def test_a_flood_waits_on_its_own_line_and_harms_nobody(started: Started) -> None:
    source, inbox = started(inbox=500)
    flood, quiet = Terminal(source.port), Terminal(source.port, "013900000001")
    total = 3_000
    flood.line.settimeout(0)
    left = b"".join(encode(Frame(Kind.POSITION, PHONE, n, position())) for n in range(total))
    quiet.send(Kind.POSITION, 1, position())
    seen: Counter[str] = Counter()
    most = 0
    end = time.monotonic() + PATIENCE_S
    rounds = itertools.count()
    served = 0
    while sum(seen.values()) < total + 1:
        assert time.monotonic() < end
        if left:
            with contextlib.suppress(BlockingIOError):
                left = left[flood.line.send(left) :]
        most = max(most, len(inbox))
        messages = inbox.take(100, max_wait_s=0.05, linger_s=0)
        source.acknowledge(messages)
        number = next(rounds)
        for message in messages:
            terminal = message.payload[5:11].hex()
            seen[terminal] += 1
            if terminal != PHONE:
                served = number
    assert seen == {PHONE: total, "013900000001": 1}
    # one read of a line may bring some hundred frames more than may wait
    assert most <= MOST_UNANSWERED + READ_BYTES // len(
        encode(Frame(Kind.POSITION, PHONE, 0, position()))
    )
    assert served < 20
    assert quiet.answered() == 1


def test_a_full_inbox_pushes_back_and_loses_nothing(started: Started) -> None:
    source, inbox = started(inbox=10)
    terminals = [Terminal(source.port, f"{n:012d}") for n in range(50)]
    for n, terminal in enumerate(terminals):
        terminal.send(Kind.POSITION, n, position())
    until(lambda: len(inbox) == 10)
    found: list[Message] = []
    while len(found) < 50:
        messages = taken(inbox, 1)
        source.acknowledge(messages)
        found += messages
    assert len({message.delivery for message in found}) == 50
    assert [terminal.answered() for terminal in terminals] == list(range(50))


def test_a_silent_peer_is_closed_and_a_talkative_one_is_not(started: Started, clock: Clock) -> None:
    why: list[str] = []
    source, _ = started(limits=Limits(silence_s=3600), ended=lambda one: why.append(str(one)))
    silent, spoken = Terminal(source.port), Terminal(source.port)
    spoken.send(Kind.HEARTBEAT, 1)
    assert spoken.answered() == 1
    until(lambda: source.connections == 2)
    clock.ms += HELLO_MS
    assert silent.is_closed()
    spoken.send(Kind.HEARTBEAT, 2)
    assert spoken.answered() == 2
    assert why == ["silent"]


def test_a_peer_that_reads_nothing_is_closed(started: Started) -> None:
    why: list[str] = []
    source, _ = started(ended=lambda one: why.append(str(one)))
    terminal = Terminal(source.port)
    beats = b"".join(encode(Frame(Kind.HEARTBEAT, PHONE, n)) for n in range(1000))

    def flood() -> None:
        for _ in range(10_000):
            terminal.line.sendall(beats)

    with pytest.raises((ConnectionResetError, BrokenPipeError)):
        flood()
    assert why == ["reads_slowly"]


def test_more_connections_than_allowed_are_closed_at_once(started: Started) -> None:
    source, _ = started(limits=Limits(connections=3))
    held = [Terminal(source.port) for _ in range(3)]
    until(lambda: source.connections == 3)
    assert Terminal(source.port).is_closed()
    held[0].line.close()
    until(lambda: source.connections == 2)
    after = Terminal(source.port)
    after.send(Kind.HEARTBEAT, 5)
    assert after.answered() == 5


def test_a_command_reaches_the_terminal_s_newest_line_and_its_answer_is_told(
    started: Started,
) -> None:
    answers: list[Answered] = []
    source, _ = started(told=answers.append)
    old, new = Terminal(source.port), Terminal(source.port)
    for terminal in (old, new):
        terminal.send(Kind.HEARTBEAT, 1)
        assert terminal.answered() == 1
    serials: list[int | None] = []
    source.command(PHONE, Kind.TRACKING, struct.pack(">HI", 5, 600), serials.append)
    frame = new.frame()
    assert (frame.kind, frame.body) == (Kind.TRACKING, struct.pack(">HI", 5, 600))
    new.send(Kind.TERMINAL_ANSWER, 2, struct.pack(">HHB", frame.serial, Kind.TRACKING, 0))
    until(lambda: answers)
    assert answers == [Answered(PHONE, frame.serial, 0)]
    assert serials == [frame.serial]


def test_a_command_to_a_terminal_that_is_not_there_is_not_sent(started: Started) -> None:
    source, _ = started()
    terminal = Terminal(source.port)
    terminal.send(Kind.HEARTBEAT, 1)
    assert terminal.answered() == 1
    assert source.is_2019(PHONE) is False
    terminal.line.close()
    until(lambda: source.connections == 0)
    serials: list[int | None] = []
    source.command(PHONE, Kind.TRACKING, b"", serials.append)
    until(lambda: serials)
    assert serials == [None]
    assert source.is_2019(PHONE) is None


def test_a_port_that_is_taken_is_an_error_of_the_start(started: Started) -> None:
    source, _ = started()
    second = Jt808Source(Inbox(100), OPEN, host="127.0.0.1", port=source.port, clock_ms=Clock())
    with pytest.raises(OSError, match="address already in use"):
        second.start()


def test_stopping_closes_every_line_and_may_be_done_twice(started: Started) -> None:
    source, inbox = started()
    terminals = [Terminal(source.port) for _ in range(20)]
    for terminal in terminals:
        terminal.send(Kind.POSITION, 1, position())
    messages = taken(inbox, 20)
    source.stop()
    source.stop()
    source.acknowledge(messages)
    assert all(terminal.is_closed() for terminal in terminals)
