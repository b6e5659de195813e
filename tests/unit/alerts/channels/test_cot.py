"""Cursor-on-Target against a real socket that reads as TAK servers do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from alerts.channels.cot import Cot, event_of
from alerts.event import Outcome
from alerts.outbox.result import Delivered, Retry
from alerts.sqlite_ledger import SqliteLedger
from tests.unit.alerts.acting import close
from tests.unit.alerts.channels.notices import notice
from tests.unit.alerts.reports import report

HOUR = timedelta(hours=1)


class Tak:
    """Reads one connection to its end and takes the events out of the stream."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.heard = b""
        self._thread = threading.Thread(target=self._read)

    def _read(self) -> None:
        line, _ = self._listener.accept()
        with line:
            while chunk := line.recv(65536):
                self.heard += chunk

    def events(self) -> list[ET.Element]:
        self._thread.join(10)
        whole = self.heard.decode().split("</event>")[:-1]
        return [ET.fromstring(one.strip() + "</event>") for one in whole]

    def __enter__(self) -> Tak:  # noqa: PYI034 - one class
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()


@pytest.fixture
def tak() -> Iterator[Tak]:
    with Tak() as one:
        yield one


def test_a_tak_server_hears_of_the_vehicle_and_of_the_incident(tak: Tak) -> None:
    assert Cot("127.0.0.1", tak.port, HOUR).deliver(notice()) == Delivered()
    vehicle, spot = tak.events()
    assert (vehicle.get("type"), spot.get("type")) == ("a-s-G-E-V-C", "b-m-p-s-m")
    assert vehicle.get("uid") != spot.get("uid")
    point = vehicle.find("point")
    assert point is not None
    assert (point.get("lat"), point.get("lon")) == ("28.500000", "112.300000")
    for event in (vehicle, spot):
        assert {"version", "uid", "type", "how", "time", "start", "stale"} <= set(event.keys())
        assert event.get("stale") > event.get("time")


def test_what_is_closed_goes_from_the_map() -> None:
    ledger = SqliteLedger(":memory:")
    ledger.receive([report(level="red")], 1_000_000)
    of = close(ledger, "i-v-left_fence-1000.0", Outcome.RECOVERED, at_ms=1_001_000)
    event = ET.fromstring(event_of(notice(of), HOUR))
    assert event.get("stale") == event.get("time") == "1970-01-01T00:16:41.000Z"


def test_a_server_that_is_not_there_is_asked_again() -> None:
    assert isinstance(Cot("127.0.0.1", 9, HOUR).deliver(notice()), Retry)
