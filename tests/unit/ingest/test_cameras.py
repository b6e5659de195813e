"""The camera file: where cameras are, and which line is wrong."""

from pathlib import Path

import numpy as np
import pytest

from geofence.datum import Datum, from_wgs84, to_wgs84
from ingest.cameras.register import Cameras, CamerasError
from tests.unit.ingest.making import T, decode

CONVERSIONS = {str(d): (lambda lon, lat, d=d: to_wgs84(lon, lat, d)) for d in Datum}


def read(tmp_path: Path, content: str | bytes, datum: str | None = "wgs84") -> Cameras:
    path = tmp_path / "cameras.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Cameras.from_csv(path, datum, CONVERSIONS)


def test_cameras_have_a_place_and_may_have_a_direction(tmp_path: Path) -> None:
    held = read(
        tmp_path, "\ufeffcamera,lon,lat,direction_deg\n卡口1,112.3,28.5,270\nC2,112.4,28.6,\n"
    )
    assert held.ids == ("卡口1", "C2")
    assert (held.lon.tolist(), held.lat.tolist()) == ([112.3, 112.4], [28.5, 28.6])
    assert held.direction_deg[0] == 270
    assert np.isnan(held.direction_deg[1])


def test_places_are_converted_from_the_datum_that_is_said(tmp_path: Path) -> None:
    shifted = [from_wgs84(np.array([112.3]), np.array([28.5]), d) for d in Datum]
    rows = [
        f"{d},{lon[0]:.9f},{lat[0]:.9f},{d}" for d, (lon, lat) in zip(Datum, shifted, strict=True)
    ]
    held = read(tmp_path, "\n".join(["camera,lon,lat,datum", *rows]), None)
    np.testing.assert_allclose(held.lon, 112.3, atol=1e-7)
    np.testing.assert_allclose(held.lat, 28.5, atol=1e-7)


def test_a_sighting_without_a_place_is_where_its_camera_is(tmp_path: Path) -> None:
    held = read(tmp_path, "camera,lon,lat\nC1,112.3,28.5\n")
    rows = [{"t": T}, {"t": T, "lon": 1.0, "lat": 2.0}, {"t": T, "lon": 1.0}]
    lon, lat = held.places(decode(rows, "vg/v1/camera/C1/sighting").sightings)
    assert (lon.tolist(), lat.tolist()) == ([112.3, 1.0, 112.3], [28.5, 2.0, 28.5])
    lon, lat = held.places(decode(rows, "vg/v1/camera/C9/sighting").sightings)
    np.testing.assert_array_equal(lon, [np.nan, 1.0, np.nan])


def test_no_cameras_are_no_trouble(tmp_path: Path) -> None:
    assert len(read(tmp_path, "camera,lon,lat\n")) == len(Cameras()) == 0


@pytest.mark.parametrize(
    ("content", "datum", "said"),
    [
        ("camera,lon\n", "wgs84", "line 1: expected columns camera, lon, lat, found camera, lon"),
        ("", "wgs84", "line 1: expected columns camera, lon, lat, found nothing"),
        ("camera,lon,lat\n,1,2\n", "wgs84", "line 2: no camera"),
        ("camera,lon,lat\nC,1,2\nC,1,2\n", "wgs84", "line 3: camera C is there already"),
        ("camera,lon,lat\nC,28,112\n", "wgs84", "line 2: lat: expected -90 to 90, found 112"),
        ("camera,lon,lat\nC,,2\n", "wgs84", "line 2: lon: expected -180 to 180, found nothing"),
        (
            "camera,lon,lat\nC,1,2\n",
            None,
            "line 2: datum: nothing says it; expected one of wgs84, gcj02, bd09",
        ),
        (
            "camera,lon,lat,datum\nC,1,2,gcj02\n",
            "wgs84",
            "line 2: datum: expected wgs84, as asked for, found gcj02",
        ),
        (
            "camera,lon,lat,datum\nC,1,2,mars\n",
            None,
            "line 2: datum: expected one of wgs84, gcj02, bd09, found mars",
        ),
    ],
)
def test_what_is_wrong_is_one_line_with_its_number(tmp_path, content, datum, said) -> None:
    with pytest.raises(CamerasError) as caught:
        read(tmp_path, content, datum)
    assert str(caught.value) == f"{tmp_path / 'cameras.csv'}: {said}"


def test_a_check_names_every_bad_line_and_loading_the_first_few(tmp_path: Path) -> None:
    lines = [f"C{n},112.3,{n + 88}" for n in range(8)]
    path = tmp_path / "cameras.csv"
    path.write_text("\n".join(["camera,lon,lat", *lines]))
    assert Cameras.problems(path, "wgs84") == [
        f"line {n + 2}: lat: expected -90 to 90, found {n + 88}" for n in range(3, 8)
    ]
    with pytest.raises(CamerasError, match=r"line 5: .*line 7: .*\(and 2 more\)"):
        Cameras.from_csv(path, "wgs84")
    assert Cameras.problems(tmp_path / "none.csv")[0].startswith("expected a CSV file")
    path.write_text("camera,lon,lat\nC1,112.3,28.5\n")
    assert Cameras.problems(path, "wgs84") == []
    assert "C1" in Cameras.from_csv(path, "wgs84")
    assert "C2" not in Cameras.from_csv(path, "wgs84")


def test_a_file_that_is_no_text_says_so(tmp_path: Path) -> None:
    with pytest.raises(CamerasError, match="expected a CSV file in UTF-8"):
        read(tmp_path, b"camera,lon,lat\n\xff\xfe\n")
