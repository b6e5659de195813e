"""What stands between a fresh machine and the first command, tried where things are missing."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOOLS = ("sh", "make", "awk", "cat", "chmod", "date", "env", "find", "head", "id", "ls", "mktemp")
MORE_TOOLS = ("printf", "rm", "tee", "touch")


class Machine:
    """A copy of the build files, and a PATH that holds basic tools and what a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "checkout"
        self.bin = folder / "bin"
        self.bin.mkdir()
        shutil.copytree(ROOT / "deploy" / "dev", self.folder / "deploy" / "dev")
        shutil.copy(ROOT / "Makefile", self.folder)
        for tool in (*TOOLS, *MORE_TOOLS):
            path = shutil.which(tool)
            assert path is not None, tool
            (self.bin / tool).symlink_to(path)

    def program(self, name: str, script: str) -> None:
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env={"PATH": str(self.bin), "TMPDIR": str(self.folder)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def prerequisites(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The script, kept from other folders than this PATH's and from the real policy file."""
        script = self.folder / "deploy" / "dev" / "prerequisites.sh"
        text = script.read_text("utf-8").replace("PATH=$PATH:/usr/sbin:/sbin\n", "")
        script.write_text(text.replace("/usr/sbin/policy-rc.d", str(self.folder / "policy")))
        return self.run("sh", "deploy/dev/prerequisites.sh", *arguments)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_help_is_what_make_does_without_a_target(machine: Machine) -> None:
    result = machine.run("make")
    assert result.returncode == 0, result.stderr
    for target in ("demo", "test", "check", "bench", "prove", "chaos", "page", "lock", "clean"):
        assert f"make {target} " in result.stdout


def test_an_old_python_is_refused_with_its_mend(machine: Machine) -> None:
    machine.program("python3", 'case "$1" in --version) echo Python 3.9.2;; *) exit 1;; esac')
    result = machine.run("make", "demo")
    assert result.returncode == 2
    assert "Python 3.9.2" in result.stderr
    assert "make PYTHON=" in result.stderr
    assert not (machine.folder / ".venv").exists()


def test_a_python_without_venv_is_refused_with_its_mend(machine: Machine) -> None:
    machine.program("python3", 'case "$2" in *ensurepip*) exit 1;; esac')
    result = machine.run("make", "demo")
    assert result.returncode == 2
    assert "apt-get install python3-venv" in result.stderr


@pytest.mark.parametrize(
    "node", ["exit 127", 'case "$1" in --version) echo v18.1.0;; *) exit 1;; esac']
)
def test_no_node_or_an_old_one_is_refused_with_its_mend(machine: Machine, node: str) -> None:
    web = machine.folder / "console" / "web"
    web.mkdir(parents=True)
    (web / "package.json").write_text("{}")
    (web / "package-lock.json").write_text("{}")
    machine.program("node", node)
    result = machine.run("make", "page")
    assert result.returncode == 2
    assert "Node 20.19 or later" in result.stderr
    assert "make node" in result.stderr


def test_a_failing_step_shows_what_it_printed_and_keeps_its_status(machine: Machine) -> None:
    script = "echo the reason; echo more of it >&2; exit 7"
    result = machine.run("sh", "deploy/dev/step.sh", "Trying", "sh", "-c", script)
    assert result.returncode == 7
    assert "Trying" in result.stdout
    assert "the reason\nmore of it" in result.stdout
    assert list(machine.folder.glob("vehicleguard-step.*")) == []


def test_a_step_that_succeeds_is_one_line(machine: Machine) -> None:
    result = machine.run("sh", "deploy/dev/step.sh", "Trying", "sh", "-c", "echo chatter")
    assert result.returncode == 0
    assert result.stdout.startswith("• Trying … ")
    assert result.stdout.count("\n") == 1


def test_a_machine_that_has_everything_installs_nothing(machine: Machine) -> None:
    for name in ("chromium", "mosquitto"):
        machine.program(name, "")
    machine.program("fc-list", "echo Noto Sans CJK SC")
    machine.program("apt-get", "exit 1")
    result = machine.prerequisites()
    assert (result.returncode, result.stdout) == (0, "")


def test_without_apt_what_is_missing_is_listed(machine: Machine) -> None:
    machine.program("fc-list", "")
    assert machine.prerequisites("--list").stdout.split() == [
        *("chromium", "mosquitto", "fonts-noto-cjk"),
    ]
    result = machine.prerequisites()
    assert result.returncode == 1
    assert "Missing on this machine: chromium mosquitto fonts-noto-cjk\n" in result.stderr


def test_an_ordinary_user_without_sudo_is_told_what_to_install(machine: Machine) -> None:
    machine.program("fc-list", "echo Noto Sans CJK SC")
    machine.program("apt-get", "exit 99")
    machine.program("id", "echo 1000")
    machine.program("sudo", "exit 1")
    result = machine.prerequisites()
    assert result.returncode == 1
    assert "apt-get install chromium mosquitto" in result.stderr


def test_root_installs_what_is_missing_and_starts_no_service(machine: Machine) -> None:
    machine.program("fc-list", "echo Noto Sans CJK SC")
    machine.program("id", "echo 0")
    machine.program(
        "apt-get",
        f"""echo "$*" >> {machine.folder}/asked
        sh {machine.folder}/policy; echo "policy $?" >> {machine.folder}/asked
        case "$*" in *install*) for name in chromium mosquitto; do
            printf '#!/bin/sh\\n' > {machine.bin}/$name; chmod 755 {machine.bin}/$name
        done;; esac""",
    )
    result = machine.prerequisites()
    assert result.returncode == 0, result.stderr
    asked = (machine.folder / "asked").read_text().splitlines()
    assert asked[0::2] == [
        "-y -qq update",
        "-y -qq install --no-install-recommends chromium mosquitto",
    ]
    assert asked[1::2] == ["policy 101", "policy 101"]
    assert not (machine.folder / "policy").exists()


def test_an_installation_that_changed_nothing_is_noticed(machine: Machine) -> None:
    machine.program("fc-list", "")
    machine.program("id", "echo 0")
    machine.program("apt-get", "exit 0")
    result = machine.prerequisites()
    assert result.returncode == 1
    assert "still not found" in result.stderr


def test_ci_runs_without_a_terminal_and_needs_its_services() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert "set -euo pipefail" in script
    assert "REQUIRE_SERVICES=1" in script
    assert "</dev/null" in script
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
