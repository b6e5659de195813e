"""What holds of every dialect, whatever comes: nothing is raised, nothing senseless is taken."""

from __future__ import annotations

import json
from typing import Any
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.dialects import DIALECTS
from ingest.dialects.sense import is_name
from ingest.message import Message
from tests.unit.ingest.making import FIX, NOW_MS, same_columns
from tests.unit.ingest.test_emqx_jt808 import REPORT, said
from tests.unit.ingest.test_flespi import MESSAGE
from tests.unit.ingest.test_native_property import DEEP, PATIENT, VALUES, sensible
from tests.unit.ingest.test_owntracks import LOCATION
from tests.unit.ingest.test_thingsboard import STAMPED
from tests.unit.ingest.test_traccar import CLIENT, FORWARDED

GOOD: dict[str, list[Any]] = {
    "native": [FIX, [FIX, FIX]],
    "owntracks": [LOCATION],
    "traccar": [FORWARDED, CLIENT, FORWARDED | {"event": {"type": "alarm", "attributes": {}}}],
    "thingsboard": [{"A": [STAMPED, STAMPED], "B": [STAMPED]}, STAMPED],
    "flespi": [[MESSAGE, MESSAGE], MESSAGE],
    "emqx_jt808": [said(REPORT), said({"type": 1, "location": [REPORT, REPORT]}, 0x0704)],
}
TEXTUAL = sorted(name for name, dialect in DIALECTS.items() if name in GOOD)
TOPICS = {
    "thingsboard": ["v1/gateway/telemetry", "v1/devices/me/telemetry", "v1/devices/X/telemetry"],
    "flespi": ["flespi/message/gw/channels/1/605630", "flespi/message/gw/devices/7"],
    "emqx_jt808": ["jt808/c/013512345678/up"],
    "owntracks": ["owntracks/jane/phone"],
}


def topics(name: str) -> list[str]:
    dialect = DIALECTS[name]
    named = [topic.replace("+", "x") for topic in dialect.topics]
    return [*named, *TOPICS.get(name, []), dialect.default_topic]


def paths(body: object, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where the values of a body are."""
    found = [at]
    if isinstance(body, dict):
        found += [p for key, value in body.items() for p in paths(value, (*at, key))]
    elif isinstance(body, list):
        found += [p for n, value in enumerate(body) for p in paths(value, (*at, n))]
    return found


def put(body: Any, path: tuple[Any, ...], value: object) -> Any:
    if not path:
        return value
    copy = dict(body) if isinstance(body, dict) else list(body)
    copy[path[0]] = put(body[path[0]], path[1:], value)
    return copy


@st.composite
def spoiled(draw: st.DrawFn, name: str) -> bytes:
    """A good payload of the dialect with other values here and there, or cut, or not one at all."""
    body = draw(st.sampled_from(GOOD[name]))
    for _ in range(draw(st.integers(0, 3))):
        body = put(body, draw(st.sampled_from(paths(body))), draw(VALUES))
    written = json.dumps(body, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    return draw(
        st.one_of(
            st.just(written),
            st.integers(0, len(written)).map(lambda n: written[:n]),
            st.integers(0, len(written)).map(lambda n: written[:n] + b"\xff" + written[n:]),
            DEEP,
            st.binary(max_size=60),
        )
    )


@pytest.mark.parametrize("name", TEXTUAL)
@PATIENT
@given(st.data())
def test_whatever_comes_nothing_is_raised_and_what_is_accepted_can_be_meant(
    name: str, data: st.DataObject
) -> None:
    topic = st.sampled_from(topics(name))
    message = st.builds(Message, topic, spoiled(name), st.just(NOW_MS))
    messages = data.draw(st.lists(message, max_size=5))
    decoded = DIALECTS[name].decode(messages)
    sensible(decoded)
    for reject in decoded.rejects:
        assert reject.detail
        assert "\n" not in reject.detail
        assert reject.payload in {m.payload for m in messages}
    alone = [DIALECTS[name].decode([message]).fixes for message in messages]
    assert len(decoded.fixes) == sum(map(len, alone))
    if messages:
        same_columns(decoded.fixes, type(decoded.fixes).concat(alone))


@st.composite
def strange(draw: st.DrawFn, name: str) -> str:
    """A topic of the dialect with anything at all in place of its names, or anything at all."""
    written = draw(st.sampled_from([*DIALECTS[name].topics, "+", ""]))
    anything = st.text(st.characters(), max_size=6)
    return "".join(draw(anything) if c == "+" else c for c in written)


@pytest.mark.parametrize("name", TEXTUAL)
@PATIENT
@given(st.data())
def test_whatever_the_topic_is_refusals_are_one_line_and_terminals_have_names(
    name: str, data: st.DataObject
) -> None:
    topic = data.draw(strange(name))
    for body in GOOD[name]:
        decoded = DIALECTS[name].decode([Message(topic, json.dumps(body).encode(), NOW_MS)])
        assert all(is_name(terminal) for terminal in decoded.fixes.ids)
        for reject in decoded.rejects:
            assert not any(category(c) == "Cc" for c in reject.detail), reject.detail


@pytest.mark.parametrize("name", sorted(DIALECTS))
@pytest.mark.parametrize(
    "payload",
    [
        *(
            b"",
            b" ",
            b"\x00",
            b"\xff" * 100,
            b"null",
            b"0",
            b'""',
            b"[]",
            b"{}",
            b"[[]]",
            b"[null]",
        ),
        *(b"[" * 1_000_000, b'{"a":' * 200_000, b"9" * 1_000_000, b'"' + b"a" * 1_000_000 + b'"'),
        b"[" + b"{}," * 300_000 + b"{}]",
        bytes(range(256)) * 4096,
    ],
    ids=lambda p: f"{p[:6]!r}x{len(p)}",
)
def test_nothing_of_any_kind_and_a_megabyte_of_it_gives_no_fix(name: str, payload: bytes) -> None:
    for topic in topics(name):
        decoded = DIALECTS[name].decode([Message(topic, payload, NOW_MS)])
        assert (len(decoded.fixes), len(decoded.sightings)) == (0, 0)


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_a_dialect_says_who_it_is(name: str) -> None:
    dialect = DIALECTS[name]
    assert dialect.name == name
    assert dialect.binary in {True, False}
    assert dialect.decode([]).rejects == []
    assert not dialect.accepts("nobody/knows")
