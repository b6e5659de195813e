"""Settings: one line that names where, what and what was expected; nothing opens before."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from vehicleguard import settings
from vehicleguard.cli import main
from vehicleguard.settings import Settings, SettingsError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def load(file: Path, text: str, **environment: str) -> Settings:
    file.write_text(text)
    return settings.load(file, environment)


def wrong(file: Path | None, text: str = "", **environment: str) -> str:
    if file is not None and text:
        file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        settings.load(file, environment)
    said = str(caught.value)
    assert "\n" not in said
    return said


def test_without_a_file_everything_has_a_default() -> None:
    assert settings.load(None, {}) == Settings()


def test_an_empty_file_says_nothing(file: Path) -> None:
    assert load(file, "") == Settings()


def test_a_file_sets_what_it_names(file: Path) -> None:
    found = load(
        file,
        'data = "kept"\nlog_json = true\n[ingest]\nport = 1900\nflush_ms = 5\n[console]\nport = 0\n'
        "[streams]\nsnapshot_s = 2.5\n",
    )
    assert (found.data, found.log_json) == (Path("kept"), True)
    assert (found.ingest.port, found.ingest.flush_ms) == (1900, 5)
    assert (found.console.port, found.streams.snapshot_s) == (0, 2.5)


def test_the_environment_wins(file: Path) -> None:
    found = load(
        file,
        'data = "a"\n[ingest]\nport = 1900\nflush_ms = 5\n',
        VEHICLEGUARD_INGEST__PORT="1901",
        VEHICLEGUARD_DATA="b",
        VEHICLEGUARD_LOG_JSON="true",
        OTHER_INGEST__PORT="7",
    )
    assert (found.data, found.log_json) == (Path("b"), True)
    assert (found.ingest.port, found.ingest.flush_ms) == (1901, 5)


def test_the_administrator_s_token_comes_from_the_environment_and_stays_secret(file: Path) -> None:
    environment = {"VEHICLEGUARD_ADMIN_TOKEN": "of-the-shell"}
    found = load(file, '[console]\nadmin_token = "of-the-file"', **environment)
    assert found.console.admin_token is not None
    assert found.console.admin_token.get_secret_value() == "of-the-shell"
    assert "of-the-shell" not in repr(found)


def test_variables_that_are_no_settings_are_left_alone() -> None:
    assert settings.load(None, {"VEHICLEGUARD_SETTINGS": "x"}) == Settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("port = 5", "{}: port: no such setting; expected one of data, outlines, towns, log_json"),
        ("[inject]\nx = 1", "{}: inject: no such setting; expected one of data"),
        ("[ingest]\nprot = 1", "{}: ingest.prot: no such setting; expected one of host, port, "),
        ("[ingest]\nport = 'x'", "{}: ingest.port: Input should be a valid integer"),
        ("[ingest]\nport = 0", "ingest.port: Input should be greater than or equal to 1, found 0"),
        ("[ingest]\nport = 70000", "less than or equal to 65535, found 70000"),
        ("[ingest]\nmqtt_version = 3", "{}: ingest.mqtt_version: Input should be greater"),
        ("[ingest]\nclient_id = 'a b'", "{}: ingest.client_id: String should match pattern"),
        ("[ingest]\nshare = 'a b'\nhost = 'b'", "{}: ingest.share: String should match"),
        ("[ingest]\nshare = 'a'\npassword = 'p'", "{}: ingest.share: Value error, the broker of"),
        ("[ingest]\nreceive_maximum = 65536", "{}: ingest.receive_maximum: Input should be less"),
        ("[streams]\nsnapshot_s = inf", "{}: streams.snapshot_s: Input should be less than"),
        ("[streams]\nsnapshot_s = nan", "{}: streams.snapshot_s: Input should be"),
        ("ingest = 5", "{}: ingest: "),
        ("data = 5", "{}: data: Input is not a valid path"),
        ("data = ", "{}: not TOML: "),
        ("[ingest]\nport = 1\nport = 2", "{}: not TOML: "),
        ("x = '''\n" + "y\n" * 50 + "'''", "{}: x: no such setting"),
    ],
)  # fmt: skip
def test_what_the_file_says_wrong_is_named(file: Path, text: str, said: str) -> None:
    assert said.format(file) in wrong(file, text)


def test_what_the_environment_says_wrong_names_the_variable(file: Path) -> None:
    port = wrong(file, "[ingest]\nport = 5", VEHICLEGUARD_INGEST__PORT="many")
    assert port.startswith("VEHICLEGUARD_INGEST__PORT: Input should be a valid integer")
    assert port.endswith("found 'many'")
    unknown = wrong(None, VEHICLEGUARD_INGEST__PROT="1")
    assert unknown.startswith("VEHICLEGUARD_INGEST__PROT: no such setting; expected one of host")
    section = wrong(file, "ingest = 5", VEHICLEGUARD_INGEST__PORT="1")
    assert section == "VEHICLEGUARD_INGEST__PORT: ingest is not a section"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    assert (
        wrong(tmp_path / "none")
        == f"{tmp_path / 'none'}: cannot be read: No such file or directory"
    )
    assert wrong(tmp_path) == f"{tmp_path}: cannot be read: Is a directory"
    (tmp_path / "latin").write_bytes(b"data = '\xe9'")
    assert wrong(tmp_path / "latin").startswith(f"{tmp_path / 'latin'}: not TOML: ")


CHANNEL = '[[alerts.channels]]\nname = "a"\n'
BAD = {
    "settings": ("[ingest]\nport = 'x'\n", "ingest.port"),
    "toml": ("port = = 1\n", "not TOML"),
    "zones": ('[streams]\nzones = "{0}/zones.geojson"\n', "zones.geojson"),
    "rules": ('[streams]\nrules = "{0}/rules.toml"\n', "rules.toml"),
    "registry": ('[ingest]\nregistry = "{0}/registry.csv"\n', "registry.csv"),
    "towns": ('towns = "{0}/towns.geojson"\n', "towns.geojson"),
    "share": ('[ingest]\nshare = "city"\nhost = "broker"\n', "ingest.share: this run decides"),
    "secret": (f'{CHANNEL}type = "webhook"\nurl = "http://h/"\nsecret_env = "NO"\n', "channel a"),
    "owners": (CHANNEL + 'type = "owners"\nowners = "{0}/registry.csv"\n', "registry.csv"),
    "absent": ('[streams]\nzones = "{0}/none.geojson"\n', "none.geojson"),
}


@pytest.mark.parametrize(("text", "named"), BAD.values(), ids=BAD)
def test_run_refuses_what_is_written_wrong_before_it_opens_anything(
    tmp_path: Path, file: Path, text: str, named: str
) -> None:
    ring = "[[[0,0],[1,1],[1,0],[0,95],[0,0]]]"
    (tmp_path / "zones.geojson").write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},'
        f'"geometry":{{"type":"Polygon","coordinates":{ring}}}}}]}}'
    )
    (tmp_path / "rules.toml").write_text("[plausibility]\nback_fill_after_s = 'long'\n")
    (tmp_path / "registry.csv").write_text("owner\nme\n")
    (tmp_path / "towns.geojson").write_text("{")
    data = tmp_path / "data"
    file.write_text(f'data = "{data}"\n' + text.format(tmp_path))
    result = CliRunner().invoke(main, ["run", "--settings", str(file)], catch_exceptions=False)
    assert result.exit_code == 2
    assert result.stderr.startswith("vehicleguard run: ")
    assert result.stderr.count("\n") == 1
    assert named in result.stderr
    assert result.stdout == ""
    assert not data.exists()


def test_run_check_says_that_all_is_well_and_opens_nothing(tmp_path: Path, file: Path) -> None:
    file.write_text(f'data = "{tmp_path / "data"}"\n')
    result = CliRunner().invoke(main, ["run", "--check", "--settings", str(file)])
    assert (result.exit_code, result.stdout) == (0, "settings are right\n")
    assert not (tmp_path / "data").exists()


def test_a_section_that_is_wrong_as_a_whole_shows_none_of_its_secrets(file: Path) -> None:
    said = wrong(file, '[ingest]\ngat1400_port = 1400\npassword = "hunter2"\n')
    assert "gat1400_port needs gat1400_users" in said
    assert "hunter2" not in said
