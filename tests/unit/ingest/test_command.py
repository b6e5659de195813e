"""Commands: what may be asked, how it is kept, and how it reaches a terminal and comes back."""

from __future__ import annotations

import json
import sqlite3
import struct
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import sqlite
from ingest.commands import native_carrier
from ingest.commands.arguments import CommandKind
from ingest.commands.command import Answer, Command, CommandError, CommandState
from ingest.commands.downlink import AGAIN_MS, Downlink
from ingest.commands.native_carrier import NativeCarrier
from ingest.commands.sqlite_commands import MOST_OPEN, SqliteCommands
from ingest.jt808.carrier import Jt808Carrier
from ingest.jt808.downlink import written
from ingest.jt808.layout import Kind
from ingest.jt808.session import Answered
from ingest.message import Message
from tests.unit.ingest.making import NATIVE, NOW_MS, message
from tests.unit.ingest.test_jt808 import PHONE, PHONE_2019

PURSUIT = {"every_s": 5, "for_s": 600}


def asked(
    kind: str = "pursuit",
    arguments: object = None,
    *,
    name: str = "C1",
    terminal: str = PHONE,
    issued_ms: int = NOW_MS,
    lasts_s: float = 600,
    **words: str,
) -> Command:
    said = PURSUIT if arguments is None else arguments
    assert isinstance(said, dict)
    return Command.of(
        id=name,
        terminal=terminal,
        kind=kind,
        arguments=said,
        author=words.get("author", "duty officer"),
        reason=words.get("reason", "stolen"),
        issued_ms=issued_ms,
        expires_ms=issued_ms + round(lasts_s * 1000),
    )


MISFITS: list[tuple[str, dict[str, object], str]] = [
    ("explode", {}, "kind: expected one of pursuit, interval"),
    ("pursuit", {}, "every_s: Field required"),
    ("pursuit", {"every_s": 5}, "for_s has to say how long"),
    ("pursuit", {"every_s": 70_000, "for_s": 60}, "every_s: "),
    ("pursuit", {"every_s": "often", "for_s": 60}, "every_s: "),
    ("pursuit", PURSUIT | {"loudly": True}, "loudly: Extra inputs"),
    ("interval", {}, "expected one of default_s, asleep_s, alarm_s"),
    ("interval", {"default_s": 0}, "default_s: "),
    ("confirm_alarm", {"alarms": []}, "alarms: "),
    ("confirm_alarm", {"alarms": ["power_cut"]}, "alarms.0: "),
    ("set_circle", {"area": 1, "lon": 181, "lat": 0, "radius_m": 50}, "lon: "),
    ("set_circle", {"area": 1, "lon": float("nan"), "lat": 0, "radius_m": 50}, "lon: "),
    ("set_circle", {"area": 0, "lon": 1, "lat": 0, "radius_m": 50}, "area: "),
    (
        "set_rectangle",
        {"area": 1, "west": 2, "south": 1, "east": 1, "north": 2},
        "expected west below east",
    ),
    (
        "set_rectangle",
        {"area": 1, "west": -1, "south": 1, "east": 1, "north": 2},
        "expected all points on one side",
    ),
    ("set_polygon", {"area": 1, "points": [[1, 1], [2, 2]]}, "points: "),
    ("set_polygon", {"area": 1, "points": [[1, 1]] * 501}, "points: "),
    ("set_polygon", {"area": 1, "points": [[1, -1], [2, 2], [1, 2]]}, "expected all points on one"),
    ("set_route", {"area": 1, "points": [[1, 1], [2, 2]], "width_m": 0}, "width_m: "),
    ("delete_circles", {"areas": [1] * 126}, "areas: "),
]


@pytest.mark.parametrize(("kind", "arguments", "said"), MISFITS)
def test_what_makes_no_sense_cannot_be_asked(
    kind: str, arguments: dict[str, object], said: str
) -> None:
    with pytest.raises(CommandError) as caught:
        asked(kind, arguments)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"author": ""}, {"author": " "}, {"reason": ""}, {"reason": "x" * 501}, {"terminal": "a b"},
        {"terminal": ""}, {"terminal": "a/b"}, {"name": "a b"}, {"lasts_s": 1}, {"lasts_s": 1e6},
    ],
)  # fmt: skip
def test_a_command_has_an_author_a_reason_an_end_and_a_terminal(wrong: dict[str, object]) -> None:
    with pytest.raises(CommandError):
        asked(**wrong)


def body(kind: str, arguments: dict[str, object], *, is_2019: bool = False) -> tuple[int, bytes]:
    return written(asked(kind, arguments), is_2019=is_2019)


def test_pursuit_is_period_and_validity() -> None:
    assert body("pursuit", PURSUIT) == (0x8202, bytes.fromhex("0005 00000258"))
    assert body("pursuit", {"every_s": 0}) == (0x8202, b"\x00\x00")


def test_intervals_are_parameters_by_number() -> None:
    said = body("interval", {"default_s": 30, "asleep_s": 120, "alarm_s": 5})
    parameters = "00000027 04 00000078  00000028 04 00000005  00000029 04 0000001e"
    assert said == (0x8103, b"\x03" + bytes.fromhex(parameters))
    assert body("interval", {"default_s": 30})[1] == bytes.fromhex("01 00000029 04 0000001e")


def test_confirmed_alarms_are_bits_for_every_serial() -> None:
    said = body("confirm_alarm", {"alarms": ["sos", "illegal_displacement"]})
    assert said == (0x8203, bytes.fromhex("0000 10000001"))
    assert body("confirm_alarm", {"alarms": ["zone"]})[1] == bytes.fromhex("0000 00300000")


CIRCLE = {"area": 7, "lon": 112.355, "lat": 28.554, "radius_m": 300}


def test_a_circle_is_added_to_those_that_the_terminal_has() -> None:
    wanted = bytes.fromhex("01 01 00000007 0028") + struct.pack(
        ">III", 28_554_000, 112_355_000, 300
    )
    assert body("set_circle", CIRCLE) == (0x8600, wanted)
    assert body("set_circle", CIRCLE, is_2019=True) == (0x8600, wanted + b"\x00\x00")


def test_south_and_west_of_an_area_are_bits_of_its_attribute() -> None:
    _, said = body("set_circle", CIRCLE | {"lon": -112.355, "lat": -28.554, "alarm": ["exit"]})
    assert said[6:8] == bytes.fromhex("00e0")
    assert said[8:16] == struct.pack(">II", 28_554_000, 112_355_000)


def test_a_rectangle_goes_from_its_north_west_to_its_south_east() -> None:
    box = {"area": 7, "west": 1, "south": 2, "east": 3, "north": 4, "alarm": ["enter"]}
    corners = struct.pack(">IIII", 4_000_000, 1_000_000, 2_000_000, 3_000_000)
    assert body("set_rectangle", box) == (
        0x8602,
        bytes.fromhex("01 01 00000007 0008") + corners,
    )


def test_a_polygon_counts_its_corners() -> None:
    _, said = body("set_polygon", {"area": 7, "points": [[1, 1], [2, 1], [2, 2]], "alarm": []})
    assert said[:8] == bytes.fromhex("00000007 0000 0003")
    assert struct.unpack(">6I", said[8:]) == tuple(n * 1_000_000 for n in (1, 1, 1, 2, 2, 2))


def test_a_route_has_a_width_and_signs_at_each_turning_point() -> None:
    points = [[1, 1], [-1, -1]]
    kind, said = body("set_route", {"area": 7, "points": points, "width_m": 50}, is_2019=True)
    assert kind == 0x8606
    assert said[:8] == bytes.fromhex("00000007 0028 0002")
    first, second, rest = said[8:26], said[26:44], said[44:]
    assert first == struct.pack(">IIIIBB", 1, 1, 1_000_000, 1_000_000, 50, 0)
    assert second == struct.pack(">IIIIBB", 2, 2, 1_000_000, 1_000_000, 50, 0b1100)
    assert rest == b"\x00\x00"


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        *(("delete_circles", 0x8601), ("delete_rectangles", 0x8603)),
        *(("delete_polygons", 0x8605), ("delete_routes", 0x8607)),
    ],
)
def test_areas_are_deleted_by_number_or_all_of_them(kind: str, number: int) -> None:
    assert body(kind, {"areas": [1, 258]}) == (number, bytes.fromhex("02 00000001 00000102"))
    assert body(kind, {}, is_2019=True) == (number, b"\x00")


def test_every_kind_can_be_said_in_both_editions() -> None:
    examples: dict[str, dict[str, object]] = {
        "pursuit": PURSUIT,
        "interval": {"default_s": 30},
        "confirm_alarm": {"alarms": ["sos"]},
        "set_circle": CIRCLE,
        "set_rectangle": {"area": 7, "west": 1, "south": 2, "east": 3, "north": 4},
        "set_polygon": {"area": 7, "points": [[1, 1], [2, 1], [2, 2]]},
        "set_route": {"area": 7, "points": [[1, 1], [2, 2]], "width_m": 9},
    }
    for kind in CommandKind:
        for is_2019 in (False, True):
            assert body(str(kind), examples.get(str(kind), {}), is_2019=is_2019)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[SqliteCommands]:
    connection = sqlite.connect(tmp_path / "store.sqlite")
    yield SqliteCommands(connection)
    connection.close()


def test_a_command_is_kept_as_it_was_asked(kept: SqliteCommands) -> None:
    one = asked("set_polygon", {"area": 7, "points": [[1, 1], [2, 1], [2, 2]]}, reason="理由")
    kept.issue(one)
    assert kept.open() == [one]
    (standing,) = kept.list(10)
    assert (standing.command, standing.state) == (one, CommandState.OPEN)
    assert standing.events == [(NOW_MS, "issued", "duty officer")]


def test_a_command_asked_twice_is_asked_once(kept: SqliteCommands) -> None:
    kept.issue(asked())
    kept.issue(asked(reason="another"))
    (standing,) = kept.list(10)
    assert standing.command.reason == "stolen"
    assert len(standing.events) == 1


def test_the_first_answer_of_its_terminal_counts(kept: SqliteCommands) -> None:
    kept.issue(asked())
    assert not kept.settle(Answer("C1", "013900000000", CommandState.DONE), NOW_MS)
    assert not kept.settle(Answer("C2", PHONE, CommandState.DONE), NOW_MS)
    assert kept.settle(Answer("C1", PHONE, CommandState.REFUSED, "why"), NOW_MS + 5)
    assert not kept.settle(Answer("C1", PHONE, CommandState.DONE), NOW_MS + 6)
    (standing,) = kept.list(10)
    assert standing.state == "refused"
    assert standing.events[-1] == (NOW_MS + 5, "refused", "why")
    assert kept.open() == []


def test_no_terminal_is_asked_more_than_it_can_be_waited_for(kept: SqliteCommands) -> None:
    for n in range(MOST_OPEN):
        kept.issue(asked(name=f"C{n}"))
    with pytest.raises(CommandError, match=f"{MOST_OPEN} commands wait for {PHONE} already"):
        kept.issue(asked(name="more"))
    kept.issue(asked(name="other", terminal="T2"))


def test_what_happened_is_neither_edited_nor_forgotten(tmp_path: Path) -> None:
    connection = sqlite.connect(tmp_path / "store.sqlite")
    SqliteCommands(connection).issue(asked())
    for attempt in ("UPDATE command_events SET detail = 'x'", "DELETE FROM command_events"):
        with pytest.raises(sqlite3.IntegrityError, match="never"):
            connection.execute(attempt)
    connection.close()


def test_the_newest_are_listed_first_and_by_terminal(kept: SqliteCommands) -> None:
    for n in range(5):
        kept.issue(asked(name=f"C{n}", terminal=f"T{n % 2}"))
    assert [s.command.id for s in kept.list(2)] == ["C4", "C3"]
    assert [s.command.id for s in kept.list(9, "T1")] == ["C3", "C1"]


class Way:
    """A transport of a test: reaches whom it is told to."""

    name = "test"

    def __init__(self) -> None:
        self.reached: list[str] = []
        self.is_up = False

    def carry(self, command: Command) -> bool:
        if self.is_up:
            self.reached.append(command.id)
        return self.is_up


class Desk:
    """A downlink whose clock is turned by hand."""

    def __init__(self, kept: SqliteCommands) -> None:
        self.kept = kept
        self.ms = NOW_MS
        self.way = Way()
        self.answers: SimpleQueue[Answer] = SimpleQueue()
        self.ended: list[str] = []
        self.downlink = Downlink(kept, [self.way], self.answers, lambda: self.ms, self.ended.append)

    def turn(self, after_s: float = 1) -> None:
        self.ms += round(after_s * 1000)
        self.downlink.turn()


@pytest.fixture
def desk(kept: SqliteCommands) -> Desk:
    return Desk(kept)


def test_a_command_waits_for_its_terminal_and_goes_when_it_comes(desk: Desk) -> None:
    desk.kept.issue(asked())
    for _ in range(3):
        desk.turn()
    desk.way.is_up = True
    desk.turn()
    desk.turn()
    assert desk.way.reached == ["C1"]
    assert desk.kept.list(1)[0].events[-1] == (NOW_MS + 4_000, "sent", "test")


def test_a_command_is_sent_again_until_it_is_answered(desk: Desk) -> None:
    desk.kept.issue(asked())
    desk.way.is_up = True
    desk.turn()
    desk.turn(AGAIN_MS / 1000 - 0.001)
    assert desk.way.reached == ["C1"]
    desk.turn(0.001)
    assert desk.way.reached == ["C1", "C1"]
    desk.answers.put(Answer("C1", PHONE, CommandState.DONE))
    desk.turn(600)
    assert desk.way.reached == ["C1", "C1"]
    (standing,) = desk.kept.list(1)
    assert [event for _, event, _ in standing.events] == ["issued", "sent", "done"]
    assert desk.ended == ["done"]


@pytest.mark.parametrize(("is_up", "why"), [(True, "no answer"), (False, "never reached")])
def test_a_command_that_is_not_answered_in_time_expires(
    desk: Desk, *, is_up: bool, why: str
) -> None:
    desk.kept.issue(asked(lasts_s=60))
    desk.way.is_up = is_up
    desk.turn()
    desk.turn(60)
    (standing,) = desk.kept.list(1)
    assert standing.state == "expired"
    assert standing.events[-1][1:] == ("expired", why)
    desk.answers.put(Answer("C1", PHONE, CommandState.DONE))
    desk.turn()
    assert desk.kept.list(1)[0].state == "expired"


def test_an_expired_command_is_never_sent(desk: Desk) -> None:
    desk.kept.issue(asked(lasts_s=60))
    desk.way.is_up = True
    desk.turn(60)
    assert desk.way.reached == []


def test_commands_go_in_the_order_in_which_they_were_asked(desk: Desk) -> None:
    for n in range(5):
        desk.kept.issue(asked(name=f"C{n}", terminal=f"T{n % 2}"))
    desk.way.is_up = True
    desk.turn()
    assert desk.way.reached == [f"C{n}" for n in range(5)]


class Gateway:
    """The lines of a test."""

    def __init__(self, **speaks: bool) -> None:
        self.speaks = {name.removeprefix("n"): is_2019 for name, is_2019 in speaks.items()}
        self.sent: list[tuple[str, int, bytes]] = []
        self.is_gone = False

    def is_2019(self, terminal: str) -> bool | None:
        return self.speaks.get(terminal)

    def command(self, terminal: str, kind: int, body: bytes, sent: object) -> None:
        assert callable(sent)
        self.sent.append((terminal, kind, body))
        sent(None if self.is_gone else len(self.sent))


def carrier(gateway: Gateway) -> tuple[Jt808Carrier, list[Answer]]:
    answers: list[Answer] = []
    one = Jt808Carrier(answers.append)
    one.over(gateway)
    return one, answers


@pytest.mark.parametrize(
    ("result", "state"), [(0, "done"), (4, "done"), (1, "refused"), (3, "refused"), (99, "refused")]
)
def test_the_answer_of_a_terminal_settles_its_command(result: int, state: str) -> None:
    one, answers = carrier(Gateway(**{f"n{PHONE}": False}))
    assert one.carry(asked())
    one.told(Answered(PHONE, 2, 0))
    one.told(Answered("013900000000", 1, 0))
    assert answers == []
    one.told(Answered(PHONE, 1, result))
    assert [(a.command, a.terminal, a.state) for a in answers] == [("C1", PHONE, state)]
    one.told(Answered(PHONE, 1, result))
    assert len(answers) == 1


def test_a_terminal_is_reached_by_its_number_without_the_zeros_before_it() -> None:
    gateway = Gateway(**{f"n{PHONE_2019}": True})
    one, answers = carrier(gateway)
    assert one.carry(asked("set_circle", CIRCLE, terminal="13912345678"))
    assert gateway.sent == [
        (PHONE_2019, Kind.SET_CIRCLES, body("set_circle", CIRCLE, is_2019=True)[1])
    ]
    one.told(Answered(PHONE_2019, 1, 0))
    assert answers == [Answer("C1", "13912345678", CommandState.DONE)]


def test_a_terminal_that_is_not_connected_is_not_reached() -> None:
    assert not carrier(Gateway())[0].carry(asked())
    assert not Jt808Carrier(lambda _: None).carry(asked())


def test_a_native_terminal_is_asked_in_json() -> None:
    published: list[tuple[str, bytes]] = []

    def publish(topic: str, data: bytes) -> bool:
        published.append((topic, data))
        return True

    assert NativeCarrier(publish, but_numbers=True).carry(asked(terminal="T1"))
    ((topic, data),) = published
    assert topic == "vg/v1/T1/cmd"
    assert json.loads(data) == {
        "id": "C1",
        "kind": "pursuit",
        "arguments": PURSUIT,
        "expires": NOW_MS / 1000 + 600,
    }


def test_a_terminal_that_is_a_telephone_number_is_left_to_the_gateway_where_there_is_one() -> None:
    reached = NativeCarrier(lambda *_: True, but_numbers=False)
    assert reached.carry(asked())
    assert not NativeCarrier(lambda *_: True, but_numbers=True).carry(asked())


ANSWER = "vg/v1/T1/cmd/answer"


def test_a_native_terminal_answers_with_the_command_s_id() -> None:
    said = [
        message({"id": "C1", "result": "done"}, ANSWER),
        message({"id": "C2", "result": "refused", "detail": "no such area"}, ANSWER),
        message({"t": 1}, "vg/v1/T1/fix"),
        message({"id": "C3", "result": "perhaps"}, ANSWER),
        message(b"\xff", ANSWER),
    ]
    assert native_carrier.answers(said) == [
        Answer("C1", "T1", CommandState.DONE),
        Answer("C2", "T1", CommandState.REFUSED, "no such area"),
    ]
    decoded = NATIVE.decode(said)
    assert decoded.kinds == {0: "command_answer", 1: "command_answer"}
    reasons = {str(reject.reason) for reject in decoded.rejects if reject.topic == ANSWER}
    assert reasons == {"bad_value", "not_json"}


@given(st.binary(max_size=100))
def test_an_answer_of_any_bytes_is_an_answer_or_a_reject(data: bytes) -> None:
    said = [Message(ANSWER, data, NOW_MS)]
    decoded = NATIVE.decode(said)
    assert len(native_carrier.answers(said)) == len(decoded.kinds) == 1 - len(decoded.rejects)
