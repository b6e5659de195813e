"""A session of JT/T 808: who may speak, what is answered when, and what ends it."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.jt808 import session as sessions
from ingest.jt808.frame import Frame, encode, parse, split
from ingest.jt808.gate import Gate
from ingest.jt808.layout import MAX_FRAME, Kind
from ingest.jt808.parts import MOST_BYTES, PATIENCE_MS, Room
from ingest.jt808.session import (
    HELLO_MS,
    MOST_TERMINALS,
    MOST_UNANSWERED,
    Answered,
    Close,
    Deliver,
    Effect,
    Ending,
    Heard,
    Send,
    Session,
)
from tests.unit.ingest.test_jt808 import PHONE, PHONE_2019, batch, position

KEY = b"k" * 32
OPEN = Gate(None, KEY)
SHUT = Gate({PHONE, PHONE_2019}, KEY)
SILENCE_MS = 600_000
STRANGER = "013999999999"


def session(gate: Gate = OPEN) -> Session:
    return Session(gate, silence_ms=SILENCE_MS, now_ms=0)


def report(serial: int = 7, terminal: str = PHONE) -> bytes:
    return encode(Frame(Kind.POSITION, terminal, serial, position()))


def sent(effects: Sequence[Effect]) -> list[Frame]:
    """The frames among effects that go to the terminal."""
    return frames(b"".join(e.data for e in effects if isinstance(e, Send)))


def frames(data: bytes) -> list[Frame]:
    found = [parse(inside) for inside in data.split(b"\x7e") if inside]
    assert all(isinstance(one, Frame) for one in found)
    return [one for one in found if isinstance(one, Frame)]


def answer(frame: Frame) -> tuple[int, int, int]:
    """Serial, kind and result of a general answer."""
    assert frame.kind == Kind.PLATFORM_ANSWER
    serial, kind, result = struct.unpack(">HHB", frame.body)
    return serial, kind, result


def delivered(effects: Sequence[Effect]) -> list[Deliver]:
    return [effect for effect in effects if isinstance(effect, Deliver)]


def ends(effects: Sequence[Effect]) -> Ending | None:
    return effects[-1].why if effects and isinstance(effects[-1], Close) else None


def proved(gate: Gate = SHUT, terminal: str = PHONE) -> Session:
    one = session(gate)
    one.received(encode(Frame(Kind.AUTHENTICATION, terminal, 1, gate.code(terminal))), 0)
    return one


def test_a_position_is_answered_only_when_it_is_durable() -> None:
    one = session()
    effects = one.received(report(7), 0)
    assert sent(effects) == []
    (deliver,) = delivered(effects)
    assert deliver.payload == report(7)
    (said,) = frames(one.durable(deliver))
    assert answer(said) == (7, Kind.POSITION, 0)
    assert said.terminal == PHONE


def test_a_heartbeat_is_answered_at_once_and_holds_nothing() -> None:
    effects = session().received(encode(Frame(Kind.HEARTBEAT, PHONE, 3, b"\x01")), 0)
    assert delivered(effects) == []
    assert answer(sent(effects)[0]) == (3, Kind.HEARTBEAT, 0)


def test_what_is_not_spoken_here_is_answered_as_such() -> None:
    effects = session().received(encode(Frame(0x0900, PHONE, 3, b"x")), 0)
    assert answer(sent(effects)[0]) == (3, 0x0900, 3)


@pytest.mark.parametrize(
    "said",
    [
        Frame(Kind.HEARTBEAT, PHONE, 1),
        Frame(Kind.HEARTBEAT, PHONE_2019, 1),
        Frame(Kind.HEARTBEAT, PHONE, 1, claims_2019=True),
    ],
)
def test_a_terminal_is_answered_in_the_edition_that_it_speaks(said: Frame) -> None:
    (found,) = sent(session().received(encode(said), 0))
    assert (found.terminal, found.is_2019) == (said.terminal, said.is_2019)
    assert found.claims_2019 == (said.claims_2019 or said.is_2019)


def test_our_serials_count_up_and_round() -> None:
    one = session()
    one._serial = 65_534
    beats = b"".join(encode(Frame(Kind.HEARTBEAT, PHONE, n)) for n in range(4))
    assert [frame.serial for frame in sent(one.received(beats, 0))] == [65_534, 65_535, 0, 1]


def test_a_registered_terminal_gets_its_code_and_may_speak_with_it() -> None:
    one = session(SHUT)
    (said,) = sent(one.received(encode(Frame(Kind.REGISTRATION, PHONE, 5, bytes(37))), 0))
    assert said.kind == Kind.REGISTRATION_ANSWER
    serial, result = struct.unpack(">HB", said.body[:3])
    assert (serial, result) == (5, 0)
    code = said.body[3:]
    effects = one.received(encode(Frame(Kind.AUTHENTICATION, PHONE, 6, code)), 0)
    assert effects[0] == Heard(PHONE)
    assert answer(sent(effects)[0]) == (6, Kind.AUTHENTICATION, 0)
    assert len(delivered(one.received(report(), 0))) == 1


@pytest.mark.parametrize(
    "shape",
    [
        lambda code: code,
        lambda code: code + b"\x00",
        lambda code: bytes((len(code),)) + code + b"8" * 15 + b"v1".ljust(20, b"\0"),
        lambda code: code.ljust(20, b"\0") + b"8" * 15 + b"v1".ljust(20, b"\0"),
    ],
)
def test_a_code_is_found_in_every_shape_in_which_terminals_send_it(shape: object) -> None:
    assert callable(shape)
    assert SHUT.admits(PHONE_2019, shape(SHUT.code(PHONE_2019)))


@pytest.mark.parametrize("body", [b"", b"\x00", b"\xff", b"x" * 900, b"\x10" + b"0" * 16])
def test_a_wrong_code_is_no_admission(body: bytes) -> None:
    assert not SHUT.admits(PHONE, body)
    effects = session(SHUT).received(encode(Frame(Kind.AUTHENTICATION, PHONE, 6, body)), 0)
    assert answer(sent(effects)[0]) == (6, Kind.AUTHENTICATION, 1)
    assert not any(isinstance(effect, Heard) for effect in effects)


def test_the_code_of_one_terminal_admits_no_other() -> None:
    assert not SHUT.admits(PHONE, SHUT.code(PHONE_2019))
    assert not SHUT.admits(STRANGER, SHUT.code(STRANGER))
    assert SHUT.code(PHONE) != Gate({PHONE}, b"other").code(PHONE)


def test_a_stranger_is_told_that_there_is_no_such_terminal() -> None:
    (said,) = sent(session(SHUT).received(encode(Frame(Kind.REGISTRATION, STRANGER, 5)), 0))
    assert said.body == b"\x00\x05\x04"


def test_who_has_proved_nothing_is_not_taken_and_hears_so() -> None:
    one = session(SHUT)
    effects = one.received(report(9), 0)
    assert delivered(effects) == []
    assert answer(sent(effects)[0]) == (9, Kind.POSITION, 1)


def test_the_position_of_a_stranger_is_buried_without_an_answer_of_success() -> None:
    one = session(SHUT)
    effects = one.received(report(9, STRANGER), 0)
    assert answer(sent(effects)[0]) == (9, Kind.POSITION, 1)
    (deliver,) = delivered(effects)
    assert one.durable(deliver) == b""


def test_a_proof_is_for_its_terminal_alone() -> None:
    one = proved()
    assert len(delivered(one.received(report(1, PHONE), 0))) == 1
    assert delivered(one.received(report(1, PHONE_2019), 0)) == []


def test_who_asks_in_vain_again_and_again_is_closed() -> None:
    one = session(SHUT)
    endings = [ends(one.received(report(n), 0)) for n in range(20)]
    assert Ending.REFUSED in endings


def test_where_nobody_is_registered_everybody_may_speak() -> None:
    effects = session().received(encode(Frame(Kind.AUTHENTICATION, PHONE, 6, b"anything")), 0)
    assert answer(sent(effects)[0]) == (6, Kind.AUTHENTICATION, 0)


def test_a_split_message_is_handed_on_whole_and_each_part_answered_then() -> None:
    one = session()
    whole = Frame(Kind.BATCH, PHONE, 10, batch([position(items=bytes(90)) for _ in range(30)]))
    parts = split(whole)
    effects = [one.received(encode(part), 0) for part in parts]
    assert [delivered(e) for e in effects[:-1]] == [[]] * (len(parts) - 1)
    assert sent([e for several in effects for e in several]) == []
    (deliver,) = delivered(effects[-1])
    assert deliver.payload == b"".join(map(encode, parts))
    said = [answer(frame)[0] for frame in frames(one.durable(deliver))]
    assert said == list(range(10, 10 + len(parts)))


def test_a_part_sent_twice_counts_once() -> None:
    one = session()
    parts = split(Frame(Kind.BATCH, PHONE, 10, batch([position(items=bytes(90))] * 20)))
    one.received(encode(parts[0]), 0)
    assert delivered(one.received(encode(parts[0]), 0)) == []
    effects = one.received(b"".join(map(encode, parts[1:])), 0)
    assert delivered(effects)[0].payload == b"".join(map(encode, parts))


def test_parts_that_stay_away_are_given_up_and_buried() -> None:
    one = session()
    first, *_ = split(Frame(Kind.BATCH, PHONE, 10, batch([position(items=bytes(90))] * 20)))
    one.received(encode(first), 1_000)
    assert one.elapsed(999 + PATIENCE_MS) == []
    (deliver,) = delivered(one.elapsed(1_000 + PATIENCE_MS))
    assert deliver == Deliver(encode(first), ())


def test_parts_are_bounded_in_bytes() -> None:
    one = session()
    held = 0
    for n in range(1, 400):
        effects = one.received(encode(Frame(Kind.BATCH, PHONE, n, bytes(900), n, 65_535)), 0)
        for deliver in delivered(effects):
            held -= len(deliver.payload)
            one.durable(deliver)
        held += len(encode(Frame(Kind.BATCH, PHONE, n, bytes(900), n, 65_535)))
        assert held <= MOST_BYTES + MAX_FRAME


def test_parts_are_bounded_over_all_lines_and_room_is_given_back() -> None:
    room = Room(limit=5_000)

    def line() -> Session:
        return Session(OPEN, silence_ms=SILENCE_MS, now_ms=0, room=room)

    def part(number: int) -> bytes:
        return encode(Frame(Kind.BATCH, PHONE, number, bytes(900), number, 100))

    many = [line() for _ in range(20)]
    given_up = [len(delivered(one.received(part(1), 0))) for one in many]
    assert room.held <= 5_000
    assert given_up == [0] * 5 + [1] * 15
    for one in many:
        one.closed()
    assert room.held == 0
    last = line()
    assert delivered(last.received(part(1) + part(2), 0)) == []
    last.elapsed(PATIENCE_MS)
    assert room.held == 0


def test_an_answer_to_a_command_is_told_with_its_serial() -> None:
    one = session()
    one.received(report(), 0)
    said = one.command(PHONE, Kind.TRACKING, struct.pack(">HI", 5, 600))
    assert said is not None
    serial, data = said
    (frame,) = frames(data)
    assert (frame.kind, frame.serial, frame.terminal) == (Kind.TRACKING, serial, PHONE)
    body = struct.pack(">HHB", serial, Kind.TRACKING, 0)
    effects = one.received(encode(Frame(Kind.TERMINAL_ANSWER, PHONE, 8, body)), 0)
    assert effects == [Answered(PHONE, serial, 0)]


def test_a_long_command_goes_in_parts_and_the_last_one_s_serial_counts() -> None:
    one = session()
    one.received(report(), 0)
    said = one.command(PHONE, Kind.SET_POLYGON, bytes(2_500))
    assert said is not None
    parts = frames(said[1])
    assert [frame.part for frame in parts] == [1, 2, 3]
    assert b"".join(frame.body for frame in parts) == bytes(2_500)
    assert parts[-1].serial == said[0]


def test_nobody_speaks_to_a_terminal_that_was_not_heard() -> None:
    assert session().command(PHONE, Kind.TRACKING, b"") is None
    one = session(SHUT)
    one.received(report(), 0)
    assert one.command(PHONE, Kind.TRACKING, b"") is None


def test_a_peer_that_never_says_anything_good_is_closed_early() -> None:
    one = session()
    one.received(b"GET / HTTP/1.1\r\n\r\n", 10)
    assert ends(one.elapsed(HELLO_MS - 1)) is None
    assert ends(one.elapsed(HELLO_MS)) == Ending.SILENT


def test_silence_counts_from_the_last_good_frame() -> None:
    one = session()
    one.received(encode(Frame(Kind.HEARTBEAT, PHONE, 1)), 50_000)
    one.received(b"\x7enoise\x7e", 60_000)
    assert ends(one.elapsed(50_000 + SILENCE_MS - 1)) is None
    assert ends(one.elapsed(50_000 + SILENCE_MS)) == Ending.SILENT


def test_nobody_is_called_silent_while_we_do_not_listen() -> None:
    one = session()
    effects = one.received(b"".join(report(n) for n in range(MOST_UNANSWERED)), 0)
    assert one.is_full
    assert ends(one.elapsed(10 * SILENCE_MS)) is None
    one.durable(delivered(effects)[0])
    assert not one.is_full


def test_rubbish_is_buried_and_ends_the_session_when_nothing_else_comes() -> None:
    one = session()
    effects = one.received(b"\x7erubbish-rubbish" * 50 + b"\x7e", 0)
    assert ends(effects) == Ending.RUBBISH
    assert 0 < len(delivered(effects)) < 50
    assert sent(effects) == []


def test_a_good_frame_forgives_the_rubbish_before_it() -> None:
    one = session()
    for _ in range(100):
        assert ends(one.received(b"\x7erubbish-rubbish\x7e" + report(), 0)) is None


def test_bytes_without_end_are_not_kept() -> None:
    one = session()
    assert ends(one.received(b"\x7e" + bytes(MAX_FRAME + 1), 0)) == Ending.RUBBISH
    one = session()
    assert ends(one.received(bytes(MAX_FRAME + 1), 0)) == Ending.RUBBISH


def test_a_flood_of_delimiters_is_nothing() -> None:
    one = session()
    assert one.received(b"\x7e" * 100_000, 0) == []
    assert len(delivered(one.received(report(), 0))) == 1


def test_too_many_terminals_on_one_line_end_it() -> None:
    one = session()
    effects = []
    for n in range(MOST_TERMINALS + 1):
        effects = one.received(encode(Frame(Kind.HEARTBEAT, f"{n:012d}", 1)), 0)
    assert ends(effects) == Ending.TOO_MANY_TERMINALS


def test_a_terminal_that_logs_out_is_answered_and_closed() -> None:
    effects = session().received(encode(Frame(Kind.LOGOUT, PHONE, 2)), 0)
    assert answer(sent(effects)[0]) == (2, Kind.LOGOUT, 0)
    assert ends(effects) == Ending.LOGGED_OUT


STREAMS = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from(
            [
                report(),
                encode(Frame(Kind.HEARTBEAT, PHONE, 1)),
                encode(Frame(Kind.REGISTRATION, PHONE, 1, bytes(37))),
                encode(Frame(Kind.AUTHENTICATION, PHONE, 1, SHUT.code(PHONE))),
                encode(Frame(Kind.TERMINAL_ANSWER, PHONE, 1, b"\x00\x01\x82")),
                encode(Frame(Kind.BATCH, PHONE, 1, bytes(900), 1, 2)),
                encode(Frame(Kind.BATCH, PHONE, 2, bytes(10), 2, 2)),
                b"\x7e",
            ]
        ),
    ),
    max_size=12,
).map(b"".join)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STREAMS, st.lists(st.integers(0, 3_000), max_size=20), st.sampled_from([OPEN, SHUT]))
def test_how_bytes_are_cut_on_their_way_changes_nothing(
    stream: bytes, cuts: list[int], gate: Gate
) -> None:
    def played(pieces: list[bytes]) -> list[Effect]:
        one = session(gate)
        found: list[Effect] = []
        for piece in pieces:
            found += one.received(piece, 5)
            if ends(found) is not None:
                break
        return found

    edges = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    pieces = [stream[a:b] for a, b in itertools.pairwise(edges)]

    def told(effects: list[Effect]) -> list[Effect]:
        # bytes outside of frames are buried as they come
        stray = [e for e in effects if isinstance(e, Deliver) and e.payload[:1] != b"\x7e"]
        return [e for e in effects if e not in stray]

    assert told(played(pieces)) == told(played([stream]))


def test_bounds_are_what_the_documentation_says() -> None:
    assert (sessions.MOST_UNANSWERED, sessions.MOST_TERMINALS, HELLO_MS) == (64, 256, 60_000)
