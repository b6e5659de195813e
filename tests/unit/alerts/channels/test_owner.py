"""Owners: Apprise against a real receiver, the question with its link, and what a link is worth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.link import Links, Question
from alerts.channels.owner import Owners, OwnersError, addresses
from alerts.event import Outcome
from alerts.outbox.destination import Destination
from alerts.outbox.result import Delivered, Refused, Retry
from alerts.sqlite_ledger import SqliteLedger
from tests.unit.alerts.acting import close
from tests.unit.alerts.channels.notices import entry, notice
from tests.unit.alerts.channels.service import Service
from tests.unit.alerts.reports import report

NOW = 1_700_000_000.0
LINKS = Links(b"k" * 32, "https://guard.example/", 3600)
OWNER = Destination("owners", "owner", language="zh")


@pytest.fixture
def service() -> Iterator[Service]:
    one = Service()
    yield one
    one.stop()


def owners(address: str | None, links: Links | None = LINKS) -> Owners:
    return Owners(lambda _: address, links, lambda: NOW)


def test_an_owner_is_asked_whether_it_is_them(service: Service) -> None:
    told = owners(service.address).deliver(notice(entry("blue"), OWNER, "v"))
    assert told == Delivered()
    (message,) = service.heard
    assert message["title"] == "【蓝色】车辆 v：新警情"
    assert "离开停放地 200 米" in message["message"]
    token = message["message"].rpartition("/answer/")[2].strip()
    assert LINKS.question(token, NOW + 3599) == Question("i-v-left_fence-1000.0", "v", NOW + 3600)
    assert LINKS.question(token, NOW + 3600) is None


def test_who_cannot_be_reached_is_tried_again_or_not_at_all(service: Service) -> None:
    service.status = 500
    one = notice(entry(), OWNER, "v")
    assert isinstance(owners(service.address).deliver(one), Retry)
    assert isinstance(owners(None).deliver(one), Refused)
    assert isinstance(owners("nonsense://x").deliver(one), Refused)


def test_what_is_over_asks_nothing() -> None:
    ledger = SqliteLedger(":memory:")
    ledger.receive([report(level="blue")], 1_000_000)
    over = close(ledger, "i-v-left_fence-1000.0", Outcome.RECOVERED, at_ms=1_001_000)
    assert "/answer/" not in owners(None).text(notice(over, OWNER, "v"))
    assert "/answer/" not in owners(None, None).text(notice(entry(), OWNER, "v"))


@given(token=st.text(max_size=100), flip=st.integers(0, 40), to=st.sampled_from("abcXYZ019-_."))
def test_no_link_is_made_by_anybody_else(token: str, flip: int, to: str) -> None:
    assert LINKS.question(token, NOW) is None
    link = LINKS.link(entry().incident, "v", NOW)
    real = link.rpartition("/")[2]
    changed = real[:flip] + to + real[flip + 1 :]
    assert changed == real or LINKS.question(changed, NOW) is None
    assert Links(b"x" * 32, "https://guard.example", 1).question(real, NOW) is None


def test_addresses_come_from_a_file_of_their_own(tmp_path: Path) -> None:
    file = tmp_path / "owners.csv"
    file.write_text("vehicle_id,address\nv,json://127.0.0.1/\nw,json://localhost/x\n", "utf-8")
    assert addresses(file) == {"v": "json://127.0.0.1/", "w": "json://localhost/x"}


@pytest.mark.parametrize(
    "text",
    ["", "vehicle_id\nv\n", "vehicle_id,address\nv,nonsense://secret\n", "vehicle_id,address\n,json://h/\n",
     "vehicle_id,address\nv,json://h/\nv,json://h/\n", "vehicle_id,address\nv\n", b"\xff\xfe\x00"],
)  # fmt: skip
def test_a_file_of_owners_that_is_none_is_refused_without_saying_an_address(
    text: str | bytes, tmp_path: Path
) -> None:
    file = tmp_path / "owners.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(OwnersError) as refused:
        addresses(file)
    assert "secret" not in str(refused.value)
    with pytest.raises(OwnersError):
        addresses(tmp_path / "none.csv")
