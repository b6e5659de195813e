"""The shipped broker's configuration: who a certificate names is all that its holder can be."""

from __future__ import annotations

import json
import os
import queue
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import paho.mqtt.client as mqtt
import pytest

from ingest.inbox import Inbox
from ingest.intake import Answer
from ingest.message import Message
from ingest.mqtt.source import MqttSource
from ingest.settings import IngestSettings
from tests.connected.conftest import PATIENCE_S, Mosquitto
from tests.running import ROOT, free_port

pytestmark = pytest.mark.service

PASSWORD = "open sesame"  # noqa: S105 - a test's own
SHIPPED = ROOT / "deploy" / "mosquitto"
CAMERA = "\nuser C1\ntopic write vg/v1/camera/C1/sighting\n"


def issue(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(SHIPPED / "certificates.sh"), str(folder), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


class Guarded(NamedTuple):
    """A broker as it is shipped, and the folder of its certificates."""

    folder: Path
    port: int
    password_port: int


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("guarded")
    for arguments in (
        *(("authority",), ("broker", "127.0.0.1", "broker.example")),
        *(("terminal", name) for name in ("A", "B", "C1")),
        ("service", "vehicleguard-ingest"),
    ):
        done = issue(folder, *arguments)
        assert done.returncode == 0, done.stderr
    (folder / "other").mkdir()
    assert issue(folder / "other", "authority").returncode == 0
    assert issue(folder / "other", "terminal", "A").returncode == 0
    (folder / "acl").write_text((SHIPPED / "acl").read_text() + CAMERA)
    subprocess.run(
        ["mosquitto_passwd", "-c", "-b", str(folder / "passwords"), "P1", PASSWORD], check=True
    )
    # mosquitto wants to be the only one who reads them
    for secret in ("passwords", "acl"):
        (folder / secret).chmod(0o600)
    one = Mosquitto(folder)
    password_port = free_port()
    (folder / "mosquitto.conf").write_text(
        (SHIPPED / "mosquitto.conf")
        .read_text()
        .replace("/etc/mosquitto/vehicleguard", str(folder))
        .replace("/var/lib/mosquitto", str(folder))
        .replace("listener 8883", f"listener {one.port} 127.0.0.1")
        .replace("listener 8884", f"listener {password_port} 127.0.0.1")
        + ("user root\n" if os.geteuid() == 0 else "")
    )
    one.start()
    yield Guarded(folder, one.port, password_port)
    one.stop()


class Device:
    """Whoever holds a certificate; hears everything that the broker lets it hear."""

    def __init__(
        self,
        guarded: Guarded,
        name: str | None,
        *,
        folder: str = "",
        password: str | None = None,
        hears: str = "",
    ) -> None:
        self.heard: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.refused = ""
        self.granted: list[bool] = []
        self._done = threading.Event()
        self._client = client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=5)
        certificate = guarded.folder / folder / f"{name}.pem"
        client.tls_set(
            str(guarded.folder / "ca.pem"),
            *((str(certificate), str(certificate.with_suffix(".key"))) if name else ()),
        )
        if password is not None:
            client.username_pw_set("P1", password)
        client.on_connect = self._connected
        client.on_subscribe = self._subscribed
        client.on_message = lambda _c, _u, m: self.heard.put((m.topic, m.payload))
        client.on_disconnect = lambda *_: self._done.set()
        self._hears = hears
        try:
            client.connect("127.0.0.1", guarded.password_port if password else guarded.port)
        except ssl.SSLError as error:
            self.refused = str(error)
            return
        client.loop_start()
        assert self._done.wait(PATIENCE_S)

    def _connected(
        self,
        client: mqtt.Client,
        _data: object,
        _flags: object,
        reason: mqtt.ReasonCode,
        _p: object,
    ) -> None:
        if reason.is_failure:
            self.refused = str(reason)
            self._done.set()
        elif self._hears:
            client.subscribe(self._hears, qos=1)
        else:
            self._done.set()

    def _subscribed(
        self, _c: object, _u: object, _m: object, reasons: list[mqtt.ReasonCode], _p: object
    ) -> None:
        self.granted = [not reason.is_failure for reason in reasons]
        self._done.set()

    def say(self, topic: str, payload: str = "{}") -> None:
        self._client.publish(topic, payload, qos=1).wait_for_publish(PATIENCE_S)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def device(guarded: Guarded, name: str | None, **given: str) -> Iterator[Device]:
    one = Device(guarded, name, **given)
    try:
        yield one
    finally:
        one.close()


@contextmanager
def ingest(guarded: Guarded, **settings: object) -> Iterator[tuple[MqttSource, Inbox]]:
    """Vehicle Guard itself, subscribed."""
    inbox, up = Inbox(1000), threading.Event()
    certificate = guarded.folder / "vehicleguard-ingest.pem"
    given = {
        "host": "127.0.0.1",
        "tls_ca": guarded.folder / "ca.pem",
        "tls_certificate": certificate,
        "tls_key": certificate.with_suffix(".key"),
        **settings,
    }
    source = MqttSource(
        IngestSettings.model_validate(given),
        inbox,
        lambda is_up: up.set() if is_up else None,
        host="127.0.0.1",
        port=guarded.port,
    )
    source.start()
    assert up.wait(PATIENCE_S)
    try:
        yield source, inbox
    finally:
        source.stop()


def take(inbox: Inbox, wanted: int) -> list[Message]:
    messages: list[Message] = []
    while len(messages) < wanted:
        got = inbox.take(wanted, max_wait_s=PATIENCE_S, linger_s=0)
        assert got, f"only {len(messages)} of {wanted} came"
        messages += got
    return messages


WAYS = [
    {"client_id": "plain-4"},
    {"client_id": "plain-5", "mqtt_version": 5},
    {"client_id": "share-4", "share": "four"},
    {"client_id": "share-5", "share": "five", "mqtt_version": 5},
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way["client_id"])
def test_a_terminal_is_heard_and_hears_its_own_answers(
    guarded: Guarded, way: dict[str, object]
) -> None:
    with ingest(guarded, **way) as (source, inbox), device(guarded, "A", hears="vg/v1/A/ack") as a:
        assert a.granted == [True]
        for n in range(300):
            a.say("vg/v1/A/fix", json.dumps({"n": n, "padding": "x" * 1000}))
        messages = take(inbox, 300)
        assert [json.loads(m.payload)["n"] for m in messages] == list(range(300))
        source.acknowledge(messages)
        source.answer([Answer("A", 7)])
        assert a.heard.get(timeout=PATIENCE_S) == ("vg/v1/A/ack", b'{"seq":7}')


def test_a_terminal_hears_its_commands_and_answers_them(guarded: Guarded) -> None:
    with (
        ingest(guarded, client_id="asks") as (source, inbox),
        device(guarded, "A", hears="vg/v1/A/cmd") as a,
    ):
        assert source.publish("vg/v1/A/cmd", b"asked")
        assert a.heard.get(timeout=PATIENCE_S) == ("vg/v1/A/cmd", b"asked")
        a.say("vg/v1/B/cmd/answer", "forged")
        a.say("vg/v1/A/cmd/answer", "own")
        assert [(m.topic, m.payload) for m in take(inbox, 1)] == [("vg/v1/A/cmd/answer", b"own")]


def test_a_terminal_cannot_speak_as_another_nor_as_a_camera_nor_as_the_system(
    guarded: Guarded,
) -> None:
    with ingest(guarded, client_id="speaks") as (source, inbox):
        with device(guarded, "B", hears="vg/v1/B/+") as b, device(guarded, "A") as a:
            for topic in (
                *("vg/v1/B/fix", "vg/v1/B/status", "vg/v1/B/ack", "vg/v1/B/cmd", "vg/v1/A/cmd"),
                *("vg/v1/camera/A/sighting", "vg/v1/camera/C1/sighting", "vg/v1/A/b/fix"),
            ):
                a.say(topic, "forged")
            a.say("vg/v1/A/fix", "own")
            own = take(inbox, 1)
            source.answer([Answer("B", 1)])
            heard = [b.heard.get(timeout=PATIENCE_S)]
        assert [(m.topic, m.payload) for m in own] == [("vg/v1/A/fix", b"own")]
        assert len(inbox) == 0
        assert heard == [("vg/v1/B/ack", b'{"seq":1}')]
        assert b.heard.empty()


@pytest.mark.parametrize("topic", ["vg/v1/B/cmd", "vg/v1/B/ack", "vg/v1/+/fix", "#"])
def test_a_terminal_cannot_hear_what_is_said_to_another(guarded: Guarded, topic: str) -> None:
    with (
        ingest(guarded, client_id="hears") as (source, _),
        device(guarded, "A", hears=topic) as a,
        device(guarded, "B", hears="vg/v1/B/ack") as b,
    ):
        b.say("vg/v1/B/fix", "secret")
        source.answer([Answer("B", 1)])
        b.heard.get(timeout=PATIENCE_S)
        # by now the broker has delivered both to whoever may hear them
        a.say("vg/v1/A/fix")
        assert a.heard.empty()


def test_a_camera_that_is_listed_is_heard(guarded: Guarded) -> None:
    with ingest(guarded, client_id="looks") as (_, inbox), device(guarded, "C1") as camera:
        camera.say("vg/v1/camera/C1/sighting", "seen")
        assert [m.topic for m in take(inbox, 1)] == ["vg/v1/camera/C1/sighting"]


def test_nobody_comes_in_without_a_certificate_of_this_authority(guarded: Guarded) -> None:
    with device(guarded, None) as nobody:
        assert nobody.refused or not nobody._client.is_connected()
    with device(guarded, "A", folder="other") as stranger:
        assert stranger.refused or not stranger._client.is_connected()


def test_a_password_gives_the_same_rights_as_a_certificate(guarded: Guarded) -> None:
    with (
        ingest(guarded, client_id="knows") as (_, inbox),
        device(guarded, None, password=PASSWORD) as one,
    ):
        one.say("vg/v1/A/fix", "forged")
        one.say("vg/v1/P1/fix", "own")
        assert [m.payload for m in take(inbox, 1)] == [b"own"]
    with device(guarded, None, password=PASSWORD[:-1]) as other:
        assert other.refused == "Not authorized"


@pytest.mark.parametrize(
    "arguments",
    [
        *(("terminal", name) for name in ("vehicleguard-ingest", "camera", "a/b", "a+", "#", "")),
        *(("terminal", name) for name in ("a b", "x" * 65, "车", "broker", "ca")),
        *(("service", "A"), ("broker",), ("broker", "a,DNS:b"), ("terminal",), ("nonsense",), ()),
    ],
)
def test_no_certificate_is_issued_for_a_name_that_means_something_else(
    guarded: Guarded, arguments: tuple[str, ...]
) -> None:
    before = sorted(guarded.folder.glob("*.pem"))
    done = issue(guarded.folder, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("certificates.sh: ")
    assert sorted(guarded.folder.glob("*.pem")) == before


def test_no_certificate_and_no_authority_is_overwritten(guarded: Guarded) -> None:
    for arguments in (("authority",), ("terminal", "A"), ("broker", "127.0.0.1")):
        assert issue(guarded.folder, *arguments).returncode == 2
    keys = list(guarded.folder.glob("*.key"))
    assert keys
    assert {path.stat().st_mode & 0o077 for path in keys} == {0}
