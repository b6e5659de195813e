"""Webhook, governance platform and CAP against a real receiver on loopback."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from standardwebhooks.webhooks import Webhook as Reference

from alerts.channels.cap import NAMESPACE, Cap, alert_of
from alerts.channels.channel import Channel
from alerts.channels.governance import Governance
from alerts.channels.http import Poster
from alerts.channels.webhook import Webhook
from alerts.event import Word
from alerts.outbox.result import Delivered, Refused, Retry
from alerts.sqlite_ledger import SqliteLedger
from tests.unit.alerts.acting import answer
from tests.unit.alerts.channels.notices import entry, notice
from tests.unit.alerts.reports import report
from tests.webhook_receiver import SECRET, Receiver, is_signed, sign

SOURCE = "/vehicleguard/yiyang"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as one:
        yield one


@pytest.fixture
def poster(receiver: Receiver) -> Iterator[Callable[..., Poster]]:
    made: list[Poster] = []

    def make(**said: object) -> Poster:
        made.append(Poster(**{"url": receiver.url, "secret": SECRET, "clock": time.time, **said}))
        return made[-1]

    yield make
    for one in made:
        one.disconnect()


def test_the_receiver_s_own_signature_is_that_of_the_specification() -> None:
    # the example of the Standard Webhooks specification's reference libraries
    secret, id_, at_s = (
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
    )
    body = b'{"test": 2432232314}'
    assert sign(secret, id_, at_s, body) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert Reference(secret)


def test_a_webhook_carries_a_signed_cloud_event(
    receiver: Receiver, poster: Callable[..., Poster]
) -> None:
    one = notice()
    assert Webhook(poster(), SOURCE).deliver(one) == Delivered("HTTP 200")
    assert (receiver.forged, receiver.types) == (0, ["application/cloudevents+json"])
    event = JSONFormat().read(CloudEvent, json.dumps(receiver.effects[one.id]))
    assert (event.get_id(), event.get_source()) == (one.id, SOURCE)
    assert event.get_type() == "vehicleguard.incident.opened.v1"
    data = event.get_data()
    assert data["incident"]["id"] == event.get_subject() == "i-v-left_fence-1000.0"
    assert (data["incident"]["level"], data["incident"]["datum"]) == ("red", "wgs84")
    assert data["incident"]["evidence"][0]["text_zh"].startswith("离开停放地")


def test_the_governance_platform_is_told_all_that_it_files(
    receiver: Receiver, poster: Callable[..., Poster]
) -> None:
    one = notice()
    assert isinstance(Governance(poster(), SOURCE).deliver(one), Delivered)
    body = receiver.effects[one.id]
    assert body["externalId"] == "i-v-left_fence-1000.0"
    assert (body["idempotencyKey"], body["version"]) == (one.id, 1)
    assert (body["level"], body["status"], body["datum"]) == ("red", "reported", "wgs84")
    assert (body["longitude"], body["latitude"]) == (112.3, 28.5)
    assert body["exercise"] is False
    assert body["because"] == ["place"]


@pytest.mark.parametrize(
    ("mood", "wanted"),
    [("500", Retry), ("503", Retry), ("404", Retry), ("401", Retry), ("302", Retry),
     ("400", Refused), ("422", Refused), ("drop", Retry), ("reset", Retry)],
)  # fmt: skip
def test_what_a_receiver_answers_says_whether_to_come_again(
    mood: str, wanted: type, receiver: Receiver, poster: Callable[..., Poster]
) -> None:
    receiver.moods = [mood]
    channel = Webhook(poster(), SOURCE)
    one = notice()
    assert isinstance(channel.deliver(one), wanted)
    assert isinstance(channel.deliver(one), Delivered)
    assert list(receiver.effects) == [one.id]
    assert receiver.asked == [one.id, one.id]


def test_a_receiver_that_hangs_is_given_up_and_asked_again(
    receiver: Receiver, poster: Callable[..., Poster], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.channels.http._TIMEOUT", 0.3)
    receiver.moods = ["hang"]
    channel = Webhook(poster(), SOURCE)
    assert isinstance(channel.deliver(notice()), Retry)
    assert isinstance(channel.deliver(notice()), Delivered)


def test_a_receiver_that_is_not_there_is_asked_again() -> None:
    poster = Poster("http://127.0.0.1:9/", SECRET, time.time)
    assert isinstance(Webhook(poster, SOURCE).deliver(notice()), Retry)
    poster.disconnect()


def test_another_secret_is_not_taken_by_the_receiver(
    receiver: Receiver, poster: Callable[..., Poster]
) -> None:
    other = "whsec_" + "QUFB" * 11
    assert isinstance(Webhook(poster(secret=other), SOURCE).deliver(notice()), Retry)
    assert (receiver.forged, receiver.effects) == (1, {})


def test_a_changed_body_has_another_signature() -> None:
    now = int(time.time())
    headers = {
        "webhook-id": "a",
        "webhook-timestamp": str(now),
        "webhook-signature": sign(SECRET, "a", now, b"{}"),
    }
    assert is_signed(SECRET, headers, b"{}")
    assert not is_signed(SECRET, headers, b"{ }")


def texts(root: ET.Element, name: str) -> list[str]:
    return [one.text or "" for one in root.iter(f"{{{NAMESPACE}}}{name}")]


ORDER = (
    *("identifier", "sender", "sent", "status", "msgType", "source", "scope", "restriction"),
    *("addresses", "code", "note", "references", "incidents", "info"),
)
INFO = (
    *("language", "category", "event", "responseType", "urgency", "severity", "certainty"),
    *("audience", "eventCode", "effective", "onset", "expires", "senderName", "headline"),
    *("description", "instruction", "web", "contact", "parameter", "resource", "area"),
)
ALLOWED = {
    "status": {"Actual", "Exercise", "System", "Test", "Draft"},
    "msgType": {"Alert", "Update", "Cancel", "Ack", "Error"},
    "scope": {"Public", "Restricted", "Private"},
    "urgency": {"Immediate", "Expected", "Future", "Past", "Unknown"},
    "severity": {"Extreme", "Severe", "Moderate", "Minor", "Unknown"},
    "certainty": {"Observed", "Likely", "Possible", "Unlikely", "Unknown"},
}
"""Section 3.2 of the standard."""


def in_order(element: ET.Element, order: tuple[str, ...]) -> bool:
    names = [child.tag.removeprefix(f"{{{NAMESPACE}}}") for child in element]
    return set(names) <= set(order) and names == sorted(names, key=order.index)


@pytest.mark.parametrize("level", ["blue", "yellow", "red"])
def test_an_alert_has_the_elements_of_cap_in_their_order_and_with_their_values(level: str) -> None:
    root = ET.fromstring(alert_of(notice(entry(level)), "vg,yiyang <1>"))
    assert in_order(root, ORDER)
    assert all(in_order(info, INFO) for info in root.iter(f"{{{NAMESPACE}}}info"))
    for name, values in ALLOWED.items():
        found = texts(root, name)
        assert found
        assert set(found) <= values, name
    assert texts(root, "sender") == ["vg_yiyang__1>"]
    assert texts(root, "sent")[0].endswith("+08:00")
    assert texts(root, "circle")[0] == "28.500000,112.300000 0.5"
    assert texts(root, "language") == ["en", "zh-CN"]


def test_a_drill_is_an_exercise_in_every_channel() -> None:
    of = entry()
    drill = notice(replace(of, incident=replace(of.incident, drill=True)))
    root = ET.fromstring(alert_of(drill, "vg"))
    assert texts(root, "status") == ["Exercise"]
    assert texts(root, "headline")[0].startswith("EXERCISE: ")


def test_a_false_alarm_cancels_the_alert() -> None:
    ledger = SqliteLedger(":memory:")
    ledger.receive([report(level="yellow")], 1_000_000)
    of = answer(ledger, "i-v-left_fence-1000.0", Word.MINE, "mine", at_ms=1_001_000)
    root = ET.fromstring(alert_of(notice(of), "vg"))
    assert (texts(root, "msgType"), texts(root, "urgency")[0]) == (["Cancel"], "Past")


def test_what_xml_cannot_hold_is_left_out() -> None:
    of = entry()
    event = replace(of.event, reason="a\x00b\ud800c\x1b", reason_zh="<&>")
    root = ET.fromstring(alert_of(notice(replace(of, event=event)), "vg"))
    assert "abc" in texts(root, "description")[0]
    assert "<&>" in texts(root, "description")[1]


def test_cap_is_posted_signed(receiver: Receiver, poster: Callable[..., Poster]) -> None:
    receiver.always = "202"
    channel: Channel = Cap(poster(), "vg")
    assert channel.deliver(notice()) == Delivered("HTTP 202")
    assert (receiver.forged, receiver.types) == (0, ["application/cap+xml"])
