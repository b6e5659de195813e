"""Camera messages as found in the wild decode, or say why not.

They may not be shipped; they lie in `VEHICLEGUARD_SHARED_DATA`, or `../shared/data` beside the
repository.  Where they are not, the tests of each dialect stand alone.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from tests.unit.ingest.seeing import decoded, rows

ROOT = Path(__file__).parents[3]
SHARED = Path(os.environ.get("VEHICLEGUARD_SHARED_DATA", ROOT.parent / "shared" / "data"))
VIDEO, PAYLOADS = SHARED / "video_samples", SHARED / "payloads"

# file: dialect, topic (None = the dialect's own), and plates or the kind or the reason
WANTED: dict[str, tuple[str, str | None, list[str] | str]] = {
    "axis_cammra_lpr": ("axis", None, ["1AB1234"]),
    "frigate_events_update": ("frigate", "frigate/events", ["ABC12345"]),
    "frigate_reviews_update": ("frigate", "frigate/reviews", "review"),
    "frigate_triggers": ("frigate", "frigate/triggers", "trigger"),
    "frigate_tracked_object_update_lpr": ("frigate", "frigate/tracked_object_update", ["123ABC"]),
    "frigate_tracked_object_update_face": ("frigate", "frigate/tracked_object_update", "face"),
    "frigate_tracked_object_update_description": (
        "frigate",
        "frigate/tracked_object_update",
        "description",
    ),
    "gat1400_motor_vehicles": ("gat1400", None, ["苏NF5676"]),
    "openalpr_results": ("openalpr", None, ["S11FRE", "EJLESSIE"]),
    "openalpr_group": ("openalpr", None, ["A13709"]),
    "openalpr_heartbeat": ("openalpr", None, "heartbeat"),
    "platerecognizer_stream_webhook": ("platerecognizer", None, ["9jub11"]),
    "platerecognizer_snapshot_api": ("platerecognizer", None, "missing_field"),
    "huawei_vias_vehicle_detection": ("huawei_vias", None, ["XXXXXX"]),
    "huawei_vias_wrong_way": ("huawei_vias", None, ["XXXXXX"]),
    "huawei_vias_abnormal_parking": ("huawei_vias", None, ["Guangdong C3X94L"]),
    "axis_event_bridge": (
        "axis",
        "axis/0123456789AB/event/x",
        "CameraApplicationPlatform/ObjectAnalytics/Device1Scenario1",
    ),
    "frigate_event": ("frigate", "frigate/events", ["湘H12345"]),
    "frigate_plate_update": ("frigate", "frigate/tracked_object_update", ["湘H12345"]),
    "frigate_availability": ("frigate", "frigate/available", "available"),
    "onvif_profile_m_lpr_over_mqtt": (
        "onvif",
        "K1/onvif-ej/RuleEngine/Recognition/LicensePlate/&1/R",
        ["湘H12345"],
    ),
}


def found(name: str) -> Path | None:
    paths = (VIDEO / f"{name}.json", PAYLOADS / f"{name}.json")
    return next((path for path in paths if path.exists()), None)


THERE = [name for name in WANTED if found(name)]


def body(name: str) -> bytes:
    path = found(name)
    assert path is not None
    if path.parent == VIDEO:
        return path.read_bytes()
    payload = json.loads(path.read_text("utf-8"))["payload"]
    text = payload.partition("|")[0] if isinstance(payload, str) else json.dumps(payload)
    return text.encode()


@pytest.mark.parametrize("name", THERE)
def test_a_message_from_the_wild_is_what_it_is(name: str) -> None:
    dialect, topic, wanted = WANTED[name]
    of = decoded(dialect, body(name), topic)
    if isinstance(wanted, list):
        assert of.rejects == []
        assert list(of.sightings.plate) == wanted
        assert np.all((of.sightings.confidence <= 1) | np.isnan(of.sightings.confidence))
    else:
        assert not len(of.sightings)
        assert [*of.kinds.values(), *(str(r.reason) for r in of.rejects)] == [wanted]


def test_names_of_people_and_pictures_are_in_nothing_that_is_kept() -> None:
    for name in THERE:
        dialect, topic, _ = WANTED[name]
        of = decoded(dialect, body(name), topic)
        kept = str(rows(of)) + str([(r.detail, r.payload) for r in of.rejects])
        assert not any(word in kept for word in ("John", "Smith", "Bob", "/9j/")), name
