"""The compiled pass over native payloads says exactly what msgspec says, or gives them back."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.dialects.native import Native
from ingest.dialects.rows import MAX_ROWS
from ingest.dialects.scan import fixes
from ingest.fix import COLUMNS, NO_SEQ, alarm_names
from ingest.message import Message
from tests.unit.ingest.making import FIX, NOW_MS, T, message
from tests.unit.ingest.test_native_property import GOOD, MESSAGES, PATIENT, _key

SCANNING, READING = Native(worthwhile=1), Native(worthwhile=10**9)


def same(messages: list[Message]) -> None:
    one, other = SCANNING.decode(messages), READING.decode(messages)
    assert one.fixes.ids == other.fixes.ids
    for name in COLUMNS:
        mine, theirs = getattr(one.fixes, name), getattr(other.fixes, name)
        # to the bit: a sign of zero or a last digit would show in a replay
        assert mine.tobytes() == theirs.tobytes(), name
    assert one.source.tolist() == other.source.tolist()
    assert sorted(map(_key, one.rejects)) == sorted(map(_key, other.rejects))


def unread(*payloads: bytes) -> list[int]:
    left: list[int] = fixes.columns(list(payloads), MAX_ROWS)[-1].tolist()
    return left


@PATIENT
@given(MESSAGES)
def test_the_pass_and_msgspec_agree_on_whatever_comes(messages: list[Message]) -> None:
    same(messages)


SPACE = st.sampled_from(["", "", " ", "\n", "\t\r ", "\x0b"])
DIGITS = st.one_of(
    st.integers(-200, 4_102_444_800).map(str),
    st.floats(-200, 4.2e9).map(repr),
    st.decimals(-200, 200, places=7).map(str),
    st.from_regex(r"-?[0-9]{1,21}(\.[0-9]{0,19})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
    st.sampled_from(["-0", "-0.0", "0.0", "01", "1.", ".5", "+1", "1e5", "9007199254740993", "-"]),
)
TOKENS = st.one_of(
    DIGITS,
    st.sampled_from(["null", "true", "false", "0", "1", "nul", "tru", "falsy", '"x"', "[]"]),
    st.sampled_from(['["sos"]', '["sos","tamper"]', '[ "ufo" ]', "[null]", '["so\\u0073"]']),
    st.sampled_from(['["车"]', "{}", '"1"']),
)  # fmt: skip
KEYS = st.sampled_from(
    [
        *("speed", "heading", "acc", "alt", "batt", "ign", "armed", "located", "back_fill", "seq"),
        *("alarms", "t", "lon", "lat", "terminal", "x", "back_fils", "back_fill_", "s\\u0070eed"),
    ]
)


@st.composite
def written(draw: st.DrawFn) -> bytes:
    """An object in JSON's words, now and then with a word that is none."""
    t, lon, lat = draw(DIGITS), draw(DIGITS), draw(DIGITS)
    fields = draw(st.lists(st.tuples(KEYS, TOKENS), max_size=6))
    if draw(st.booleans()):
        t, lon, lat = str(T), repr(draw(st.floats(-180, 180))), f"{draw(st.floats(-90, 90)):.7f}"
    fields = draw(st.permutations([("t", t), ("lon", lon), ("lat", lat), *fields]))
    s = [draw(SPACE) for _ in range(6)]
    body = f"{s[0]},{s[1]}".join(f'"{key}"{s[2]}:{s[3]}{value}' for key, value in fields)
    return f"{s[4]}{{{s[5]}{body}{s[0]}}}{s[4]}".encode()


@st.composite
def payload(draw: st.DrawFn) -> bytes:
    rows = draw(st.lists(written(), min_size=1, max_size=3))
    body = rows[0] if draw(st.booleans()) else b"[" + b",".join(rows) + b"]"
    cut = draw(st.one_of(st.none(), st.integers(0, len(body))))
    return body[:cut] + draw(st.sampled_from([b"", b"", b"", b",", b"}", b"]", b"\x00", b"\xff"]))


@PATIENT
@given(st.lists(payload(), min_size=1, max_size=6))
def test_the_pass_and_msgspec_agree_on_every_spelling_of_a_fix(payloads: list[bytes]) -> None:
    same([message(body, f"vg/v1/T{n % 2}/fix") for n, body in enumerate(payloads)])


@PATIENT
@given(st.lists(GOOD, min_size=1, max_size=4))
def test_the_pass_and_msgspec_agree_on_what_python_writes(rows: list[dict[str, object]]) -> None:
    same([message(row) for row in rows] + [message(rows)])


EVERYDAY = [
    b'{"t":1790000000,"lon":112.355512,"lat":28.554401,"speed":0.0,"armed":true,"ign":false}',
    b'{"t":1790000000.25,"lon":-112.3555,"lat":-28,"alt":-3.5,"seq":9007199254740993}',
    b'{"t":1790000000.123456,"lon":112.35512345678901,"lat":-0.12345678901234568}',
    b"""[{"t": 1790000000, "lon": 1, "lat": 2, "alarms": ["sos", "ufo"], "back_fill": 1},
        {"t": 1790000001, "lon": 1, "lat": 2, "batt": null, "located": false}]\n""",
]


def test_what_terminals_send_every_day_is_read_by_the_pass_itself() -> None:
    numbers, flags, alarms, seq, source, left = fixes.columns(EVERYDAY, MAX_ROWS)
    assert left.tolist() == []
    assert source.tolist() == [0, 1, 2, 3, 3]
    assert numbers[:3].T.tolist() == [
        [1790000000, 112.355512, 28.554401],
        [1790000000.25, -112.3555, -28],
        [1790000000.123456, 112.35512345678901, -0.12345678901234568],
        [1790000000, 1, 2],
        [1790000001, 1, 2],
    ]
    assert seq.tolist() == [NO_SEQ, 9007199254740993, NO_SEQ, NO_SEQ, NO_SEQ]
    assert [alarm_names(int(bits)) for bits in alarms] == [[], [], [], ["sos"], []]
    assert np.isnan(numbers[3:, 4]).all()
    assert flags[4] == 0


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"[]", b"null", b"{", b"[{", b'{"t":1', b'{"t":1,"lon":1,"lat":2}x',
        b'{"t":1,"lon":1,"lat":2,"lat":3}', b'{"t":1,"lon":1,"lat":null}',
        b'{"t":1,"lon":1,"lat":2,"seq":1.0}', b'{"t":1,"lon":1,"lat":2,"seq":-1}',
        b'{"t":1,"lon":1,"lat":2,"terminal":"T1"}', b'{"t":1,"lon":1,"lat":2,}',
        b'{"t":1,"lon":1,"lat":01}', b'{"t":1,"lon":1,"lat":2.}', b'{"t":1,"lon":1,"lat":1e1}',
        b'{"t":1,"lon":112.12345678901234567,"lat":2}', b'{"t":1,"lon":-0.0,"lat":2}',
        b'{"t":1,"lon":1,"lat":2,"alarms":["so\\u0073"]}', b'{"t":1,"lon":1,"lat":2,"ign":2}',
        '{"t":1,"lon":1,"lat":2,"alarms":["车"]}'.encode(),
    ],
)  # fmt: skip
def test_what_the_pass_cannot_be_sure_of_it_gives_back_and_leaves_the_neighbours(
    body: bytes,
) -> None:
    if body == b"[]":
        assert unread(EVERYDAY[0], body, EVERYDAY[1]) == []
    else:
        assert unread(EVERYDAY[0], body, EVERYDAY[1]) == [1]
    same([message(EVERYDAY[0]), message(body), message(EVERYDAY[1])])


def test_an_array_of_more_rows_than_anybody_sends_is_given_back() -> None:
    row = json.dumps(FIX).encode()
    most = b"[" + b",".join([row] * MAX_ROWS) + b"]"
    more = b"[" + b",".join([row] * (MAX_ROWS + 1)) + b"]"
    assert unread(most, more, row) == [1]
    same([message(more), message(row)])


def test_a_batch_of_many_messages_is_the_same_in_both_ways() -> None:
    bodies = [FIX | {"seq": n, "lon": n / 7, "speed": n % 30} for n in range(500)]
    messages = [message(b, f"vg/v1/T{n % 99}/fix", NOW_MS + n) for n, b in enumerate(bodies)]
    same(messages)
    same([*messages, message({}, "vg/v1/T1/status"), message(b"?"), *messages])


ROUNDS = 50_000


def test_numbers_of_many_digits_become_the_float_that_python_reads() -> None:
    """Digits by chance, and halves between two floats, where rounding has to be right."""
    chance = random.Random(5)
    said = []
    for _ in range(ROUNDS):
        whole, part = chance.randrange(10 ** chance.randint(1, 4)), chance.randint(1, 14)
        said.append(f"{whole}.{chance.randrange(10**part):0{part}d}")
        odd = 2 * (chance.getrandbits(52) | 1 << 52) + 1
        said.append(f"{odd / 2 ** chance.randint(45, 52)!r}")
        # exactly between two floats: 54 binary digits, the last of them one
        said += [f"{odd // 2}.5", f"{odd // 4}.{chance.choice(['25', '75'])}"]
    bodies = [b'{"t":1,"lon":1,"lat":2,"speed":%s}' % number.encode() for number in said]
    numbers, *_, source, left = fixes.columns(bodies, MAX_ROWS)
    assert len(left) < len(said) / 50
    read = numbers[fixes.SPEED]
    wanted = np.array([float(said[n]) for n in source.tolist()])
    assert read.tobytes() == wanted.tobytes()
