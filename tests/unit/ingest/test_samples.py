"""Messages that real systems sent, where the shared samples are at hand: right, or why not.

`VEHICLEGUARD_SHARED_DATA`, or `../shared/data` beside the repository.  Without them each dialect's
own tests stand for it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.dialects import DIALECTS
from tests.unit.geofence.test_real_outlines import SHARED
from tests.unit.ingest.making import message, row_of

# file: dialect, topic, what is expected of the first fix, or the reason, or the kind
PAYLOADS: dict[str, tuple[str, str, object]] = {
    "owntracks_location": ("owntracks", "owntracks/jane/phone", ("jane:phone", 6.389)),
    "owntracks_lwt": ("owntracks", "owntracks/jane/phone", "lwt"),
    "owntracks_transition": ("owntracks", "owntracks/jane/phone/event", "transition"),
    "owntracks_command_down": ("owntracks", "owntracks/jane/phone/cmd", "cmd"),
    "traccar_position": ("traccar", "positions", ("013512345678", 6.389)),
    "traccar_event_forwarding": ("traccar", "events", ("013512345678", 6.389)),
    "thingsboard_gateway_telemetry": (
        *("thingsboard", "v1/gateway/telemetry"),
        ("013512345678", None),
    ),
    "thingsboard_device_telemetry": ("thingsboard", "v1/devices/me/telemetry", "missing_field"),
}
SAMPLES: dict[str, tuple[str, str, object]] = {
    "owntracks_location_1": ("owntracks", "owntracks/u/d", ("u:d", 0)),
    "owntracks_location_2": ("owntracks", "owntracks/u/d", ("u:d", None)),
    "owntracks_location_3": ("owntracks", "owntracks/u/d", ("u:d", 16.944)),
    "owntracks_location_4": ("owntracks", "owntracks/u/d", ("u:d", None)),
    "owntracks_location_5": (
        *("owntracks", "owntracks/ckrey/22A67880-15C3-41A6-9157-25545C7993AC"),
        ("ckrey:22A67880-15C3-41A6-9157-25545C7993AC", None),
    ),
    "owntracks_location_6": ("owntracks", "", ("qtripp:865284041968706", 0)),
    "flespi_messages_1": ("flespi", "", ("605630", 0)),
    "flespi_messages_2": ("flespi", "", ("605630", 0)),
    "flespi_messages_3": ("flespi", "", ("namo:namo", 0)),
    "traccar_forward_position": ("traccar", "positions", ("SomeID", 0)),
    "traccar_teltonika_device_update": ("traccar", "positions", ("121", 0)),
    "traccar_client_osmand_1": ("traccar", "positions", ("48241179", 0)),
    "traccar_client_osmand_2": ("traccar", "positions", ("48241179", 0)),
    "traccar_client_osmand_3": ("traccar", "positions", ("658765", None)),
    "traccar_client_osmand_4": ("traccar", "positions", ("8737767034", 18.67)),
}
CASES = [
    *((SHARED / "payloads" / f"{name}.json", *case) for name, case in PAYLOADS.items()),
    *((SHARED / "mqtt_samples" / f"{name}.json", *case) for name, case in SAMPLES.items()),
]


@pytest.mark.parametrize(
    ("path", "dialect", "topic", "wanted"),
    [case for case in CASES if case[0].exists()],
    ids=lambda value: value.stem if isinstance(value, Path) else "",
)
def test_a_sample_decodes_to_its_terminal_and_speed_or_says_why_not(
    path: Path, dialect: str, topic: str, wanted: object
) -> None:
    body = json.loads(path.read_bytes())
    if path.parent.name == "payloads":
        body = body["payload"]
    decoded = DIALECTS[dialect].decode([message(body, topic)])
    if isinstance(wanted, tuple):
        row = row_of(decoded)
        assert (row["terminal"], row["speed_mps"]) == wanted
        assert decoded.rejects == []
    elif decoded.kinds:
        assert decoded.kinds == {0: wanted}
    else:
        assert [str(reject.reason) for reject in decoded.rejects] == [wanted]


@pytest.mark.parametrize("path", [p for p in [SHARED / "mqtt_samples"] if p.exists()])
def test_a_sample_that_is_of_no_dialect_is_refused_by_each_of_them(path: Path) -> None:
    """Trackers of other makers come through Traccar or flespi; as they are nobody takes them."""
    for file in sorted(path.glob("*.json")):
        if file.stem in SAMPLES or file.name == "_index.json":
            continue
        for name in ("native", "traccar", "flespi", "emqx_jt808"):
            topic = {"native": "vg/v1/T/fix"}.get(name, DIALECTS[name].default_topic)
            decoded = DIALECTS[name].decode([message(file.read_bytes(), topic)])
            assert len(decoded.fixes) == 0, (file.name, name)
            assert decoded.rejects or decoded.kinds
