"""`vehicleguard decode` and `vehicleguard rejects`: their shapes are what outside checks read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ingest import sqlite
from ingest.admission import Admission
from ingest.dialects import DIALECTS, router_of
from ingest.dialects.native_packed import encode
from ingest.fix import FixBatch
from ingest.intake import Intake
from ingest.message import Message
from ingest.reject import Reject, RejectReason
from ingest.settings import IngestSettings
from ingest.store.sqlite_log import SqliteLog
from vehicleguard.cli import main
from vehicleguard.embedded import STORE

T_MS = 1_750_000_000_000


def call(*arguments: str, said: bytes = b"") -> Result:
    return CliRunner().invoke(main, list(arguments), input=said, catch_exceptions=False)


def decoded(*lines: bytes, options: Sequence[str] = ()) -> list[dict[str, object]]:
    result = call("decode", "--dialect", "native", *options, said=b"\n".join(lines) + b"\n")
    assert (result.exit_code, result.stderr) == (0, "")
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(answers) == len(lines)
    return answers


def test_a_fix_has_exactly_these_keys_and_unknown_is_null() -> None:
    (answer,) = decoded(b'{"t":1750000000.5,"lon":112.355,"lat":28.555}')
    assert answer == {
        "fixes": [
            {
                "terminal": "terminal",
                "t": 1750000000.5,
                "lon": 112.355,
                "lat": 28.555,
                "speed_mps": None,
                "heading_deg": None,
                "altitude_m": None,
                "accuracy_m": None,
                "flags": ["located"],
                "alarms": [],
            }
        ]
    }


def test_every_value_is_written_as_it_was_said() -> None:
    line = (
        b'{"t":1750000000,"lon":1,"lat":2,"speed":5.2,"heading":271.3,"acc":3.1,"alt":-7.7,'
        b'"ign":true,"armed":true,"alarms":["vibration","sos"],"located":false}'
    )
    (answer,) = decoded(line, options=("--topic", "vg/v1/T7/fix"))
    (fix,) = answer["fixes"]  # type: ignore[misc]  # a list, as the test above says
    assert fix["terminal"] == "T7"
    assert [fix[k] for k in ("speed_mps", "heading_deg", "accuracy_m", "altitude_m")] == [
        *(5.2, 271.3, 3.1, -7.7)
    ]
    assert fix["flags"] == ["ignition", "ignition_known", "armed", "armed_known"]
    assert fix["alarms"] == ["sos", "vibration"]
    assert (fix["lon"], fix["lat"]) == (1, 2)


def test_a_sighting_has_its_keys_and_no_fixes() -> None:
    (answer,) = decoded(
        '{"t":1750000000,"plate":"湘H12345","confidence":0.9,"lon":112.3,"lat":28.5}'.encode(),
        options=("--topic", "vg/v1/camera/C1/sighting"),
    )
    assert list(answer) == ["sightings"]
    (seen,) = answer["sightings"]  # type: ignore[misc]  # as above
    assert {k: seen[k] for k in ("camera", "t", "plate", "confidence", "lon", "lat")} == {
        "camera": "C1",
        "t": 1750000000,
        "plate": "湘H12345",
        "confidence": 0.9,
        "lon": 112.3,
        "lat": 28.5,
    }
    assert seen["plate_color"] is None


def test_a_message_without_a_fix_gives_its_kind() -> None:
    assert decoded(b'{"batt":7}', options=("--topic", "vg/v1/T1/status")) == [
        {"fixes": [], "kind": "status"}
    ]


def test_a_refused_line_answers_its_reason_and_harms_no_other() -> None:
    good = b'{"t":1750000000,"lon":1,"lat":2}'
    answers = decoded(
        good, b"", b"\xff", b"?", b'{"t":1}', good.replace(b"2}", b"99}"), b"[" * 5000, good
    )
    assert [a.get("reject") for a in answers] == [
        *(None, "not_json", "not_utf8", "not_json", "missing_field", "outside_earth"),
        *("too_deep", None),
    ]
    for answer in answers[1:-1]:
        assert set(answer) == {"reject", "detail"}
        assert answer["detail"]


def test_a_mixed_array_gives_its_fixes_and_its_refusals() -> None:
    (answer,) = decoded(b'[{"t":1750000000,"lon":1,"lat":2},{"t":5,"lon":1,"lat":2}]')
    assert len(answer["fixes"]) == 1  # type: ignore[arg-type]  # as above
    assert answer["rejects"] == [
        {
            "reject": "clock_off",
            "detail": "expected t in epoch seconds of 2000 to 2100, found 5",
        }
    ]
    assert decoded(b"[]") == [{"fixes": []}]


def test_a_payload_above_the_limit_is_too_large() -> None:
    (answer,) = decoded(b" " * 262_145)
    assert answer == {
        "reject": "too_large",
        "detail": "expected at most 262144 bytes, found 262145",
    }


def test_the_last_line_needs_no_end_and_windows_line_ends_are_ends() -> None:
    result = call("decode", "--dialect", "native", said=b"[]\r\n[]")
    assert result.stdout == '{"fixes": []}\n{"fixes": []}\n'


def test_no_input_is_no_output() -> None:
    assert call("decode", "--dialect", "native").stdout == ""


def test_an_unknown_dialect_is_one_line_and_status_2() -> None:
    result = call("decode", "--dialect", "klingon")
    assert result.exit_code == 2
    known = ", ".join(sorted(DIALECTS))
    assert result.stderr == f"vehicleguard decode: --dialect klingon: expected one of {known}\n"
    assert result.stdout == ""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    letters = [
        Reject(RejectReason.NOT_JSON, "expected JSON", "vg/v1/A/fix", b"[/red] [bold]", T_MS),
        Reject(RejectReason.TOO_LARGE, "big", "vg/v1/\x9b2J/fix", b"\x1b[2J\xff", T_MS + 1000),
    ]
    nothing = DIALECTS["native"].decode([Message("vg/v1/T/status", b"", 0)]).sightings
    with closing(sqlite.connect(tmp_path / STORE)) as connection:
        SqliteLog(connection).append(FixBatch.empty(), nothing, letters, T_MS)
    return tmp_path


def test_dead_letters_are_listed_newest_first(store: Path) -> None:
    result = call("rejects", "--data", str(store), "--json")
    assert result.exit_code == 0
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {"t": 1750000001.0, "reason": "too_large", "detail": "big",
         "topic": "vg/v1/\x9b2J/fix", "payload": "\x1b[2J\\xff"},
        {"t": 1750000000.0, "reason": "not_json", "detail": "expected JSON",
         "topic": "vg/v1/A/fix", "payload": "[/red] [bold]"},
    ]  # fmt: skip
    assert len(call("rejects", "--data", str(store), "--json", "--limit", "1").stdout) < 120


def test_the_table_shows_payloads_as_they_are_and_no_escape_reaches_the_terminal(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    result = call("rejects", "--data", str(store))
    assert result.exit_code == 0
    assert "[/red] [bold]" in result.stdout
    assert r"\x1b[2J" in result.stdout
    assert "2025-06-15 15:06:40" in result.stdout
    assert "\x1b" not in result.stdout
    assert "\x9b" not in result.stdout


def test_dead_letters_are_filtered_by_reason(store: Path) -> None:
    result = call("rejects", "--data", str(store), "--json", "--reason", "not_json")
    assert [json.loads(line)["reason"] for line in result.stdout.splitlines()] == ["not_json"]
    empty = call("rejects", "--data", str(store), "--reason", "unregistered")
    assert (empty.exit_code, empty.stdout) == (0, "nothing was refused\n")
    assert call("rejects", "--data", str(store), "--reason", "weather").exit_code == 2


def test_the_settings_say_where_the_store_is(store: Path, tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text(f'data = "{store}"')
    assert "too_large" in call("rejects", "--settings", str(file), "--json").stdout
    file.write_text("nothing = 1")
    wrong = call("rejects", "--settings", str(file))
    assert (wrong.exit_code, wrong.stderr.count("\n")) == (2, 1)


def test_a_store_that_is_not_there_is_one_line_status_2_and_stays_away(tmp_path: Path) -> None:
    result = call("rejects", "--data", str(tmp_path / "none"))
    assert result.exit_code == 2
    assert result.stderr == (
        f"vehicleguard rejects: {tmp_path / 'none' / STORE}: no such store; has a run used it?\n"
    )
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("content", [b"no database " * 200, None])
def test_a_store_that_is_none_is_one_line_and_status_2(
    tmp_path: Path, content: bytes | None
) -> None:
    if content is None:
        (tmp_path / STORE).mkdir()
    else:
        (tmp_path / STORE).write_bytes(content)
    result = call("rejects", "--data", str(tmp_path))
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "cannot be opened as an SQLite database" in result.stderr


PHONE = b'{"_type": "location", "tst": 1750000000, "lon": 1, "lat": 2}'


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    """A store of two letters: of a dialect that was not spoken, and of nobody's topic."""
    said = [
        Message("owntracks/jane/phone", PHONE, T_MS),
        Message("nobody/knows", b"?", T_MS),
    ]
    with closing(sqlite.connect(tmp_path / STORE)) as connection:
        settings = IngestSettings.model_validate({})
        Intake(
            Admission(settings, None),
            SqliteLog(connection),
            max_payload_bytes=1000,
            clock_ms=lambda: T_MS,
            router=router_of(["native"]),
        ).take(said)
    return tmp_path


def test_letters_are_read_again_and_what_reads_now_is_stored_once(letters: Path) -> None:
    first = call("rejects", "replay", "--data", str(letters), "--json")
    outcome = {"letters": 2, "settled": 1, "refused": 1, "cut": 0, "fixes": 1, "sightings": 0}
    assert json.loads(first.stdout) == outcome | {"repeated": 0}
    second = call("rejects", "--data", str(letters), "replay")
    assert second.stdout == (
        "1 letters: 0 settled, 1 refused as before, 0 cut to 4,096 bytes and so not readable\n"
        "stored 0 fixes and 0 sightings; 0 were there already\n"
    )
    with closing(sqlite.connect(letters / STORE)) as connection:
        ((_, batch),) = SqliteLog(connection).read_from(1)
    assert batch.ids == ("jane:phone",)
    lines = call("rejects", "--data", str(letters), "--json").stdout.splitlines()
    listed = [json.loads(line) for line in lines]
    assert [letter["topic"] for letter in listed if "settled" in letter] == ["owntracks/jane/phone"]


def test_letters_are_counted_by_reason_and_dialect_and_replayed_by_them(letters: Path) -> None:
    counted = call("rejects", "--data", str(letters), "--count", "--json").stdout.splitlines()
    assert [json.loads(line) for line in counted] == [
        {"reason": "unknown_topic", "dialect": "none", "count": 1},
        {"reason": "unknown_topic", "dialect": "owntracks", "count": 1},
    ]
    by = ("--data", str(letters), "--json")
    other = call("rejects", "replay", "--dialect", "traccar", *by)
    assert json.loads(other.stdout)["letters"] == 0
    none = call("rejects", "replay", "--reason", "not_json", *by)
    assert json.loads(none.stdout)["letters"] == 0
    spoken = call("rejects", "replay", "--dialect", "owntracks", *by)
    assert json.loads(spoken.stdout)["settled"] == 1
    wrong = call("rejects", "replay", "--dialect", "klingon", *by)
    assert (wrong.exit_code, wrong.stderr.count("\n")) == (2, 1)
    assert call("rejects", "--data", str(letters), "--count").stdout.count("unknown_topic") == 1


def test_a_registry_that_is_wrong_is_one_line_and_nothing_is_read(
    letters: Path, tmp_path: Path
) -> None:
    file = tmp_path / "s.toml"
    file.write_text(f'data = "{letters}"\n[ingest]\nregistry = "nowhere.csv"\n')
    result = call("rejects", "replay", "--settings", str(file))
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)


def test_packed_payloads_are_read_in_hexadecimal() -> None:
    packed = encode(DIALECTS["native"].decode([Message("vg/v1/T/fix", LINE, T_MS)]).fixes)
    lines = packed.hex().encode() + b"\nzz\n00\n"
    result = call("decode", "--dialect", "native_packed", said=lines)
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert answers[0]["fixes"][0]["terminal"] == "T"
    assert [a.get("reject") for a in answers] == [None, "bad_value", "bad_frame"]


LINE = b'{"t": 1750000000, "lon": 112.355, "lat": 28.555}'
