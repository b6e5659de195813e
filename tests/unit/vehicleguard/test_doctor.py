import json
import os
import socket
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from vehicleguard import doctor, machine
from vehicleguard.cli import main
from vehicleguard.doctor import GIB, Finding, Port, Verdict

HEALTHY = [
    doctor.python((3, 11, 0)),
    doctor.node((20, 19, 0), page_built=False, has_sources=True),
    doctor.node(None, page_built=True, has_sources=False),
    doctor.page(built=True, has_sources=True),
    doctor.broker("/venv/bin/nats-server"),
    doctor.broker(None, external="mqtt.example.org"),
    doctor.port("console port", Port(8080, free=True), "X=1"),
    doctor.disk("data", 5 * GIB),
    doctor.folder("data", None),
    doctor.memory(2 * GIB),
    doctor.memory(None),
    doctor.sqlite((3, 35, 0), "wal", "ext4"),
    doctor.sqlite((3, 50, 1), "wal", None),
    doctor.clock(2026, monotonic_steps_back=False),
    doctor.kernels(cached=True, writable=True),
    doctor.encoding("utf-8"),
    doctor.encoding("UTF8"),
    doctor.settings(None),
]
AILING = [
    (doctor.python((3, 10, 14)), Verdict.FAIL, "3.10.14"),
    (doctor.node(None, page_built=False, has_sources=True), Verdict.FAIL, "not found"),
    (doctor.node((20, 18, 3), page_built=False, has_sources=True), Verdict.FAIL, "20.18.3"),
    (doctor.node(None, page_built=True, has_sources=True), Verdict.WARN, "not found"),
    (doctor.page(built=False, has_sources=True), Verdict.FAIL, "not built"),
    (doctor.page(built=False, has_sources=False), Verdict.FAIL, "not built"),
    (doctor.broker(None), Verdict.FAIL, "nats-server"),
    (
        doctor.port("mqtt port", Port(1883, free=False, holder="mosquitto (77)"), "X=1"),
        Verdict.FAIL,
        "mosquitto (77)",
    ),
    (doctor.port("mqtt port", Port(1883, free=False), "X=1"), Verdict.FAIL, "another process"),
    (
        doctor.port("console port", Port(80, free=False, permitted=False), "X=1"),
        Verdict.FAIL,
        "this user",
    ),
    (doctor.disk("data", GIB - 1), Verdict.FAIL, "1.0 GiB"),
    (doctor.disk("data", GIB), Verdict.WARN, "1.0 GiB"),
    (doctor.folder("data", "Permission denied"), Verdict.FAIL, "Permission denied"),
    (doctor.memory(GIB // 8), Verdict.FAIL, "0.1 GiB"),
    (doctor.memory(GIB // 2), Verdict.WARN, "0.5 GiB"),
    (doctor.sqlite((3, 34, 9), "wal", "ext4"), Verdict.FAIL, "too old"),
    (doctor.sqlite((3, 45, 0), "delete", "ext4"), Verdict.FAIL, "delete"),
    (doctor.sqlite((3, 45, 0), "wal", "nfs4"), Verdict.FAIL, "nfs4"),
    (doctor.clock(1970, monotonic_steps_back=False), Verdict.FAIL, "1970"),
    (doctor.clock(2106, monotonic_steps_back=False), Verdict.FAIL, "2106"),
    (doctor.clock(2026, monotonic_steps_back=True), Verdict.FAIL, "backwards"),
    (doctor.kernels(cached=False, writable=True), Verdict.WARN, "not compiled"),
    (doctor.kernels(cached=False, writable=False), Verdict.WARN, "cannot be kept"),
    (doctor.encoding("iso8859-1"), Verdict.WARN, "iso8859-1"),
    (doctor.settings("my.toml: ingest.port: wrong"), Verdict.FAIL, "my.toml: ingest.port"),
]


@pytest.mark.parametrize("finding", HEALTHY, ids=lambda f: f.check)
def test_what_is_well_needs_no_mending(finding: Finding) -> None:
    assert (finding.verdict, finding.mend) == (Verdict.OK, None)


@pytest.mark.parametrize(
    ("finding", "verdict", "word"), AILING, ids=[f"{f.check}: {f.found.en}" for f, _, _ in AILING]
)
def test_what_is_wrong_is_named_and_comes_with_its_mend_in_both_languages(
    finding: Finding, verdict: Verdict, word: str
) -> None:
    assert finding.verdict is verdict
    assert word in finding.found.en
    assert finding.found.zh
    assert finding.mend is not None
    assert all(finding.mend)
    assert any("一" <= character <= "鿿" for character in finding.mend.zh)


def test_a_taken_port_names_the_process_that_holds_it() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen(1)
        state = machine.port_state(holder.getsockname()[1])
    assert not state.free
    if Path("/proc/net/tcp").exists():
        assert state.holder is not None
        assert f"({os.getpid()})" in state.holder


def test_a_probed_port_is_free_again_afterwards() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    assert machine.port_state(number).free
    assert machine.port_state(number).free


def test_a_folder_that_does_not_exist_yet_is_judged_by_its_nearest_parent(tmp_path: Path) -> None:
    assert machine.nearest_folder(tmp_path / "a" / "b") == tmp_path
    assert machine.nearest_folder(tmp_path) == tmp_path


def test_probing_a_folder_leaves_nothing_behind(tmp_path: Path) -> None:
    assert machine.write_problem(tmp_path) is None
    assert machine.journal_mode(tmp_path) == "wal"
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_the_data_folder_is_found_out(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_text("not a folder")
    assert machine.write_problem(path) is not None
    assert machine.journal_mode(path) != "wal"


def test_a_folder_without_write_permission_is_found_out(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        # Permissions do not bind root; a read-only kernel file system does.
        folder = Path("/proc/self")
    else:
        folder = tmp_path / "locked"
        folder.mkdir(mode=stat.S_IRUSR | stat.S_IXUSR)
    assert machine.write_problem(folder) is not None


def test_facts_about_this_very_machine_can_be_had(tmp_path: Path) -> None:
    assert machine.free_bytes(tmp_path) > 0
    assert machine.clock_year() >= doctor.FIRST_YEAR
    assert not machine.monotonic_steps_back()
    if Path("/proc/meminfo").exists():
        assert (machine.available_memory() or 0) > 0
        assert machine.file_system(Path("/proc/self")) == "proc"


def test_a_node_that_answers_nonsense_counts_as_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\necho 'not a version'\n")
    node.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.node_version() is None
    node.write_text("#!/bin/sh\necho v22.3.1\n")
    assert machine.node_version() == (22, 3, 1)


def checks(output: str) -> dict[str, dict[str, str]]:
    return {check["check"]: check for check in json.loads(output)["checks"]}


def test_doctor_exits_with_one_and_names_a_taken_port(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen(1)
        number = holder.getsockname()[1]
        arguments = ["--json", "--lang", "en", "--port", str(number), "--mqtt-port", "0"]
        result = CliRunner().invoke(main, ["doctor", *arguments, "--data", str(tmp_path)])
    assert result.exit_code == 1
    found = checks(result.output)
    assert found["console port"]["verdict"] == "fail"
    assert str(number) in found["console port"]["found"]
    assert "VEHICLEGUARD_CONSOLE__PORT" in found["console port"]["mend"]
    assert found["mqtt port"]["verdict"] == "ok"
    assert found["sqlite"]["verdict"] == "ok"


def test_doctor_says_what_is_wrong_with_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "vehicleguard.toml"
    file.write_text("[console]\nprot = 1\n")
    arguments = ["--json", "--lang", "en", "--port", "0", "--mqtt-port", "0"]
    result = CliRunner().invoke(main, ["doctor", *arguments, "--settings", str(file)])
    assert result.exit_code == 1
    assert "prot" in checks(result.output)["settings"]["found"]


def test_who_has_a_broker_needs_neither_ours_nor_its_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VEHICLEGUARD_INGEST__HOST", "mqtt.example.org")
    result = CliRunner().invoke(main, ["doctor", "--json", "--lang", "en", "--port", "0"])
    found = checks(result.output)
    assert found["broker"]["verdict"] == "ok"
    assert "mqtt.example.org" in found["broker"]["found"]
    assert "mqtt port" not in found


@pytest.mark.parametrize(("locale", "word"), [("zh_CN.UTF-8", "检查项"), ("en_GB.UTF-8", "check")])
def test_doctor_speaks_the_language_of_the_locale(locale: str, word: str) -> None:
    result = CliRunner(env={"LC_ALL": locale, "COLUMNS": "200"}).invoke(
        main, ["doctor", "--port", "0", "--mqtt-port", "0"]
    )
    assert word in result.output


def test_doctor_survives_a_terminal_that_cannot_show_chinese() -> None:
    result = CliRunner(charset="ascii", env={"COLUMNS": "200"}).invoke(
        main, ["doctor", "--lang", "zh", "--port", "0", "--mqtt-port", "0"]
    )
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "ascii" in result.output


def test_the_port_of_jt808_is_checked_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("VEHICLEGUARD_INGEST__JT808_PORT", str(port))
        result = CliRunner().invoke(main, ["doctor", "--json", "--lang", "en"])
    found = {check["check"]: check for check in json.loads(result.output)["checks"]}
    assert found["jt808 port"]["verdict"] == "fail"
    assert str(port) in found["jt808 port"]["found"]
