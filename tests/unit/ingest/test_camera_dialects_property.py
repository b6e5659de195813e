"""No camera dialect raises, and a batch says the same as its messages one by one."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.dialects import DIALECTS
from ingest.dialects.gat1400 import reduced
from ingest.dialects.sense import EARLIEST_S, LATEST_S
from ingest.message import Message
from tests.unit.ingest.making import NOW_MS
from tests.unit.ingest.seeing import CAMERAS, decoded, rows

NAMES = st.sampled_from(
    [
        *("type", "after", "before", "id", "camera", "plate", "score", "timestamp", "frame_time"),
        *("recognized_license_plate", "UtcTime", "Data", "LicensePlateInfo", "PlateNumber"),
        *("#text", "@Likelihood", "plateUTF8", "plateConfidence", "capture_timestamp", "geotag"),
        *("camera_info", "SerialNumber", "message", "data", "serial", "imagesURI", "carID"),
        *("MotorVehicleListObject", "MotorVehicleObject", "NonMotorVehicleListObject"),
        *("SubscribeNotificationListObject", "SubscribeNotificationObject", "DeviceID"),
        *("MotorVehicleObjectList", "PassTime", "PlateNo", "HasPlate", "PlateReliability"),
        *("SubImageList", "SubImageInfoObject", "Data", "Type", "Longitude", "Latitude"),
        *("KeepaliveObject", "PlateColor", "VehicleClass", "Direction", "MotorVehicleID"),
        *("data_type", "best_plate", "results", "epoch_time", "camera_id", "site_id", "vehicle"),
        *("video_streams", "event_type", "vehicles", "license_plate_id", "stream_id", "lat", "lon"),
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(),
    st.integers(),
    st.sampled_from([10**400, 2**64, 1e308, 1_760_000_000, 1_760_000_000_250, 97, 180, "0", ""]),
    st.sampled_from(["20261128103000", "2026-06-18T07:30:15Z", "lpr", "湘H12345", "gate", "1"]),
    st.text(max_size=6),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=6)),
    max_leaves=25,
)
BODIES = st.dictionaries(NAMES, VALUES, max_size=6)


def written(body: object) -> bytes:
    return json.dumps(body).encode("utf-8", "surrogatepass")


PAYLOADS = st.one_of(
    BODIES.map(written),
    BODIES.map(written),
    st.binary(max_size=60),
    st.builds(lambda p, n: p[:n], BODIES.map(written), st.integers(0, 200)),
    # not near the depth that is allowed: that depends on who calls
    st.tuples(st.sampled_from([b"[", b'{"data":']), st.sampled_from([1, 2, 9, 99, 30_000])).map(
        lambda pair: pair[0] * pair[1]
    ),
)
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=150)


def topics(dialect: str) -> list[str]:
    chosen = DIALECTS[dialect]
    filled = [t.replace("+", "gate").replace("#", "x/y/z") for t in chosen.topics]
    return [chosen.default_topic, *filled, "other"]


@pytest.mark.parametrize("dialect", CAMERAS)
@PATIENT
@given(data=st.data())
def test_whatever_comes_nothing_is_raised_and_what_is_accepted_can_be_meant(dialect, data) -> None:
    each = st.builds(Message, st.sampled_from(topics(dialect)), PAYLOADS, st.just(NOW_MS))
    messages = data.draw(st.lists(each, max_size=5))
    of = DIALECTS[dialect].decode(messages)
    seen = of.sightings
    assert not len(of.fixes)
    assert len(of.sighting_source) == len(seen)
    assert np.all((seen.t_ms >= EARLIEST_S * 1000) & (seen.t_ms <= LATEST_S * 1000))
    assert not np.any((np.abs(seen.lon) > 180) | (np.abs(seen.lat) > 90))
    assert not np.any((seen.confidence < 0) | (seen.confidence > 1))
    assert not np.any((seen.direction_deg < 0) | (seen.direction_deg > 360))
    assert all(seen.camera)
    for reject in of.rejects:
        assert reject.detail
        assert "\n" not in reject.detail
    # every message is something
    said = {*of.sighting_source.tolist(), *of.kinds}
    assert len(said) + len(of.rejects) >= len(messages)

    alone = [DIALECTS[dialect].decode([message]) for message in messages]
    assert rows(of) == [row for one in alone for row in rows(one)]
    assert of.kinds == {n: one.kinds[0] for n, one in enumerate(alone) if one.kinds}
    assert of.notices == [notice for one in alone for notice in one.notices]
    assert of.rejects == [reject for one in alone for reject in one.rejects]


@PATIENT
@given(BODIES.map(written))
def test_a_reduced_message_decodes_to_the_same(payload: bytes) -> None:
    less = reduced(payload)
    if isinstance(less, tuple):
        assert decoded("gat1400", payload).rejects[0].reason == less[0]
        return
    ours, theirs = decoded("gat1400", less), decoded("gat1400", payload)
    assert sorted(map(str, rows(ours))) == sorted(map(str, rows(theirs)))
    assert ours.kinds == theirs.kinds
    assert ours.notices == theirs.notices
    assert sorted(r.reason for r in ours.rejects) == sorted(r.reason for r in theirs.rejects)
