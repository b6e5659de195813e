"""Channels in the settings: what is refused before anything opens, and that no secret is shown."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from alerts.action import Said
from alerts.channels.owner import OwnersError
from alerts.channels.settings import ChannelError
from alerts.level import Level
from alerts.outbox.destination import Destination
from alerts.outbox.routes import Routes
from alerts.outbox.schedule import Settled
from alerts.outbox.sqlite_outbox import SqliteOutbox
from alerts.outbox.store import Done
from alerts.report import Report
from alerts.sqlite_ledger import SqliteLedger
from ingest.settings import IngestSettings
from tests.unit.alerts.acting import step
from tests.unit.alerts.reports import report
from tests.webhook_receiver import SECRET, Receiver
from vehicleguard import settings as setting
from vehicleguard.cli import main
from vehicleguard.embedded import STORE
from vehicleguard.metrics import Metrics
from vehicleguard.outlets import Outlets
from vehicleguard.settings import SettingsError

HOOK = '[[alerts.channels]]\ntype = "webhook"\nname = "a"\nurl = "http://h/"\nsecret_env = "S"\n'


def load(tmp_path: Path, text: str) -> setting.Settings:
    file = tmp_path / "vehicleguard.toml"
    file.write_text(text, "utf-8")
    return setting.load(file, {})


def outlets(tmp_path: Path, text: str, environment: dict[str, str] | None = None) -> Outlets:
    held = load(tmp_path, text)
    given = {"S": SECRET} if environment is None else environment
    return Outlets(held.alerts, Metrics(), lambda: time.time_ns() // 10**6, given)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[alerts.channels]]\ntype = "fax"\nname = "a"\n', "webhook"),
        (HOOK.replace('"a"', '"A B"'), "pattern"),
        (HOOK.replace("http://h/", "ftp://secret@h/"), "expected an address"),
        (HOOK.replace("secret_env", "secret"), "secret"),
        (HOOK + 'secret_file = "f"\n', "secret_env or secret_file"),
        (HOOK + 'fallback = "b"\n', "no such channel"),
        (HOOK + 'fallback = "a"\n', "circle"),
        (HOOK + HOOK, "each name once"),
        (HOOK + 'quiet_from = "22:00"\n', "quiet_to"),
        (HOOK + 'zone = "Mars/Olympus"\n', "time zone"),
        (HOOK + "deadline_s = 60\nkeep_s = 10\n", "deadline_s"),
        (HOOK + "deadline_s = nan\n", "deadline_s"),
        (HOOK + 'from_level = "green"\n', "blue"),
    ],
)
def test_channels_that_do_not_fit_are_refused_by_name(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load(tmp_path, text)
    assert says in str(refused.value)
    assert "secret@" not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "secret",
    ["", "short", "whsec_", "whsec_QUFB", "whsec_%%%",
     base64.b64encode(b"x" * 32).decode(), "whsec_" + base64.b64encode(b"x" * 65).decode()],
)  # fmt: skip
def test_a_secret_that_is_none_is_refused_and_not_shown(secret: str, tmp_path: Path) -> None:
    with pytest.raises(ChannelError) as refused:
        outlets(tmp_path, HOOK, {"S": secret})
    assert "channel a: S" in str(refused.value)
    assert len(secret) < 8 or secret not in str(refused.value)


def test_a_secret_in_the_place_of_its_name_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(ChannelError) as refused:
        outlets(tmp_path, HOOK.replace('"S"', f'"{SECRET}"'))
    assert SECRET not in str(refused.value)


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    text = HOOK.replace('secret_env = "S"', f'secret_file = "{file}"')
    with pytest.raises(ChannelError):
        outlets(tmp_path, text, {})
    file.write_text(SECRET + "\n", "utf-8")
    assert [one.name for one in outlets(tmp_path, text, {}).routes.destinations] == ["a"]


def test_missing_files_are_found_before_anything_opens(tmp_path: Path) -> None:
    owners = f'[[alerts.channels]]\ntype = "owners"\nname = "o"\nowners = "{tmp_path}/none.csv"\n'
    with pytest.raises(OwnersError):
        outlets(tmp_path, owners)
    tak = '[[alerts.channels]]\ntype = "cot"\nname = "t"\nhost = "h"\nport = 1\ntls_ca = "none"\n'
    with pytest.raises(ChannelError):
        outlets(tmp_path, tak)


def test_a_destination_is_what_its_table_says(tmp_path: Path) -> None:
    text = HOOK + (
        'role = "grid"\nfrom_level = "yellow"\nlanguage = "en"\nplates = true\n'
        'quiet_from = "22:00"\nquiet_to = "07:00"\ndeadline_s = 5\n'
    )
    (one,) = outlets(tmp_path, text).routes.destinations
    assert (one.role, one.hears_from, one.language, one.plates) == (
        "grid", Level.YELLOW, "en", True,
    )  # fmt: skip
    assert one.quiet is not None
    assert one.quiet.holds(22 * 3_600_000)  # six in the morning in China


def test_a_run_tells_what_is_filed_and_goes_on_where_it_was(tmp_path: Path) -> None:
    store = tmp_path / STORE
    with Receiver() as receiver:
        first = outlets(tmp_path, HOOK.replace("http://h/", receiver.url))
        ledger = SqliteLedger(store, routes=first.routes)
        ledger.receive([report(level="red")], time.time_ns() // 10**6)
        for n in range(2):
            one = outlets(tmp_path, HOOK.replace("http://h/", receiver.url))
            one.start(store, ledger, b"k", (IngestSettings(), "", 0), lambda _: None)
            if n:
                ledger.receive([report(level="red", vehicle="w")], time.time_ns() // 10**6)
                one.wake()
            end = time.monotonic() + 30
            while len(receiver.effects) <= n and time.monotonic() < end:
                time.sleep(0.01)
            one.stop()
        ledger.disconnect()
    assert len(receiver.effects) == len(receiver.asked) == 2


def test_the_command_line_lists_replays_and_silences(tmp_path: Path) -> None:
    desk = Destination("desk", "system")
    ledger = SqliteLedger(tmp_path / STORE, routes=Routes((desk,)))
    ledger.receive([report(level="blue")], 1_700_000_000_000)
    kept = SqliteOutbox(tmp_path / STORE)
    (row,) = kept.waiting("desk", 9)
    kept.settle("desk", [Done(row, Settled("dead", "HTTP 422"), 1_700_000_001_000)])

    def run(*words: str) -> str:
        result = CliRunner().invoke(main, ["outbox", *words, "--data", str(tmp_path)])
        assert result.exit_code == 0, result.output
        return result.stdout

    shown = json.loads(run("list", "--state", "dead", "--json"))
    assert (shown["id"], shown["destination"], shown["detail"]) == (row.id, "desk", "HTTP 422")
    assert "HTTP 422" in run("list").replace("\n", "")
    assert run("list", "--state", "held") == "nothing\n"
    assert run("replay", row.id).startswith("1 of them")
    assert [one.id for one in kept.waiting("desk", 9)] == [row.id]
    assert run("replay", "--all").startswith("0 of them")
    assert run("silence", "--vehicle", "v", "--who", "li", "--why", "a fair").startswith("until")
    (one,) = kept.silences(time.time_ns() // 10**6)
    assert (one.author, one.reason, one.vehicle_id) == ("li", "a fair", "v")
    kept.disconnect()
    ledger.disconnect()


@pytest.mark.parametrize("words", [["replay"], ["silence", "--why", "x"], ["list"]])
def test_what_the_command_line_cannot_do_is_one_line(words: list[str], tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["outbox", *words, "--data", str(tmp_path / "none")])
    assert result.exit_code == 2
    assert result.stderr.startswith("vehicleguard outbox: ")
    assert result.stderr.count("\n") == 1


SAMPLE = Path(setting.__file__).parent / "sample"
FILES = f'platforms = "{SAMPLE}/platforms.csv"\nareas = "{SAMPLE}/jurisdictions.geojson"\n'
CITY = f"[alerts.force]\n{FILES}"


@pytest.mark.parametrize(
    ("key", "name", "hears"),
    [("area", "430902", True), ("area", "430903", False),
     ("platform", "P01", True), ("platform", "P02", False)],
)  # fmt: skip
def test_a_destination_hears_of_its_area_or_of_what_it_is_the_nearest_to(
    key: str, name: str, tmp_path: Path, *, hears: bool
) -> None:
    routes = outlets(tmp_path, HOOK + f'{key} = "{name}"\n' + CITY).routes
    ledger = SqliteLedger(":memory:", routes=routes)
    at = Report.from_wire({**report(level="red").body, "lon": 112.33695, "lat": 28.61751})
    (entry,) = ledger.receive([at], 1_000_000)
    assert bool(routes.of(entry, None, ())) is hears
    if key == "platform":
        given = step(ledger, entry.incident.id, "assigned", at_ms=1_001_000, said=Said(party="P02"))
        assert routes.of(given, entry.incident, ())


@pytest.mark.parametrize("line", ['area = "999999"', 'platform = "P99"'])
def test_an_area_or_platform_that_is_not_there_is_refused(line: str, tmp_path: Path) -> None:
    with pytest.raises(ChannelError, match="not in the file"):
        outlets(tmp_path, f"{HOOK}{line}\n{CITY}")
    with pytest.raises(ChannelError, match="not in the file"):
        outlets(tmp_path, f"{HOOK}{line}\n")
