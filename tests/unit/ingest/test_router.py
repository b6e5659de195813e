"""Several dialects at once: each message to its own, and the rows in the order of the messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ingest.dialects import DIALECTS, Router, router_of
from ingest.fix import FixBatch
from ingest.message import Message
from ingest.settings import IngestSettings
from tests.unit.ingest.making import FIX, T, message, same_columns, vehicles
from tests.unit.ingest.test_native_property import PATIENT, _key

SIGHTING = {"t": T, "plate": "湘H12345"}
PHONE = {"_type": "location", "tst": T, "lon": 1, "lat": 2}
MIXED = [
    message(PHONE, "owntracks/jane/phone"),
    message(FIX, "vg/v1/A/fix"),
    message(FIX, "nobody/knows"),
    message({"_type": "lwt", "tst": T}, "owntracks/jane/phone"),
    message(SIGHTING, "vg/v1/camera/C1/sighting"),
    message({"D": [{"ts": T * 1000, "values": {"lat": 1, "lon": 2}}] * 2}, "v1/gateway/telemetry"),
    message([FIX, FIX], "vg/v1/A/fix"),
    message(b"?", "owntracks/jane/phone"),
    message({}, "vg/v1/A/status"),
]


def test_rows_come_in_the_order_of_their_messages_and_name_them() -> None:
    decoded = router_of(None).decode(MIXED)
    assert vehicles(decoded.fixes) == ["jane:phone", "A", "D", "D", "A", "A"]
    assert decoded.source.tolist() == [0, 1, 5, 5, 6, 6]
    assert decoded.sighting_source.tolist() == [4]
    assert decoded.sightings.plate == ("湘H12345",)
    assert decoded.kinds == {3: "lwt", 8: "status"}
    assert [(str(r.reason), r.topic) for r in decoded.rejects] == [
        ("not_json", "owntracks/jane/phone"),
        ("unknown_topic", "nobody/knows"),
    ]
    assert "found 'nobody/knows'" in decoded.rejects[1].detail


def test_a_batch_of_no_known_topic_gives_only_refusals() -> None:
    decoded = router_of(None).decode([message(FIX, "x"), message(SIGHTING, "y")])
    assert (len(decoded.fixes), len(decoded.sightings), len(decoded.rejects)) == (0, 0, 2)
    assert len(router_of(None).decode([]).fixes) == 0


@PATIENT
@given(st.lists(st.sampled_from(MIXED), max_size=12))
def test_a_mixed_batch_says_what_its_messages_say_one_by_one(messages: list[Message]) -> None:
    router = router_of(None)
    together = router.decode(messages)
    alone = [router.decode([each]) for each in messages]
    same_columns(together.fixes, FixBatch.concat([one.fixes for one in alone]))
    assert together.source.tolist() == [n for n, one in enumerate(alone) for _ in one.source]
    assert together.sighting_source.tolist() == [
        n for n, one in enumerate(alone) for _ in one.sighting_source
    ]
    assert together.kinds == {n: one.kinds[0] for n, one in enumerate(alone) if one.kinds}
    assert sorted(map(_key, together.rejects)) == sorted(
        _key(r) for one in alone for r in one.rejects
    )


def test_every_topic_that_a_dialect_asks_for_comes_to_it() -> None:
    for dialect in DIALECTS.values():
        for topic in dialect.topics:
            # plus signs are levels of one name
            assert router_of(None).name_of(topic.replace("+", "x")) == dialect.name, topic


def test_names_of_dialects_are_told_by_topic() -> None:
    router = router_of(None)
    assert router.name_of("vg/v1/A/fix") == "native"
    assert router.name_of("vg/v1/A/nonsense") == "native"
    assert router.name_of("positions") == "traccar"
    assert router.name_of("nobody/knows") == "none"


def test_dialects_that_are_not_wanted_are_not_asked() -> None:
    router = router_of(["traccar", "native"])
    named = [d.name for d in router.dialects if d.topics]
    assert named == ["native", "traccar"]
    assert router.name_of("owntracks/jane/phone") == "none"
    assert set(router.topics) == {*DIALECTS["native"].topics, *DIALECTS["traccar"].topics}


def test_a_dialect_without_topics_is_always_there() -> None:
    everywhere = {d.name for d in DIALECTS.values() if not d.topics}
    assert everywhere <= {d.name for d in router_of(["native"]).dialects}


def test_the_first_dialect_that_accepts_a_topic_has_it() -> None:
    native, traccar = DIALECTS["native"], DIALECTS["traccar"]
    for order in ([native, traccar], [traccar, native]):
        decoded = Router(order).decode([message(FIX, "vg/v1/A/fix"), message({}, "positions")])
        assert vehicles(decoded.fixes) == ["A"]


def test_the_setting_names_dialects_and_refuses_strangers() -> None:
    assert IngestSettings.model_validate({}).dialects is None
    for said in (["native", "traccar"], "native, traccar"):
        assert IngestSettings.model_validate({"dialects": said}).dialects == ("native", "traccar")
    with pytest.raises(ValidationError, match="klingon is none of axis, emqx_jt808, flespi"):
        IngestSettings.model_validate({"dialects": "klingon"})
