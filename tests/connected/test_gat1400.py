"""GA/T 1400 over a real socket: let in by Digest, answered when durable, once however often sent.

The client is httpx with its own Digest.
"""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from ingest import sqlite
from ingest.dialects import Notice
from ingest.gat1400.digest import Users
from ingest.gat1400.http_thread import ListenError
from ingest.gat1400.receiver import Gat1400Source
from ingest.message import Message
from ingest.store.sqlite_log import SqliteLog
from tests.receiver import PASSWORD, SERVER, USER, Receiver
from tests.running import ROOT, free_port

VIID = {"content-type": "application/VIID+JSON;charset=UTF-8"}
VEHICLES = "/VIID/MotorVehicles"


def motor(*numbers: int, **more: object) -> dict[str, object]:
    at = time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() + 8 * 3600))
    listed = [
        {
            "MotorVehicleID": f"M{n}",
            "DeviceID": "43090200001190000001",
            "PassTime": at,
            "HasPlate": "1",
            "PlateNo": f"湘H{n:05d}",
        }
        | more
        for n in numbers
    ]
    return {"MotorVehicleListObject": {"MotorVehicleObject": listed}}


def client(url: str, password: str = PASSWORD) -> httpx.Client:
    auth = httpx.DigestAuth(USER, password)
    return httpx.Client(base_url=url, auth=auth, headers=VIID, timeout=40)


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with Receiver(tmp_path) as running:
        yield running


def plates(folder: Path) -> list[str | None]:
    with closing(sqlite.connect(folder / "log.sqlite")) as connection:
        held = SqliteLog(connection).sightings_from(1)
        return [plate for _, seen in held for plate in seen.plate]


def statuses(answer: httpx.Response) -> list[tuple[str, int]]:
    listed = answer.json()["ResponseStatusListObject"]["ResponseStatusObject"]
    return [(one["Id"], one["StatusCode"]) for one in listed]


def test_a_device_registers_lives_posts_and_leaves(receiver: Receiver, tmp_path: Path) -> None:
    with client(receiver.url) as http:
        for name in ("Register", "Keepalive"):
            body = {f"{name}Object": {"DeviceID": "43"}}
            answer = http.post(f"/VIID/System/{name}", json=body, headers=VIID)
            status = answer.json()["ResponseStatusObject"]
            assert (answer.status_code, status["StatusCode"], status["Id"]) == (200, 0, "43")
            assert re.fullmatch(r"\d{14}", status["LocalTime"])
        answer = http.post(VEHICLES, json=motor(1, 2))
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/VIID+JSON"
        assert statuses(answer) == [("M1", 0), ("M2", 0)]
        # what is answered is on disk: nothing is waited for here
        assert plates(tmp_path) == ["湘H00001", "湘H00002"]
        http.post("/VIID/System/UnRegister", json={"UnRegisterObject": {"DeviceID": "43"}})
    told = [notice for taken in receiver.taken for notice in taken.notices]
    assert [notice.is_up for notice in told] == [True, True, False]
    assert {notice.camera for notice in told} == {"43"}
    assert isinstance(told[0], Notice)


def test_bicycles_notifications_and_json_of_the_plain_name_are_taken(receiver: Receiver) -> None:
    bicycle = {"NonMotorVehicleID": "N", "DeviceID": "43", "MarkTime": "20261128103000"}
    note = {"MotorVehicleObjectList": motor(7)["MotorVehicleListObject"]}
    with client(receiver.url) as http:
        plain = {"content-type": "application/json"}
        body = {"NonMotorVehicleListObject": {"NonMotorVehicleObject": [bicycle]}}
        answer = http.post("/VIID/NonMotorVehicles", json=body, headers=plain)
        assert statuses(answer) == [("N", 0)]
        body = {"SubscribeNotificationListObject": {"SubscribeNotificationObject": [note]}}
        assert statuses(http.post("/VIID/SubscribeNotifications", json=body)) == [("M7", 0)]
        # nothing is pushed from here, and whoever asks is told so
        assert statuses(http.post("/VIID/Subscribes", json={"SubscribeListObject": {}})) == [
            ("", 4)
        ]
    assert sum(len(taken.sightings) for taken in receiver.taken) == 2


def test_our_time_is_china_s_and_asks_nobody_who_he_is(receiver: Receiver) -> None:
    told = httpx.get(f"{receiver.url}/VIID/System/Time").json()["SystemTimeObject"]
    assert told["VIIDServerID"] == SERVER
    there = time.strptime(told["LocalTime"], "%Y%m%d%H%M%S")
    assert abs(time.mktime(there) - time.mktime(time.gmtime(time.time() + 8 * 3600))) < 60


def test_whoever_does_not_know_the_password_is_asked_and_leaves_nothing(
    receiver: Receiver, tmp_path: Path
) -> None:
    with client(receiver.url, "wrong") as http:
        answer = http.post(VEHICLES, json=motor(1))
    assert answer.status_code == 401
    asked = answer.headers.get_list("www-authenticate")
    assert [("SHA-256" in one, "MD5" in one) for one in asked] == [(True, False), (False, True)]
    assert httpx.post(f"{receiver.url}{VEHICLES}", json=motor(1)).status_code == 401
    assert receiver.taken == []


def test_a_request_that_was_overheard_cannot_be_sent_again(receiver: Receiver) -> None:
    with client(receiver.url) as http:
        sent = http.post(VEHICLES, json=motor(1)).request
    again = httpx.post(sent.url, content=sent.content, headers=sent.headers)
    assert again.status_code == 401
    assert "stale=true" in again.headers["www-authenticate"]


def test_a_bad_vehicle_is_refused_by_name_and_harms_none_beside_it(
    receiver: Receiver, tmp_path: Path
) -> None:
    body = motor(1, 2)
    body["MotorVehicleListObject"]["MotorVehicleObject"][0]["PassTime"] = "tomorrow"
    with client(receiver.url) as http:
        assert statuses(http.post(VEHICLES, json=body)) == [("M1", 8), ("M2", 0)]
    assert plates(tmp_path) == ["湘H00002"]
    assert [str(r.reason) for taken in receiver.taken for r in taken.rejects] == ["bad_value"]


@pytest.mark.parametrize(
    ("content", "headers", "code", "status"),
    [
        (b"", VIID, 400, 7),
        (b"{", VIID, 400, 7),
        (b"\xff", VIID, 400, 7),
        (b"[" * 100_000, VIID, 400, 7),
        (b"{}", {"content-type": "text/plain"}, 415, 1),
        (b"x" * 2_000_000, VIID, 413, 1),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path, content, headers, code, status) -> None:
    with (
        Receiver(tmp_path, gat1400_body_bytes=1_000_000) as running,
        client(running.url) as http,
    ):
        answer = http.post(VEHICLES, content=content, headers=headers)
        assert answer.status_code == code
        assert answer.json()["ResponseStatusObject"]["StatusCode"] == status
        # and the next one is none the worse
        assert http.post(VEHICLES, json=motor(1)).status_code == 200


def test_pictures_reach_neither_inbox_nor_disk(receiver: Receiver, tmp_path: Path) -> None:
    data = base64.b64encode(os.urandom(1_000_000)).decode()
    listed = {"SubImageInfoObject": [{"ImageID": "I", "Type": "01", "Data": data}]}
    with client(receiver.url) as http:
        assert statuses(http.post(VEHICLES, json=motor(1, SubImageList=listed))) == [("M1", 0)]
        broken = json.dumps(motor(2, SubImageList=listed)).encode()[:-1]
        assert http.post(VEHICLES, content=broken).status_code == 400
    (seen, _) = (taken.sightings for taken in receiver.taken)
    assert seen.image == ("I",)
    assert len(seen.image_sha256[0] or "") == 64
    assert all(data[:100].encode() not in f.read_bytes() for f in tmp_path.iterdir())


def test_a_full_inbox_says_come_again_and_then_takes_it(tmp_path: Path) -> None:
    with Receiver(tmp_path, inbox=1) as running, ThreadPoolExecutor() as pool:
        running.pump.clear()
        with client(running.url) as first, client(running.url) as second:
            waiting = pool.submit(first.post, VEHICLES, json=motor(1))
            deadline = time.monotonic() + 10
            while not len(running.inbox):
                assert time.monotonic() < deadline
                time.sleep(0.01)
            busy = second.post(VEHICLES, json=motor(2))
            assert (busy.status_code, busy.headers["retry-after"]) == (503, "5")
            running.pump.set()
            assert waiting.result(10).status_code == 200
            assert second.post(VEHICLES, json=motor(2)).status_code == 200
    assert plates(tmp_path) == ["湘H00001", "湘H00002"]


def test_whoever_waits_when_the_receiver_stops_is_told_to_come_again(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with Receiver(tmp_path) as running, ThreadPoolExecutor() as pool:
        running.pump.clear()
        with client(running.url) as http:
            waiting = pool.submit(http.post, VEHICLES, json=motor(1))
            deadline = time.monotonic() + 10
            while not len(running.inbox):
                assert time.monotonic() < deadline
                time.sleep(0.01)
            running.source.stop()
            assert waiting.result(10).status_code == 503
        # the pipeline may still finish what it had
        running.source.acknowledge([Message("VIID/MotorVehicles", b"", 0, -2)])
    assert "Traceback" not in capfd.readouterr().err


def test_a_port_that_is_taken_is_one_line_that_names_the_setting(receiver: Receiver) -> None:
    taken = receiver.settings.model_copy(update={"gat1400_port": receiver.source.port})
    other = Gat1400Source(taken, Users.of(SERVER, {}), receiver.inbox)
    with pytest.raises(ListenError, match="gat1400_port cannot be listened on") as caught:
        other.start()
    assert "\n" not in str(caught.value)
    other.stop()


def test_a_device_that_cannot_do_digest_twice_is_trusted_where_the_settings_say_so(
    tmp_path: Path,
) -> None:
    named = VIID | {"user-identify": "43"}
    for trusts in (False, True):
        folder = tmp_path / str(trusts)
        folder.mkdir()
        with Receiver(folder, gat1400_trust_registered=trusts) as running:
            assert httpx.post(f"{running.url}{VEHICLES}", json=motor(1), headers=named).is_error
            with client(running.url) as http:
                body = {"RegisterObject": {"DeviceID": "43"}}
                assert http.post("/VIID/System/Register", json=body, headers=named).is_success
            answer = httpx.post(f"{running.url}{VEHICLES}", json=motor(1), headers=named)
            assert answer.status_code == (200 if trusts else 401)
            other = named | {"user-identify": "44"}
            assert httpx.post(f"{running.url}{VEHICLES}", json=motor(1), headers=other).is_error


def test_many_at_once_are_each_answered_and_each_kept(receiver: Receiver, tmp_path: Path) -> None:
    def post(n: int) -> int:
        with client(receiver.url) as http:
            return http.post(VEHICLES, json=motor(n)).status_code

    with ThreadPoolExecutor(32) as pool:
        assert set(pool.map(post, range(200))) == {200}
    assert sorted(plates(tmp_path)) == [f"湘H{n:05d}" for n in range(200)]


class Child:
    """The receiver as a process of its own."""

    def __init__(self, folder: Path, port: int, *more: str) -> None:
        program = [sys.executable, str(ROOT / "tests" / "receiver.py"), str(folder), str(port)]
        self.process = subprocess.Popen(
            [*program, *more],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        self.wait_for("ready")

    def wait_for(self, line: str) -> None:
        assert self.process.stdout is not None
        for said in self.process.stdout:
            if said.strip() == line:
                return
        msg = f"it ended before it said {line}"
        raise AssertionError(msg)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


def test_killed_between_write_and_answer_the_repeat_is_one_sighting(tmp_path: Path) -> None:
    port, body = free_port(), motor(1)
    failed = threading.Event()

    def post() -> None:
        with client(f"http://127.0.0.1:{port}") as http:
            try:
                http.post(VEHICLES, json=body)
            except httpx.TransportError:
                failed.set()

    child = Child(tmp_path, port, "durable")
    posting = threading.Thread(target=post)
    posting.start()
    child.wait_for("durable")
    child.kill()
    posting.join(20)
    assert failed.is_set()
    assert plates(tmp_path) == ["湘H00001"]

    child = Child(tmp_path, port)
    try:
        with client(f"http://127.0.0.1:{port}") as http:
            assert statuses(http.post(VEHICLES, json=body)) == [("M1", 0)]
            assert statuses(http.post(VEHICLES, json=motor(2))) == [("M2", 0)]
    finally:
        child.kill()
    assert plates(tmp_path) == ["湘H00001", "湘H00002"]
