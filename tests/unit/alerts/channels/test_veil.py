"""No plate and no telephone number reaches who is not entitled to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.bulletin import body_of, heading, paragraph
from alerts.channels.cap import alert_of
from alerts.channels.cot import event_of
from alerts.channels.governance import report_of
from alerts.channels.veil import Veil
from alerts.channels.webhook import cloud_event
from alerts.ledger import Entry
from alerts.outbox.destination import Destination
from tests.unit.alerts.channels.notices import notice, seen

PLATES = ["湘H·12345", "湘H12345", "湘HD12345", "粤B12345学", "京A·D1234"]


def everything(of: Entry, to: Destination) -> str:
    """All that any channel says of it."""
    one = notice(of, to)
    told = [body_of(one), report_of(one, "vg"), cloud_event(one, "vg")]
    texts = [heading(one, "en"), heading(one, "zh"), paragraph(one, "en"), paragraph(one, "zh")]
    texts += [alert_of(one, "vg").decode(), event_of(one, timedelta(hours=1)).decode()]
    return msgspec.json.encode(told).decode() + "\n".join(texts)


@pytest.mark.parametrize("plate", PLATES)
def test_a_plate_in_the_evidence_is_read_by_the_entitled_alone(plate: str) -> None:
    of = seen(plate)
    assert plate in everything(of, Destination("police", "county", plates=True))
    assert plate not in everything(of, Destination("shop", "county"))


def test_what_people_write_is_covered_too() -> None:
    of = seen()
    said = "call 13812345678 or 0737-4221234, plate 湘H 8K8K8"
    event = replace(of.event, reason=said, reason_zh="")
    told = everything(replace(of, event=event), Destination("shop", "county"))
    assert not any(one in told for one in ("13812345678", "4221234", "8K8K8"))
    both = Destination("police", "county", plates=True, phones=True)
    assert "13812345678" in everything(replace(of, event=event), both)


@given(
    before=st.text(max_size=20),
    office=st.sampled_from("ABCDEFGH"),
    dot=st.sampled_from(["", "·", " ", "-"]),
    serial=st.from_regex(r"[A-Z0-9]{5}", fullmatch=True),
    after=st.text(max_size=20),
)
def test_no_plate_survives_in_any_text(
    before: str, office: str, dot: str, serial: str, after: str
) -> None:
    plate = f"湘{office}{dot}{serial}"
    veil = Veil([], plates=False, phones=False)
    assert plate not in veil.over(f"{before}{plate}{after}")


def test_numbers_that_are_no_telephone_pass() -> None:
    veil = Veil([], plates=False, phones=False)
    text = "i-013800138000-left_fence-1700000000.0 at 28.55412, 112.35501 after 1380 s"
    assert veil.over(text) == text


def test_the_longer_plate_is_covered_before_the_one_within_it() -> None:
    assert Veil(["9A123", "9A1234"], plates=False, phones=True).over("saw 9A1234") == "saw ***"
