"""A stored zone set answers as the one it was stored from, and a damaged file says so."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from geofence import ZoneSet, stored
from geofence.stored import StoredZonesError
from tests.unit.geofence.make import circle, collection, corridor, polygon

BOW_TIE = polygon([(113, 28), (114, 29), (114, 28), (113, 29), (113, 28)], id="bow")
ZONES = collection(
    polygon([(112, 28), (112.2, 28), (112.2, 28.2), (112, 28.2), (112, 28)], id="p", name="广场"),
    circle(112.1, 28.1, 3000, id="c", tags=["school"]),
    corridor([(112, 28), (112.3, 28.3)], 500, id="r"),
    {"type": "Feature", "id": "bad", "properties": {"k": [1, None]}, "geometry": None},
    BOW_TIE,
)


@pytest.fixture
def original() -> ZoneSet:
    return ZoneSet.from_geojson(ZONES, strict=False)


@pytest.fixture
def path(tmp_path: Path, original: ZoneSet) -> Path:
    original.save(tmp_path / "zones.vgz", "made of this")
    return tmp_path / "zones.vgz"


def places() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    lon, lat = rng.uniform((111.9, 27.9), (114.1, 29.1), (50_000, 2)).T
    lon[:2], lat[1:3] = np.nan, (95.0, np.inf)
    return lon, lat


def same(one: ZoneSet, other: ZoneSet) -> None:
    lon, lat = places()
    for own, their in zip(one.match(lon, lat), other.match(lon, lat), strict=True):
        np.testing.assert_array_equal(own, their)
    np.testing.assert_array_equal(one.signatures(lon, lat), other.signatures(lon, lat))
    np.testing.assert_array_equal(one.keys, other.keys)
    np.testing.assert_array_equal(one.shapes, other.shapes)
    assert one.zones == other.zones
    assert one.problems == other.problems
    assert json.dumps(one.to_geojson()) == json.dumps(other.to_geojson())


def test_a_loaded_set_is_the_one_that_was_saved(path: Path, original: ZoneSet) -> None:
    same(ZoneSet.load(path), original)
    same(ZoneSet.load(path, verify=True), original)
    assert len(ZoneSet.load(path)) == len(original)


def test_a_loaded_set_may_be_edited_and_saved_again(path: Path, original: ZoneSet) -> None:
    loaded, new = ZoneSet.load(path), original.zones[1]
    for edit in (
        lambda zones: zones.replacing(0, new),
        lambda zones: zones.adding(new).removing(1),
        lambda zones: zones.replacing(3, new).compacted(),
    ):
        same(edit(loaded), edit(original))
        edit(loaded).save(path.with_name("edited"))
        same(ZoneSet.load(path.with_name("edited")), edit(original).compacted())
    same(loaded, original)


def test_an_edit_of_a_loaded_set_decodes_no_other_zones(
    path: Path, original: ZoneSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = original.zones[1]

    def chain(zones: ZoneSet) -> ZoneSet:
        return zones.replacing(0, new).removing(2).adding(new).removing(0).replacing(4, new)

    with monkeypatch.context() as patch:
        patch.setattr(stored.Stored, "zones", lambda _: pytest.fail("all zones were decoded"))
        edited = chain(ZoneSet.load(path))
        edited.match(*places())
    same(edited, chain(original))


def test_every_zone_can_be_read_alone(
    tmp_path: Path, original: ZoneSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "BLOCK", 2)
    original.save(tmp_path / "zones")
    held = stored.read(tmp_path / "zones")
    assert tuple(held.zone(position) for position in range(len(original))) == original.zones
    assert held.zones() == original.zones


def test_an_empty_set_is_stored_too(tmp_path: Path) -> None:
    ZoneSet().save(tmp_path / "none")
    loaded = ZoneSet.load(tmp_path / "none")
    assert len(loaded) == 0
    assert loaded.match([112.0], [28.0])[0].size == 0


def test_loading_needs_no_compiling(path: Path) -> None:
    from geofence.grid import query  # noqa: PLC0415 - for its count of signatures

    lon, lat = places()
    before = len(query.match.signatures)
    ZoneSet.load(path).match(lon, lat)
    assert len(query.match.signatures) == max(1, before)


def test_a_file_that_was_mapped_may_be_replaced(path: Path, original: ZoneSet) -> None:
    loaded = ZoneSet.load(path)
    ZoneSet().save(path)
    same(loaded, original)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.9, 0.999])
def test_a_file_cut_short_says_so(path: Path, share: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(StoredZonesError, match="store it again"):
        ZoneSet.load(path)


def test_foreign_newer_and_damaged_files_say_so(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(b"PAR1" + data[4:])
    with pytest.raises(StoredZonesError, match="begins with something else"):
        ZoneSet.load(path)
    old = b'"version": %d'
    path.write_bytes(data.replace(old % stored.VERSION, old % 9, 1))
    with pytest.raises(StoredZonesError, match="of version 9, this reads 2"):
        ZoneSet.load(path)
    spot = len(data) - 200
    path.write_bytes(data[:spot] + bytes([data[spot] ^ 1]) + data[spot + 1 :])
    with pytest.raises(StoredZonesError, match="are damaged"):
        ZoneSet.load(path, verify=True)
    with pytest.raises(FileNotFoundError):
        ZoneSet.load(path.with_name("none"))


def test_what_cannot_be_written_leaves_the_old_file_and_no_litter(
    path: Path, original: ZoneSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("geofence.stored.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        original.save(path)
    assert path.read_bytes() == data
    assert [one.name for one in path.parent.iterdir()] == [path.name]
