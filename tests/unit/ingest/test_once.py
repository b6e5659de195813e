"""Repeats of sightings: what counts as the same read, and how far back it is known."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.sighting import SightingBatch
from ingest.store.once import Once
from tests.unit.ingest.making import T, decode

ROWS = st.fixed_dictionaries(
    {"t": st.integers(T, T + 2)},
    optional={
        "plate": st.sampled_from(["A1", "A2"]),
        "read_id": st.sampled_from(["x", "y"]),
    },
)


def seen(*rows: dict[str, object]) -> SightingBatch:
    return decode(list(rows), "vg/v1/camera/C1/sighting").sightings


def key(row: dict[str, object]) -> tuple[object, ...] | None:
    if "read_id" in row:
        return (row["read_id"],)
    return (row["t"], row["plate"]) if "plate" in row else None


@given(st.lists(st.lists(ROWS, max_size=6), max_size=4))
def test_each_read_is_new_once_however_batches_are_cut(batches: list[list[dict]]) -> None:
    once, told, known = Once(), [], set()
    for rows in batches:
        fresh = once.fresh(seen(*rows))
        once.remember(fresh)
        told += list(zip(fresh.t_ms.tolist(), fresh.plate, fresh.read_id, strict=True))
    wanted = []
    for row in (row for rows in batches for row in rows):
        if key(row) is None or key(row) not in known:
            wanted.append((row["t"] * 1000, row.get("plate"), row.get("read_id")))
        known.add(key(row))
    assert told == wanted


def test_a_read_of_another_camera_is_another_read() -> None:
    once = Once()
    once.remember(seen({"t": T, "plate": "A1"}))
    other = decode([{"t": T, "plate": "A1"}], "vg/v1/camera/C2/sighting").sightings
    assert len(once.fresh(other)) == 1


def test_what_is_remembered_is_bounded_and_the_oldest_goes_first() -> None:
    once = Once(limit=3)
    reads = [{"t": T + n, "plate": "A1"} for n in range(5)]
    for read in reads:
        once.remember(seen(read))
    assert len(once) == 3
    assert [len(once.fresh(seen(read))) for read in reads] == [1, 1, 0, 0, 0]
