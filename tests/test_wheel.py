"""The wheel holds what it should, and works in a clean venv outside of the repository."""

import importlib.metadata
import json
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
ROOMS = {"ingest", "geofence", "streams", "alerts", "console", "vehicleguard"}


def run(*command: object, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    # An empty environment: nothing of this checkout may reach the program by PYTHONPATH or PATH.
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(cwd)},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert (ROOT / "console" / "page" / "index.html").exists(), "run: make page"
    out = tmp_path_factory.mktemp("wheel")
    command = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT)
    built = run(*command, cwd=out)
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = out.glob("*.whl")
    return path


def declared_dependencies() -> list[importlib.metadata.Distribution]:
    """The distributions of requirements.lock that belong on this machine, as installed here."""
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    lines = re.findall(r"^(\w[^\\\n]*?)\s*\\?$", lock, re.MULTILINE)
    wanted = [Requirement(line) for line in lines]
    return [
        importlib.metadata.distribution(r.name)
        for r in wanted
        if r.marker is None or r.marker.evaluate()
    ]


@pytest.fixture(scope="module")
def clean(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A venv with the wheel and, linked from here to spare the network, what it declares to need.

    What only development needs is not linked, so an undeclared dependency is found out.
    """
    folder = tmp_path_factory.mktemp("clean") / "venv"
    venv.create(folder, with_pip=False, symlinks=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = folder / "lib" / version / "site-packages"
    for distribution in declared_dependencies():
        for file in distribution.files or []:
            source = Path(str(distribution.locate_file(file)))
            if file.parts[:1] != ("..",):
                link = site / file.parts[0]
                source = Path(str(distribution.locate_file(file.parts[0])))
            elif "bin" in file.parts:
                link = folder / "bin" / file.name
            else:
                continue
            if not link.exists() and source.exists():
                link.symlink_to(source.resolve())
    pip = (sys.executable, "-m", "pip", "--python", folder / "bin" / "python")
    installed = run(*pip, "install", "--no-deps", "--no-index", wheel, cwd=folder)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    return folder / "bin" / "vehicleguard"


def test_the_wheel_holds_the_six_rooms_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == ROOMS
    assert {f"{room}/py.typed" for room in ROOMS} <= set(names)
    assert [n for n in names if n.startswith("console/web/") or "node_modules" in n] == []
    assert [n for n in names if "/tests/" in n or "__pycache__" in n] == []


def test_the_wheel_carries_page_sample_and_licence(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "console/page/index.html" in names
    assert [n for n in names if n.startswith("console/page/") and n.endswith(".js")]
    sample = [n for n in names if n.startswith("vehicleguard/sample/")]
    here = (ROOT / "vehicleguard" / "sample").rglob("*")
    assert len(sample) == len([p for p in here if p.is_file() and "__pycache__" not in p.parts])
    assert sample
    assert [n for n in names if n.endswith("dist-info/licenses/LICENSE")]


def test_the_installed_program_says_its_version(clean: Path, tmp_path: Path) -> None:
    result = run(clean, "--version", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert importlib.metadata.version("pytest") not in result.stdout
    assert re.search(r"\d+\.\d+\.\d+", result.stdout)


def test_the_installed_program_is_the_wheel_s_and_not_this_checkout(
    clean: Path, tmp_path: Path
) -> None:
    code = "import ingest, vehicleguard; print(ingest.__file__, vehicleguard.__file__)"
    result = run(clean.parent / "python", "-c", code, cwd=tmp_path)
    assert str(ROOT) not in result.stdout
    assert result.stdout.count(str(clean.parent.parent)) == 2, result.stderr


def test_every_module_imports_with_the_declared_dependencies_alone(
    clean: Path, tmp_path: Path
) -> None:
    code = (
        "import importlib, pkgutil\n"
        f"for room in {sorted(ROOMS)}:\n"
        "    package = importlib.import_module(room)\n"
        "    for module in pkgutil.walk_packages(package.__path__, room + '.'):\n"
        "        if not module.name.endswith('__main__'):\n"
        "            importlib.import_module(module.name)\n"
    )
    result = run(clean.parent / "python", "-c", code, cwd=tmp_path)
    assert result.returncode == 0, result.stderr


def test_the_installed_program_decodes_a_payload(clean: Path, tmp_path: Path) -> None:
    payload = '{"t": 1767225600, "lon": 112.355, "lat": 28.554, "speed": 3.5}\n'
    arguments = ("decode", "--dialect", "native", "--topic", "vg/v1/T1/fix")
    result = run(clean, *arguments, cwd=tmp_path, stdin=payload)
    assert result.returncode == 0, result.stderr
    (fix,) = json.loads(result.stdout)["fixes"]
    assert (fix["terminal"], fix["lon"], fix["lat"]) == ("T1", 112.355, 28.554)


def test_the_installed_program_examines_its_machine(clean: Path, tmp_path: Path) -> None:
    result = run(clean, "doctor", "--json", "--port", 0, "--mqtt-port", 0, cwd=tmp_path)
    checks = {c["check"]: c["verdict"] for c in json.loads(result.stdout)["checks"]}
    assert checks["page"] == "ok"
    assert checks["node"] == "ok"
    assert checks["broker"] == "ok"
