from pathlib import Path

import pytest
from pydantic import ValidationError

from console.headers import security_headers
from console.settings import ConsoleSettings
from tests.unit.console.conftest import serving


@pytest.fixture
def page(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>行车卫士</title>", "utf-8")
    (tmp_path / "favicon.svg").write_text("<svg/>")
    (tmp_path / "assets" / "index-C0FFEE.js").write_text("//" + "x" * 5000)
    return tmp_path


def test_the_page_is_for_everybody_and_its_index_always_fresh(page: Path) -> None:
    with serving(page=page) as console:
        index = console.anonymous.get("/")
        assert "行车卫士" in index.text
        assert index.headers["content-type"] == "text/html; charset=utf-8"
        assert index.headers["cache-control"] == "no-cache"
        known = {"If-None-Match": index.headers["etag"]}
        assert console.anonymous.get("/", headers=known).status_code == 304
        icon = console.anonymous.get("/favicon.svg")
        assert icon.headers["content-type"] == "image/svg+xml"
        assert icon.headers["cache-control"] == "no-cache"


def test_assets_named_by_content_are_kept_for_good_and_packed(page: Path) -> None:
    with serving(page=page) as console:
        asset = console.anonymous.get("/assets/index-C0FFEE.js")
        assert asset.status_code == 200
        assert "immutable" in asset.headers["cache-control"]
        assert asset.headers["content-encoding"] == "gzip"


def test_a_page_that_was_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    with serving(page=tmp_path / "nowhere") as console:
        response = console.anonymous.get("/")
        assert response.status_code == 200
        assert "make page" in response.text
        assert console.anonymous.get("/assets/x.js").status_code == 404
        assert console.anonymous.get("/favicon.svg").status_code == 404


def test_files_beside_the_page_stay_private(page: Path) -> None:
    (page.parent / "secret.txt").write_text("secret")
    with serving(page=page / "assets") as console:
        for path in ("/..%2findex.html", "/%2e%2e/index.html", "/assets/..%2f..%2fsecret.txt"):
            assert console.anonymous.get(path).status_code == 404


def policy(**changes) -> dict[str, str]:
    text = security_headers(ConsoleSettings(**changes))["Content-Security-Policy"]
    return dict(part.split(" ", 1) for part in text.split("; "))


def test_nothing_is_loaded_from_elsewhere_and_nobody_frames_the_page() -> None:
    assert policy()["default-src"] == "'self'"
    assert policy()["connect-src"] == "'self'"
    assert policy()["frame-ancestors"] == "'none'"
    assert not any("unsafe" in value for value in policy().values())


@pytest.mark.parametrize(
    ("tiles", "origin"),
    [
        ("https://tiles.example/{z}/{x}/{y}.png?key=1", "https://tiles.example"),
        ("http://127.0.0.1:8080/{z}/{x}/{y}", "http://127.0.0.1:8080"),
        ("https://{s}.tiles.example/{z}/{x}/{y}.png", "https://*.tiles.example"),
        ("https://webrd0{s}.is.example/{z}/{x}/{y}", "https://*.is.example"),
    ],
)
def test_only_the_tiles_own_server_is_let_in(tiles: str, origin: str) -> None:
    assert policy(tiles=tiles)["connect-src"] == f"'self' {origin}"
    assert policy(tiles=tiles)["img-src"].endswith(f" {origin}")


@pytest.mark.parametrize(
    "tiles",
    [
        "tiles.example/{z}/{x}/{y}.png",
        "file:///{z}/{x}/{y}.png",
        "https:///{z}/{x}/{y}.png",
        "https://tiles.example/{z}/{x}.png",
        "https://a; script-src *//{z}/{x}/{y}",
        "https://user:password@tiles.example/{z}/{x}/{y}",
        "",
    ],
)
def test_an_address_that_is_no_tile_template_is_refused(tiles: str) -> None:
    with pytest.raises(ValidationError, match="tiles"):
        ConsoleSettings(tiles=tiles)


def test_every_setting_is_described_and_frozen() -> None:
    for name, field in ConsoleSettings.model_fields.items():
        assert field.description, name
    with pytest.raises(ValidationError):
        ConsoleSettings().port = 1
    with pytest.raises(ValidationError, match="nonsense"):
        ConsoleSettings(nonsense=1)


def test_secrets_are_not_printed() -> None:
    assert "correct horse" not in repr(ConsoleSettings(admin_token="correct horse"))  # noqa: S106
