"""Plate readers that post to webhooks: OpenALPR, Plate Recognizer, Huawei VIAS."""

from __future__ import annotations

import base64
import hashlib

import pytest

from ingest.dialects import Notice
from tests.unit.ingest.making import NOW_MS
from tests.unit.ingest.seeing import decoded, kind, refusal, row, rows

GROUP = {
    "data_type": "alpr_group",
    "epoch_start": 1760000000250,
    "site_id": "east",
    "camera_id": 7,
    "best_uuid": "u1",
    "best_plate": {"plate": "H12345", "confidence": 92.5},
    "vehicle": {"color": [{"name": "red", "confidence": 90}], "body_type": [{"name": "suv"}]},
}
RESULTS = {
    "uuid": "u1",
    "site_id": "east",
    "camera_id": 7,
    "epoch_time": 1760000000,
    "results": [
        {"plate": "H12345", "confidence": 92.5},
        {"plate": "H54321", "confidence": 50, "epoch_time": 1760000001},
    ],
}
STREAM = {
    "data": {
        "camera_id": "gate",
        "timestamp": "2025-10-09T08:53:20.250Z",
        "filename": "gate/1.jpg",
        "results": [
            {"plate": "h12345", "score": 0.84, "vehicle": {"type": "Sedan"}, "direction": 90}
        ],
    }
}
VIAS = {
    "event_type": 75008,
    "stream_id": "0354#1c",
    "timestamp": 1760000000,
    "message_id": "m1",
    "image_base64": base64.b64encode(b"picture").decode(),
    "data": {"vehicles": [{"license_plate_id": "湘H12345", "direction": 1}]},
}


def test_openalpr_counts_in_per_cent_and_milliseconds_and_by_site() -> None:
    told = row("openalpr", GROUP)
    assert told.pop("confidence") == pytest.approx(0.925)
    assert told == {
        "camera": "east/7",
        "plate": "H12345",
        "vehicle_class": "suv",
        "vehicle_color": "red",
        "read_id": "u1/H12345",
        "t_ms": 1_760_000_000_250,
        "received_ms": NOW_MS,
    }


def test_results_of_openalpr_are_a_sighting_each_with_their_own_time_in_seconds() -> None:
    told = rows(decoded("openalpr", RESULTS))
    assert [one["t_ms"] for one in told] == [1_760_000_000_000, 1_760_000_001_000]
    assert [one["plate"] for one in told] == ["H12345", "H54321"]


def test_a_heartbeat_of_openalpr_tells_which_cameras_stream() -> None:
    streams = [{"camera_id": 7, "is_streaming": True}, {"camera_id": 8, "is_streaming": False}]
    of = decoded(
        "openalpr", {"data_type": "heartbeat", "site_id": "east", "video_streams": streams}
    )
    assert of.kinds == {0: "heartbeat"}
    assert of.notices == [
        Notice("east/7", is_up=True, at_ms=NOW_MS),
        Notice("east/8", is_up=False, at_ms=NOW_MS),
    ]


def test_plate_recognizer_gives_utc_and_scores_of_one_and_no_direction_on_the_ground() -> None:
    told = row("platerecognizer", STREAM)
    assert told.pop("confidence") == pytest.approx(0.84)
    assert told == {
        "camera": "gate",
        "plate": "h12345",
        "vehicle_class": "Sedan",
        "image": "gate/1.jpg",
        "t_ms": 1_760_000_000_250,
        "received_ms": NOW_MS,
    }
    assert row("platerecognizer", STREAM["data"])["t_ms"] == told["t_ms"]


def test_the_picture_of_huawei_vias_is_hashed_and_dropped() -> None:
    told = row("huawei_vias", VIAS)
    assert (told["camera"], told["plate"], told["t_ms"]) == ("0354", "湘H12345", 1_760_000_000_000)
    assert (told["image"], told["image_sha256"]) == ("m1", hashlib.sha256(b"picture").hexdigest())


@pytest.mark.parametrize(
    ("dialect", "body", "wanted"),
    [
        ("openalpr", {"results": []}, "empty"),
        ("platerecognizer", {"results": []}, "empty"),
        ("huawei_vias", VIAS | {"event_type": 75009, "data": {}}, "wrong_way"),
        ("huawei_vias", VIAS | {"event_type": None, "data": {}}, "event"),
    ],
)
def test_what_holds_no_plate_is_of_a_kind(dialect, body, wanted) -> None:
    assert kind(dialect, body) == wanted


@pytest.mark.parametrize(
    ("dialect", "body", "reason"),
    [
        ("openalpr", {}, "missing_field"),
        ("openalpr", GROUP | {"epoch_start": "soon"}, "missing_field"),
        ("openalpr", GROUP | {"camera_id": None}, "missing_field"),
        ("platerecognizer", {"data": {}}, "missing_field"),
        ("platerecognizer", STREAM["data"] | {"camera_id": None}, "missing_field"),
        ("huawei_vias", {}, "missing_field"),
        ("huawei_vias", VIAS | {"timestamp": 1760000000250}, "clock_off"),
        ("huawei_vias", VIAS | {"stream_id": None}, "missing_field"),
    ],
)
def test_what_cannot_be_meant_says_why(dialect, body, reason) -> None:
    assert refusal(dialect, body)[0] == reason
