"""What may enter: registered terminals, and clocks that can be meant."""

from __future__ import annotations

from ingest.admission import Admission
from ingest.fix import FixBatch
from ingest.message import Message
from ingest.registry import Registry
from ingest.reject import Reject
from ingest.settings import IngestSettings
from tests.unit.ingest.making import FIX, NATIVE, NOW_MS, T, message, vehicles

HOUR = 3600.0


def admit(
    messages: list[Message], vehicle_of: dict[str, str] | None = None, **settings: float
) -> tuple[FixBatch, list[Reject]]:
    registry = None if vehicle_of is None else Registry(vehicle_of)
    admission = Admission(IngestSettings.model_validate(settings), registry)
    return admission.admit(NATIVE.decode(messages), messages)


def fix_of(terminal: str, seq: int, t: float = T) -> Message:
    return message(FIX | {"t": t, "seq": seq}, f"vg/v1/{terminal}/fix")


def test_without_a_registry_a_terminal_is_its_own_vehicle() -> None:
    batch, rejects = admit([fix_of("A", 1), fix_of("B", 2)])
    assert (vehicles(batch), rejects) == (["A", "B"], [])


def test_a_registered_terminal_speaks_for_its_vehicle() -> None:
    batch, rejects = admit([fix_of("A", 1)], {"A": "car"})
    assert (vehicles(batch), batch.ids, rejects) == (["car"], ("car",), [])


def test_two_terminals_of_one_vehicle_become_one_id() -> None:
    messages = [fix_of("A", 1), fix_of("X", 2), fix_of("B", 3), fix_of("A", 4)]
    batch, _ = admit(messages, {"A": "car", "B": "car", "X": "bike"})
    assert vehicles(batch) == ["car", "bike", "car", "car"]
    assert batch.ids == ("car", "bike")
    assert batch.seq.tolist() == [1, 2, 3, 4]


def test_an_unregistered_terminal_is_refused_and_leaves_its_neighbours() -> None:
    batch, rejects = admit([fix_of("A", 1), fix_of("Z", 2), fix_of("A", 3)], {"A": "car"})
    assert batch.seq.tolist() == [1, 3]
    (reject,) = rejects
    assert (reject.reason, reject.detail) == ("unregistered", "no such terminal: Z")
    assert (reject.terminal, reject.seq, reject.topic) == ("Z", 2, "vg/v1/Z/fix")
    assert reject.payload == fix_of("Z", 2).payload


def test_a_refused_terminal_leaves_no_name_behind() -> None:
    """Names of the dictionary become vehicles further on."""
    for registry in (None, {"A": "car"}):
        batch, _ = admit([fix_of("Z", 1, T - 400 * 24 * HOUR), fix_of("A", 2)], registry)
        assert batch.ids == ("A" if registry is None else "car",)
    batch, rejects = admit([fix_of("Z", 1)], {})
    assert (len(batch), batch.ids, len(rejects)) == (0, (), 1)


def test_an_unregistered_terminal_named_like_a_vehicle_is_not_that_vehicle() -> None:
    batch, rejects = admit([fix_of("car", 1), fix_of("A", 2)], {"A": "car"})
    assert batch.seq.tolist() == [2]
    assert [r.terminal for r in rejects] == ["car"]


def test_the_window_of_clocks_holds_on_both_sides() -> None:
    arrival = NOW_MS / 1000
    ahead, age = 2 * HOUR, 24 * HOUR
    told = [arrival + ahead, arrival + ahead + 1, arrival - age, arrival - age - 1]
    batch, rejects = admit(
        [fix_of("A", n, t) for n, t in enumerate(told)], future_tolerance_s=ahead, max_age_days=1
    )
    assert batch.seq.tolist() == [0, 2]
    assert [(r.reason, r.detail, r.seq) for r in rejects] == [
        ("clock_off", "t is +2.0 h from its arrival", 1),
        ("clock_off", "t is -24.0 h from its arrival", 3),
    ]


def test_a_batch_of_nothing_is_admitted() -> None:
    batch, rejects = admit([message([])], {"A": "car"})
    assert (len(batch), rejects) == (0, [])
