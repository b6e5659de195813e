"""Facts about this machine and installation, for `vehicleguard.doctor` to judge.

Reads and probes, changes nothing: sockets are closed, probe files are removed.  Linux tells most
through /proc; where it is absent the fact is None.
"""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import sysconfig
import tempfile
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import console
import streams
from vehicleguard.doctor import Port

_PROC = Path("/proc")
_CONSOLE = Path(console.__file__).parent


def node_version() -> tuple[int, ...] | None:
    """Version of the `node` on PATH, or None."""
    path = shutil.which("node")
    if path is None:
        return None
    try:
        answer = subprocess.run(  # noqa: S603 - the program PATH names, without a shell
            [path, "--version"], capture_output=True, text=True, timeout=10, check=False
        )
        return tuple(int(part) for part in answer.stdout.strip().removeprefix("v").split("."))
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def page_is_built() -> bool:
    """Whether the console has a page to serve."""
    return (_CONSOLE / "page" / "index.html").is_file()


def page_has_sources() -> bool:
    """Whether the page could be built here: true in a checkout, false in an installed wheel."""
    return (_CONSOLE / "web" / "package.json").is_file()


def broker_path() -> str | None:
    """Where `nats-server` is: beside the interpreter, else on PATH, else None."""
    beside = [sysconfig.get_path("scripts"), str(Path(sys.executable).parent)]
    return shutil.which("nats-server", path=os.pathsep.join(beside)) or shutil.which("nats-server")


def port_state(number: int, host: str = "127.0.0.1") -> Port:
    """Whether `number` can be listened on, found by listening on it for a moment."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, number))
            probe.listen(1)
        except PermissionError:
            return Port(number, free=False, permitted=False)
        except OSError:
            return Port(number, free=False, holder=_holder(number))
    return Port(number, free=True)


def _holder(number: int) -> str | None:
    """`name (pid)` of the process that listens on a port, as far as /proc shows it to us."""
    inodes = {f"socket:[{inode}]" for inode in _listening_inodes(number)}
    for process in _PROC.glob("[0-9]*"):
        try:
            if any(str(entry.readlink()) in inodes for entry in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text().strip()} ({process.name})"
        except OSError:  # another user's, or gone meanwhile
            continue
    return None


def _listening_inodes(number: int) -> set[str]:
    found = set()
    for table in ("tcp", "tcp6"):
        try:
            lines = (_PROC / "net" / table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            # proc_net_tcp(5): local address, state (0A = listening) and inode are columns 1, 3, 9.
            columns = line.split()
            if columns[3] == "0A" and int(columns[1].rsplit(":", 1)[1], 16) == number:
                found.add(columns[9])
    return found


def nearest_folder(path: Path) -> Path:
    """`path`, or the closest of its parents that exists: where it would be made."""
    path = path.absolute()
    return next((p for p in (path, *path.parents) if p.exists()), Path("/"))


def free_bytes(folder: Path) -> int:
    """Bytes that this user may still write there."""
    return shutil.disk_usage(folder).free


def write_problem(folder: Path) -> str | None:
    """Why nothing can be written there, in the system's words; None if it can."""
    if not folder.is_dir():
        return "not a folder"
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0" * 4096)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error.strerror or str(error)
    return None


def journal_mode(folder: Path) -> str:
    """What SQLite answers there when asked for WAL, or its error."""
    try:
        with (
            tempfile.TemporaryDirectory(dir=folder, prefix=".doctor-") as inside,
            closing(sqlite3.connect(Path(inside) / "probe.sqlite")) as database,
        ):
            answer = str(database.execute("PRAGMA journal_mode=WAL").fetchone()[0])
            database.execute("CREATE TABLE probe (x)")
            return answer
    except (OSError, sqlite3.Error) as error:
        return str(error)


def file_system(folder: Path) -> str | None:
    """Type of the file system that holds an absolute path, for example `ext4`; None if not told."""
    try:
        lines = (_PROC / "self" / "mountinfo").read_text().splitlines()
    except OSError:
        return None
    mounts: dict[Path, str] = {}
    for line in lines:
        # proc_pid_mountinfo(5): the mount point is column 4, the type follows the lone hyphen.
        columns = line.split()
        point = columns[4].replace("\\040", " ")
        mounts[Path(point)] = columns[columns.index("-") + 1]
    real = folder.resolve()
    return next((mounts[p] for p in (real, *real.parents) if p in mounts), None)


def available_memory() -> int | None:
    """Bytes of `MemAvailable`, capped by the control group's limit; None if not told."""
    try:
        lines = (_PROC / "meminfo").read_text().splitlines()
    except OSError:
        return None
    values = dict(line.split(":", 1) for line in lines)
    if "MemAvailable" not in values:
        return None
    available = int(values["MemAvailable"].split()[0]) * 1024
    group = Path("/sys/fs/cgroup")
    try:
        limit = (group / "memory.max").read_text().strip()
        used = int((group / "memory.current").read_text())
    except (OSError, ValueError):
        return available
    return available if limit == "max" else min(available, int(limit) - used)


def clock_year() -> int:
    """The year that the system's clock says."""
    return time.gmtime().tm_year


def monotonic_steps_back(readings: int = 1000) -> bool:
    """Whether the monotonic clock ever went backwards over some readings."""
    times = [time.monotonic_ns() for _ in range(readings)]
    return any(later < earlier for earlier, later in pairwise(times))


def kernel_cache() -> Path:
    """Where Numba keeps what it compiled: NUMBA_CACHE_DIR, or beside the kernels."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    return Path(named) if named else Path(streams.__file__).parent / "__pycache__"


def kernels_are_cached() -> bool:
    """Whether an index of compiled kernels is there."""
    return any(kernel_cache().rglob("*.nbi"))


def output_encoding() -> str:
    """Encoding of standard output."""
    return sys.stdout.encoding or "unknown"
