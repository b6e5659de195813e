"""Frigate: what it says again and again is one sighting, and people are nobody's business."""

from __future__ import annotations

import pytest

from ingest.dialects import Notice
from ingest.store.once import Once
from tests.unit.ingest.making import NOW_MS
from tests.unit.ingest.seeing import decoded, kind, refusal, row

EVENTS, UPDATES = "frigate/events", "frigate/tracked_object_update"
AFTER = {
    "id": "1760000000.5-abc",
    "camera": "gate",
    "frame_time": 1_760_000_002.5,
    "label": "car",
    "has_snapshot": True,
    "recognized_license_plate": "湘H12345",
    "recognized_license_plate_score": 0.93,
}
LPR = {
    "type": "lpr",
    "id": "1760000000.5-abc",
    "camera": "gate",
    "plate": "湘H12345",
    "score": 0.95,
    "timestamp": 1_760_000_001.25,
    "name": "a person's car",
}


def event(what: str = "update", **more: object) -> dict[str, object]:
    return {"type": what, "before": AFTER, "after": AFTER | more}


def test_an_event_with_a_plate_is_a_sighting_at_the_time_of_its_frame() -> None:
    told = row("frigate", event(), EVENTS)
    assert told.pop("confidence") == pytest.approx(0.93)
    assert told == {
        "camera": "gate",
        "plate": "湘H12345",
        "vehicle_class": "car",
        "image": "/api/events/1760000000.5-abc/snapshot.jpg",
        "read_id": "1760000000.5-abc/湘H12345",
        "t_ms": 1_760_000_002_500,
        "received_ms": NOW_MS,
    }


def test_a_plate_that_was_read_is_a_sighting_without_whose_it_is() -> None:
    told = row("frigate", LPR, UPDATES)
    assert (told["t_ms"], told["plate"]) == (1_760_000_001_250, "湘H12345")
    assert told["confidence"] == pytest.approx(0.95)
    assert "person" not in str(told)


def test_new_update_and_end_of_one_read_are_one_sighting() -> None:
    once, kept = Once(), 0
    for n, body in enumerate([event("new"), LPR, event(), event(), event("end")]):
        seen = decoded("frigate", body, UPDATES if body is LPR else EVENTS).sightings
        assert len(seen) == 1, n
        fresh = once.fresh(seen)
        once.remember(fresh)
        kept += len(fresh)
    assert kept == 1


def test_a_plate_that_is_read_otherwise_later_is_another_sighting() -> None:
    once = Once()
    once.remember(decoded("frigate", event(), EVENTS).sightings)
    better = decoded("frigate", event(recognized_license_plate="湘H12346"), EVENTS).sightings
    assert len(once.fresh(better)) == 1


@pytest.mark.parametrize(
    ("body", "topic", "wanted"),
    [
        (event("new", recognized_license_plate=None), EVENTS, "new"),
        (event("end", label="person", recognized_license_plate=""), EVENTS, "end"),
        ({"type": "face", "name": "John", "score": 0.9, "camera": "gate"}, UPDATES, "face"),
        ({"type": "description", "description": "a red car"}, UPDATES, "description"),
        ({"type": "classification", "camera": "gate"}, UPDATES, "classification"),
        (LPR | {"plate": None}, UPDATES, "lpr"),
        ({"anything": 1}, "frigate/reviews", "review"),
        (b"\xff", "frigate/triggers", "trigger"),
        (b"online", "frigate/available", "available"),
    ],
)
def test_what_holds_no_plate_is_of_a_kind(body: object, topic: str, wanted: str) -> None:
    assert kind("frigate", body, topic) == wanted


def test_a_person_is_not_the_class_of_a_vehicle() -> None:
    assert "vehicle_class" not in row("frigate", event(label="person"), EVENTS)


@pytest.mark.parametrize(
    ("payload", "topic", "wanted"),
    [
        (b"online", "frigate/available", Notice("frigate", is_up=True, at_ms=NOW_MS)),
        (b"stopped", "frigate/available", Notice("frigate", is_up=False, at_ms=NOW_MS)),
        (b"offline", "frigate/gate/status/detect", Notice("gate", is_up=False, at_ms=NOW_MS)),
        (b"online\n", "frigate/gate/status/detect", Notice("gate", is_up=True, at_ms=NOW_MS)),
    ],
)
def test_server_and_camera_say_whether_they_work(payload, topic, wanted) -> None:
    assert decoded("frigate", payload, topic).notices == [wanted]


@pytest.mark.parametrize(
    ("body", "topic", "reason", "said"),
    [
        (b"", EVENTS, "not_json", "expected JSON"),
        (b"{", EVENTS, "not_json", "expected JSON"),
        (b'{"type": "\xff"}', EVENTS, "not_utf8", "expected UTF-8"),
        (b"[" * 100_000, EVENTS, "too_deep", "more depth"),
        (b'{"type": 1e999}', EVENTS, "bad_value", "out of range"),
        ([event()], EVENTS, "bad_value", "expected a JSON object, found list"),
        ({"type": "new"}, EVENTS, "missing_field", "expected an object `after`"),
        ({"after": AFTER}, EVENTS, "missing_field", "expected a type"),
        (event(camera=None), EVENTS, "missing_field", "nothing names the camera"),
        (event(camera="a\nb"), EVENTS, "bad_value", "expected a camera's name"),
        (event(frame_time=None), EVENTS, "missing_field", "no time"),
        (event(frame_time=1.76e12), EVENTS, "clock_off", "of 2000 to 2100"),
        (b"on", "frigate/available", "bad_value", "expected online"),
        (event(), "frigate/stats", "unknown_topic", "frigate/stats"),
    ],
)
def test_what_cannot_be_meant_says_why(body, topic, reason, said) -> None:
    found, detail = refusal("frigate", body, topic)
    assert found == reason
    assert said in detail


def test_a_score_beyond_sense_is_unknown() -> None:
    assert "confidence" not in row("frigate", LPR | {"score": 95}, UPDATES)


def test_a_refused_message_keeps_neither_face_nor_picture() -> None:
    face = decoded("frigate", b'{"type": "face", "name": "John"', UPDATES)
    assert face.rejects[0].payload == b""
    picture = b'{"type": "new", "thumbnail": "' + b"A" * 5000 + b'"}'
    assert decoded("frigate", picture, EVENTS).rejects[0].payload == (
        b'{"type": "new", "thumbnail": "..."}'
    )
