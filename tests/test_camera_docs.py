"""What the page about cameras shows is what happens."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from ingest.cameras.health import Condition
from ingest.cameras.register import Cameras
from ingest.dialects import DIALECTS
from ingest.gat1400.digest import Users
from ingest.settings import IngestSettings
from vehicleguard.cli import main
from vehicleguard.settings import load

ROOT = Path(__file__).parent.parent
PAGES = ("cameras.md", "cameras.zh-CN.md")
TEXT = (ROOT / "docs" / "cameras.md").read_text("utf-8")
EXAMPLES = re.findall(r"^echo '(.*)' \| vehicleguard (decode .*)$", TEXT, re.MULTILINE)


def block(language: str, of: int = 0) -> str:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)[of]


@pytest.mark.parametrize(("payload", "command"), EXAMPLES, ids=lambda v: v[:24])
def test_every_payload_of_the_page_is_a_sighting(payload: str, command: str) -> None:
    result = CliRunner().invoke(main, shlex.split(command), input=payload)
    (seen,) = json.loads(result.stdout)["sightings"]
    assert seen["plate"] == "湘H12345"
    assert seen["t"] == pytest.approx(1_767_225_600, abs=1)
    assert 0.8 < seen["confidence"] <= 1


def test_there_is_an_example_of_every_way() -> None:
    shown = {shlex.split(command)[2] for _, command in EXAMPLES}
    assert shown >= {"frigate", "onvif", "axis", "gat1400"}


@pytest.mark.parametrize("page", PAGES)
def test_every_dialect_of_cameras_and_every_condition_is_named(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    cameras = {"native", "frigate", "onvif", "axis", "gat1400", "openalpr", "platerecognizer"}
    assert cameras | {"huawei_vias"} <= set(DIALECTS)
    for name in (*cameras, "huawei_vias", *(c.name.lower() for c in Condition)):
        assert f"| `{name}` |" in text or f"`{name}` (" in text or f"`{name}`（" in text, name


def test_its_settings_users_and_cameras_can_be_used(tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text(block("toml"), "utf-8")
    ingest = load(settings, {}).ingest
    assert isinstance(ingest, IngestSettings)
    assert ingest.gat1400_port == 1400
    (tmp_path / "users.csv").write_text(block("csv", 0), "utf-8")
    users = Users.from_csv(tmp_path / "users.csv", ingest.gat1400_server_id)
    assert set(users.secrets) == {"platform-1"}
    (tmp_path / "cameras.csv").write_text(block("csv", 1), "utf-8")
    conversions = {name: (lambda lon, lat: (lon, lat)) for name in ("wgs84", "gcj02")}
    assert len(Cameras.from_csv(tmp_path / "cameras.csv", None, conversions)) == 2
