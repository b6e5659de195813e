"""GA/T 1400: values in whichever type, China's time, codes as words, no picture and no face."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from ingest.dialects import DIALECTS, Notice
from ingest.dialects.gat1400 import judge, reduced
from tests.unit.ingest.making import NOW_MS
from tests.unit.ingest.seeing import decoded, kind, message, refusal, row, rows

PICTURE = bytes(range(256)) * 40
MOTOR = {
    "MotorVehicleID": "430902000011900000010220261128103000000010200001",
    "DeviceID": "43090200001190000001",
    "PassTime": "20261128103000",
    "HasPlate": "1",
    "PlateClass": "02",
    "PlateColor": "5",
    "PlateNo": "湘H12345",
    "PlateReliability": "97",
    "VehicleClass": "K33",
    "VehicleColor": "2",
    "Direction": "3",
    "Speed": 47,
    "NumOfPassenger": 2,
}


def motor(**more: object) -> dict[str, object]:
    return {"MotorVehicleListObject": {"MotorVehicleObject": [MOTOR | more]}}


def pictures(*held: dict[str, object]) -> dict[str, object]:
    return motor(SubImageList={"SubImageInfoObject": list(held)})


def test_a_motor_vehicle_is_a_sighting_in_our_units_and_words() -> None:
    told = row("gat1400", motor())
    assert told.pop("confidence") == pytest.approx(0.97)
    assert told == {
        "camera": "43090200001190000001",
        "plate": "湘H12345",
        "plate_color": "blue",
        "vehicle_class": "car",
        "vehicle_color": "white",
        "read_id": f"{MOTOR['MotorVehicleID']}/20261128103000/湘H12345",
        "t_ms": 1_795_833_000_000,  # 02:30 UTC: the clocks are China's
        "received_ms": NOW_MS,
        "direction_deg": 180.0,
    }


def test_a_number_is_the_same_as_text() -> None:
    as_numbers = motor(PlateColor=5, PlateReliability=97.0, VehicleColor=2, Direction=3, HasPlate=1)
    assert rows(decoded("gat1400", as_numbers)) == rows(decoded("gat1400", motor()))
    assert row("gat1400", motor(PassTime=20261128103000))["t_ms"] == 1_795_833_000_000


def test_milliseconds_are_kept() -> None:
    assert row("gat1400", motor(PassTime="20261128103000250"))["t_ms"] == 1_795_833_000_250


def test_a_bicycle_needs_no_plate_and_takes_the_time_that_it_has() -> None:
    bicycle = {
        "NonMotorVehicleID": "1",
        "DeviceID": "43090200001190000001",
        "HasPlate": False,
        "PlateNo": "湘H12345",
        "MarkTime": "20261128103000",
        "VehicleColor": "4",
    }
    body = {"NonMotorVehicleListObject": {"NonMotorVehicleObject": bicycle}}
    told = row("gat1400", body, "VIID/NonMotorVehicles")
    assert "plate" not in told
    assert (told["vehicle_color"], told["t_ms"]) == ("red", 1_795_833_000_000)


def test_a_notification_holds_what_was_subscribed_to() -> None:
    note = {
        "SubscribeID": "1",
        "MotorVehicleObjectList": {"MotorVehicleObject": [MOTOR]},
        "NonMotorVehicleObjectList": {
            "NonMotorVehicleObject": [{"DeviceID": "1", "PassTime": "20261128103000"}]
        },
        "FaceObjectList": {"FaceObject": [{"FaceID": "1", "Name": "somebody"}]},
    }
    body = {"SubscribeNotificationListObject": {"SubscribeNotificationObject": [note, note]}}
    told = rows(decoded("gat1400", body, "VIID/SubscribeNotifications"))
    assert [one["camera"] for one in told] == ["43090200001190000001", "1"] * 2
    assert b"somebody" not in reduced(json.dumps(body).encode())


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ({"PlateReliability": "80"}, 0.8),
        ({"PlateReliability": 0.8}, 0.8),
        ({"PlateReliability": "100"}, 1.0),
        ({"PlateReliability": "1"}, 0.01),
        ({"PlateReliability": "1", "PlateCharReliability": "湘-80,H-90,1-67"}, 0.67),
        ({"PlateReliability": "", "PlateCharReliability": "湘-80,H-90,1-67"}, 0.67),
        ({"PlateReliability": "101"}, None),
        ({"PlateReliability": None}, None),
    ],
)
def test_reliability_is_of_a_hundred_and_comes_as_of_one(told, wanted) -> None:
    found = row("gat1400", motor(**told)).get("confidence")
    assert found == (None if wanted is None else pytest.approx(wanted))


@pytest.mark.parametrize(
    ("told", "name", "wanted"),
    [
        ({"PlateColor": "9"}, "plate_color", "green"),
        ({"PlateColor": "09"}, "plate_color", "green"),
        ({"PlateColor": "99"}, "plate_color", None),
        ({"PlateColor": "渐变绿"}, "plate_color", "渐变绿"),
        ({"VehicleColor": "J"}, "vehicle_color", "black"),
        ({"VehicleClass": "M21"}, "vehicle_class", "motorcycle"),
        ({"VehicleClass": "H38"}, "vehicle_class", "truck"),
        ({"VehicleClass": "K11"}, "vehicle_class", "bus"),
        ({"VehicleClass": "", "PlateClass": 7}, "vehicle_class", "motorcycle"),
        ({"VehicleClass": "X99"}, "vehicle_class", "X99"),
        ({"Direction": "4"}, "direction_deg", 0.0),
        ({"Direction": "9"}, "direction_deg", None),
        ({"DeviceID": None, "TollgateID": "T1"}, "camera", "T1"),
        ({"PlateNo": "无车牌"}, "plate", None),
        ({"Longitude": "112.35", "Latitude": 28.5}, "lon", 112.35),
        ({"Longitude": 0, "Latitude": 0}, "lon", None),
    ],
)
def test_codes_become_words_and_what_stands_in_no_table_stays(told, name, wanted) -> None:
    assert row("gat1400", motor(**told)).get(name) == wanted


def test_a_picture_is_kept_by_reference_and_hash_alone() -> None:
    large = {
        "ImageID": "I1",
        "Type": "01",
        "StoragePath": "http://images/1.jpg",
        "Data": base64.b64encode(PICTURE).decode(),
    }
    told = row("gat1400", pictures(large))
    assert told["image"] == "http://images/1.jpg"
    assert told["image_sha256"] == hashlib.sha256(PICTURE).hexdigest()
    without = row("gat1400", pictures(large | {"StoragePath": None}))
    assert (without["image"], without["image_sha256"]) == ("I1", told["image_sha256"])


def test_the_picture_of_the_vehicle_goes_before_that_of_its_plate_and_faces_are_never_kept() -> (
    None
):
    face = {"ImageID": "F", "Type": "04"}
    plate, close = {"ImageID": "P", "Type": "02"}, {"ImageID": "V", "Type": "09"}
    assert row("gat1400", pictures(face, plate, close))["image"] == "V"
    for kinds in ("04", "05", "10", "11", "4"):
        assert "image" not in row("gat1400", pictures(face | {"Type": kinds}))
    assert b'"F"' not in reduced(json.dumps(pictures(face, plate)).encode())


def test_a_list_of_pictures_that_is_written_as_text_is_read() -> None:
    listed = json.dumps({"SubImageInfoObject": [{"ImageID": "V", "Type": "09"}]})
    assert row("gat1400", motor(SubImageList=listed))["image"] == "V"
    assert row("gat1400", motor(SubImageList=None, StorageUrl1="a/b.jpg"))["image"] == "a/b.jpg"


def test_what_is_reduced_says_the_same_and_holds_no_picture() -> None:
    data = base64.b64encode(PICTURE).decode()
    body = json.dumps(pictures({"ImageID": "V", "Type": "09", "Data": data, "Width": 3})).encode()
    less = reduced(body)
    assert isinstance(less, bytes)
    assert len(less) < 1000 < len(body)
    assert rows(decoded("gat1400", less)) == rows(decoded("gat1400", body))
    for name in (b"NumOfPassenger", b"Speed", data.encode()[:40]):
        assert name not in less
    assert reduced(less) == less


def test_ids_that_a_camera_gives_to_all_its_vehicles_make_them_one_no_more() -> None:
    one, other = (decoded("gat1400", motor(PlateNo=plate)) for plate in ("湘H12345", "湘H54321"))
    assert one.sightings.read_id != other.sightings.read_id


@pytest.mark.parametrize(
    ("body", "topic", "wanted"),
    [
        ({"RegisterObject": {"DeviceID": "1"}}, "VIID/System/Register", "register"),
        ({"UnRegisterObject": {"DeviceID": "1"}}, "VIID/System/UnRegister", "unregister"),
        ({"KeepaliveObject": {"DeviceID": "1"}}, "VIID/System/Keepalive", "keepalive"),
        ({"SubscribeListObject": {}}, "VIID/Subscribes", "subscribe"),
        ({"SubscribeNotificationListObject": {}}, "VIID/SubscribeNotifications", "notification"),
        ({"FaceListObject": {"FaceObject": [{}]}}, "VIID/Faces", "face"),
        ({"MotorVehicleListObject": {"MotorVehicleObject": []}}, "VIID/MotorVehicles", "empty"),
    ],
)
def test_what_holds_no_vehicle_is_of_a_kind(body, topic, wanted) -> None:
    assert kind("gat1400", body, topic) == wanted
    less = reduced(json.dumps(body).encode())
    assert isinstance(less, bytes)
    assert kind("gat1400", less, topic) == wanted


def test_a_device_says_whether_it_works() -> None:
    alive = decoded("gat1400", {"KeepaliveObject": {"DeviceID": 43}}).notices
    gone = decoded("gat1400", {"UnRegisterObject": {"DeviceID": "43"}}).notices
    assert alive == [Notice("43", is_up=True, at_ms=NOW_MS, until_ms=NOW_MS + 900_000)]
    assert gone == [Notice("43", is_up=False, at_ms=NOW_MS)]


@pytest.mark.parametrize(
    ("body", "reason", "said"),
    [
        (motor(PassTime="20261328103000"), "bad_value", "expected a time as yyyyMMddHHmmss"),
        (motor(PassTime="1795833000"), "bad_value", "expected a time"),
        (motor(PassTime="19991231000000"), "clock_off", "2000 to 2100"),
        (motor(PassTime=None), "missing_field", "no time"),
        (motor(DeviceID=None), "missing_field", "nothing names the camera"),
        (motor(Longitude=28.5, Latitude=112.35), "outside_earth", "swapped?"),
        ({"MotorVehicleListObject": "x"}, "missing_field", "MotorVehicleObject"),
        ({}, "missing_field", "MotorVehicleListObject"),
        (b"", "not_json", "expected JSON"),
        (b'{"a":' * 50_000, "too_deep", "more depth"),
    ],
)
def test_what_cannot_be_meant_says_why(body, reason, said) -> None:
    found, detail = refusal("gat1400", body)
    assert found == reason
    assert said in detail


def test_a_bad_vehicle_harms_none_beside_it() -> None:
    listed = [MOTOR, "x", MOTOR | {"PassTime": "x"}, MOTOR | {"PlateNo": "湘H54321"}]
    body = {"MotorVehicleListObject": {"MotorVehicleObject": listed}}
    of = decoded("gat1400", body)
    assert of.sightings.plate == ("湘H12345", "湘H54321")
    assert [reject.detail.partition(":")[0] for reject in of.rejects] == [
        "MotorVehicleObject 1",
        "MotorVehicleObject 2",
    ]
    payload = json.dumps(body).encode()
    assert [one.is_taken for one in judge(payload)] == [True, False, False, True]
    assert [one.id for one in judge(payload)] == [
        MOTOR["MotorVehicleID"],
        "",
        *[MOTOR["MotorVehicleID"]] * 2,
    ]


def test_more_vehicles_than_a_message_may_hold_are_refused() -> None:
    body = {"MotorVehicleListObject": {"MotorVehicleObject": [{}] * 10_001}}
    assert refusal("gat1400", body)[0] == "too_large"


def test_it_takes_no_mqtt_and_accepts_its_own_topics_alone() -> None:
    dialect = DIALECTS["gat1400"]
    assert dialect.topics == ()
    assert dialect.accepts("VIID/MotorVehicles")
    assert not dialect.accepts("vg/v1/VIID/fix")
    assert message({}, "x").payload == b"{}"
