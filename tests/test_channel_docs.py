"""The pages about channels: their settings load, their messages are those that are sent."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from alerts.channels.bulletin import body_of
from alerts.channels.governance import report_of
from alerts.channels.settings import CHANNELS
from alerts.channels.webhook import cloud_event
from alerts.outbox.destination import FLOOR
from alerts.reply import Reply, read
from tests.unit.alerts.channels.notices import notice
from vehicleguard import settings

PAGE = (Path(__file__).parent.parent / "docs" / "channels.md").read_text("utf-8")
TOML = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
JSON = [json.loads(one) for one in re.findall(r"(?ms)^```json\n(.*?)^```$", PAGE)]


@pytest.mark.parametrize("text", TOML, ids=range(len(TOML)))
def test_each_example_of_settings_loads(text: str, tmp_path: Path) -> None:
    file = tmp_path / "vehicleguard.toml"
    file.write_text(text, "utf-8")
    assert settings.load(file, {}).alerts.channels


def test_there_is_an_example_of_every_type_of_channel() -> None:
    types = set(re.findall(r'^type = "(\w+)"$', PAGE, re.MULTILINE))
    assert types == {one.model_fields["type"].annotation.__args__[0] for one in CHANNELS}


def shape(value: object) -> object:
    """The keys of a message, to the bottom."""
    return {key: shape(one) for key, one in value.items()} if isinstance(value, dict) else None


def test_the_event_of_the_page_is_one_as_it_is_sent() -> None:
    (shown,) = (one for one in JSON if "specversion" in one)
    sent = cloud_event(notice(), "vg")
    wanted = shape({**sent, "data": body_of(notice())})
    # stamps differ from incident to incident
    assert shape(shown) == wanted
    assert JSONFormat().read(CloudEvent, json.dumps(shown)).get_id() == shown["id"]


def test_the_replies_of_the_page_are_read() -> None:
    replies = [one for one in JSON if "action" in one]
    assert len(replies) == 2
    assert all(isinstance(read(json.dumps(one).encode()), Reply) for one in replies)


def test_every_field_that_the_platform_is_told_is_named() -> None:
    named = set(re.findall(r"`(\w+)`", PAGE))
    assert set(report_of(notice(), "vg")) - named == set()


def test_every_role_has_a_row() -> None:
    rows = re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)
    assert set(FLOOR) <= set(re.findall(r"`(\w+)`", " ".join(rows)))
