"""A run refuses forces, areas and channels that are written wrong before it opens anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from vehicleguard.cli import main

CHANNEL = """
type = "webhook"
name = "w"
url = "https://example.org/"
secret_env = "NOBODY_SET_THIS"
"""
WRONG = {
    "forces": ('[alerts.force]\nplatforms = "{0}/platforms.csv"\n', "platforms.csv: line 2: lon"),
    "areas": ('[alerts.force]\nareas = "{0}/areas.geojson"\n', "areas.geojson: features"),
    "channel": (f"[[alerts.channels]]\n{CHANNEL}", "NOBODY_SET_THIS"),
}


@pytest.mark.parametrize(("text", "named"), WRONG.values(), ids=WRONG)
def test_it_is_one_line_and_status_2(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "platforms.csv").write_text("platform,name,lon,lat\np,p,999,28\n", "utf-8")
    (tmp_path / "areas.geojson").write_text("{}", "utf-8")
    data, settings = tmp_path / "data", tmp_path / "settings.toml"
    settings.write_text(f'data = "{data}"\n' + text.format(tmp_path), "utf-8")
    result = CliRunner().invoke(main, ["run", "--settings", str(settings)])
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].startswith("vehicleguard run: ")
    assert named in result.stderr
    assert not data.exists()
