"""The native dialect never raises, and a batch says the same as its messages one by one."""

from __future__ import annotations

import json
import math

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.dialects import Decoded
from ingest.dialects.sense import EARLIEST_S, LATEST_S
from ingest.fix import FixBatch
from ingest.message import Message
from ingest.reject import Reject
from tests.unit.ingest.making import NATIVE, NOW_MS, T, same_columns, vehicles

TOPICS = st.sampled_from(
    ["vg/v1/T1/fix", "vg/v1/T2/fix", "vg/v1/camera/C1/sighting", "vg/v1/T1/status", "other"]
)
HUGE = st.sampled_from([10**400, -(10**400), 2**63, 2**64, -(2**63) - 1, 1e308, -1e308])
NUMBERS = st.one_of(
    st.floats(),  # NaN and Infinity as Python writes them
    st.integers(),
    HUGE,
    st.sampled_from([T, T * 1000, 0, 180, 90, 360]),
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, st.text(st.characters(), max_size=5))
NAMES = st.sampled_from(
    [
        *("t", "lon", "lat", "speed", "heading", "acc", "alt", "ign", "armed", "located"),
        *("back_fill", "alarms", "seq", "terminal", "id", "plate", "confidence", "camera", "x"),
    ]
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3), max_leaves=4)
GOOD = st.fixed_dictionaries(
    {
        "t": st.one_of(st.just(T), st.floats(9e8, 4.2e9)),
        "lon": st.floats(-181, 181),
        "lat": st.floats(-91, 91),
    },
    optional={
        "seq": st.integers(-1, 5),
        "speed": st.floats(-1, 500),
        "armed": st.one_of(st.booleans(), st.none(), st.integers(0, 2)),
        "alarms": st.lists(st.sampled_from(["sos", "tamper", "?"]), max_size=2),
        "terminal": st.sampled_from(["T1", "T2"]),
        "plate": st.one_of(st.none(), st.text(max_size=3)),
    },
)
ROWS = st.one_of(GOOD, GOOD, st.dictionaries(NAMES, VALUES, max_size=6), VALUES)
BODIES = st.one_of(ROWS, st.lists(ROWS, max_size=5))


def _written(body: object, *, escaped: bool) -> bytes:
    # a lone surrogate has no UTF-8, so it can only come escaped or as bytes that are not UTF-8
    return json.dumps(body, ensure_ascii=escaped).encode("utf-8", "surrogatepass")


DEEP = st.tuples(st.sampled_from([b"[", b'{"x":', b'[{"speed":']), st.integers(1, 3000)).map(
    lambda pair: pair[0] * pair[1]
)
PAYLOADS = st.one_of(
    st.binary(max_size=60),
    st.builds(_written, BODIES, escaped=st.booleans()),
    st.builds(
        lambda p, n: p[:n], st.builds(_written, BODIES, escaped=st.booleans()), st.integers()
    ),
    DEEP,
)
MESSAGES = st.lists(st.builds(Message, TOPICS, PAYLOADS, st.just(NOW_MS)), max_size=8)
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=300)


def sensible(decoded: Decoded) -> None:
    fixes, seen = decoded.fixes, decoded.sightings
    assert np.all(np.abs(fixes.lon) <= 180)
    assert np.all(np.abs(fixes.lat) <= 90)
    for t_ms in (fixes.t_ms, seen.t_ms):
        assert np.all((t_ms >= EARLIEST_S * 1000) & (t_ms <= LATEST_S * 1000))
    assert not np.any(np.abs(seen.lon) > 180)
    assert not np.any(np.abs(seen.lat) > 90)
    assert np.all(fixes.seq >= -1)
    with np.errstate(invalid="ignore"):
        assert not np.any((fixes.speed_mps < 0) | (fixes.speed_mps > 400))
        assert not np.any((fixes.heading_deg < 0) | (fixes.heading_deg > 360))
        assert not np.any(np.isinf(fixes.accuracy_m) | np.isinf(fixes.altitude_m))
    assert len(decoded.source) == len(fixes)
    assert len(decoded.sighting_source) == len(seen)


@PATIENT
@given(MESSAGES)
def test_whatever_comes_nothing_is_raised_and_what_is_accepted_can_be_meant(
    messages: list[Message],
) -> None:
    decoded = NATIVE.decode(messages)
    sensible(decoded)
    assert set(vehicles(decoded.fixes)) <= {"T1", "T2"}
    for reject in decoded.rejects:
        assert reject.detail
        assert "\n" not in reject.detail


def _key(reject: Reject) -> tuple[str, ...]:
    return tuple(str(getattr(reject, name)) for name in Reject.__slots__)


@PATIENT
@given(MESSAGES)
def test_a_batch_says_what_its_messages_say_one_by_one_in_their_order(
    messages: list[Message],
) -> None:
    together = NATIVE.decode(messages)
    alone = [NATIVE.decode([message]) for message in messages]
    same_columns(together.fixes, FixBatch.concat([one.fixes for one in alone]))
    assert together.source.tolist() == [n for n, one in enumerate(alone) for _ in one.source]
    assert together.sightings.plate == tuple(p for one in alone for p in one.sightings.plate)
    assert together.sighting_source.tolist() == [
        n for n, one in enumerate(alone) for _ in one.sighting_source
    ]
    assert together.kinds == {n: one.kinds[0] for n, one in enumerate(alone) if one.kinds}
    assert sorted(map(_key, together.rejects)) == sorted(
        _key(r) for one in alone for r in one.rejects
    )


@PATIENT
@given(st.lists(st.one_of(GOOD, VALUES), min_size=1, max_size=6))
def test_the_rows_of_an_array_are_judged_like_objects_alone(rows: list[object]) -> None:
    def is_json(row: object) -> bool:
        text = json.dumps(row)
        return "NaN" not in text and "Infinity" not in text and "\\ud" not in text

    rows = [row for row in rows if is_json(row) and not isinstance(row, list)]
    array = NATIVE.decode([Message("vg/v1/T1/fix", json.dumps(rows).encode(), NOW_MS)])
    alone = NATIVE.decode(
        [Message("vg/v1/T1/fix", json.dumps(row).encode(), NOW_MS) for row in rows]
    )
    same_columns(array.fixes, alone.fixes)
    assert sorted(str(r.reason) for r in array.rejects) == sorted(
        str(r.reason) for r in alone.rejects
    )


@PATIENT
@given(st.floats(EARLIEST_S, LATEST_S - 1))
def test_time_is_kept_to_the_millisecond(t: float) -> None:
    body = json.dumps({"t": t, "lon": 1, "lat": 1}).encode()
    (t_ms,) = NATIVE.decode([Message("vg/v1/T1/fix", body, NOW_MS)]).fixes.t_ms.tolist()
    assert math.isclose(t_ms, t * 1000, rel_tol=0, abs_tol=0.51)
