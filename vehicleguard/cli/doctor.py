"""`vehicleguard doctor`: what is wrong with this machine or installation, and how to mend it."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

import vehicleguard
from vehicleguard import doctor as judge
from vehicleguard import machine
from vehicleguard.doctor import Finding, Verdict
from vehicleguard.settings import Settings, SettingsError, load

_STYLES = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "bold red"}
_HEADINGS = {
    "en": ("check", "verdict", "found", "mend"),
    "zh": ("检查项", "结论", "现状", "处理办法"),
}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.option("--port", type=click.IntRange(0, 65535), help="Console port to check.")
@click.option("--mqtt-port", type=click.IntRange(0, 65535), help="MQTT port to check.")
@click.option("--data", type=click.Path(path_type=Path), help="Data folder to check.")
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path),
    envvar="VEHICLEGUARD_SETTINGS",
    help="Settings file to check; it also names ports and folder.",
)
@click.option("--lang", type=click.Choice(["en", "zh"]), help="Language; default: the locale's.")
def doctor(
    *,
    as_json: bool,
    port: int | None,
    mqtt_port: int | None,
    data: Path | None,
    settings_file: Path | None,
    lang: str | None,
) -> None:
    """Check this machine and say how to mend what is wrong.  Exit status 1 if anything fails."""
    problem = None
    try:
        settings = load(settings_file)
    except SettingsError as error:
        problem, settings = str(error), Settings()
    findings = examine(
        console_port=settings.console.port if port is None else port,
        mqtt_port=settings.ingest.port if mqtt_port is None else mqtt_port,
        jt808_port=settings.ingest.jt808_port,
        external_broker=settings.ingest.host,
        data=data or settings.data,
        settings_problem=problem,
    )
    language = lang or _locale_language()
    if as_json:
        click.echo(json.dumps(_as_json(findings, language), ensure_ascii=False, indent=2))
    else:
        _print(findings, language)
    sys.exit(any(f.verdict is Verdict.FAIL for f in findings))


def examine(
    *,
    console_port: int,
    mqtt_port: int,
    jt808_port: int | None,
    external_broker: str | None,
    data: Path,
    settings_problem: str | None,
) -> list[Finding]:
    """Gather the facts and judge them, in the order in which they are worth mending."""
    built, sources = machine.page_is_built(), machine.page_has_sources()
    folder = machine.nearest_folder(data)
    unwritable = machine.write_problem(folder)
    cache = machine.nearest_folder(machine.kernel_cache())
    ports = [
        judge.port(
            "console port", machine.port_state(console_port), "VEHICLEGUARD_CONSOLE__PORT=8643"
        )
    ]
    if external_broker is None:
        ports.append(
            judge.port("mqtt port", machine.port_state(mqtt_port), "VEHICLEGUARD_INGEST__PORT=1884")
        )
    if jt808_port is not None:
        ports.append(
            judge.port(
                "jt808 port", machine.port_state(jt808_port), "VEHICLEGUARD_INGEST__JT808_PORT=8809"
            )
        )
    return [
        judge.python(sys.version_info[:3]),
        judge.settings(settings_problem),
        judge.node(machine.node_version(), page_built=built, has_sources=sources),
        judge.page(built=built, has_sources=sources),
        judge.broker(machine.broker_path(), external=external_broker),
        *ports,
        judge.folder(str(data), unwritable),
        judge.disk(str(data), machine.free_bytes(folder)),
        judge.sqlite(
            sqlite3.sqlite_version_info,
            machine.journal_mode(folder) if unwritable is None else str(unwritable),
            machine.file_system(folder),
        ),
        judge.memory(machine.available_memory()),
        judge.clock(machine.clock_year(), monotonic_steps_back=machine.monotonic_steps_back()),
        judge.kernels(
            cached=machine.kernels_are_cached(), writable=machine.write_problem(cache) is None
        ),
        judge.encoding(machine.output_encoding()),
    ]


def _locale_language() -> str:
    # The order in which the C library looks at them.
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return "zh" if os.environ[name].startswith("zh") else "en"
    return "en"


def _as_json(findings: list[Finding], language: str) -> dict[str, object]:
    return {
        "version": vehicleguard.__version__,
        "ok": all(f.verdict is not Verdict.FAIL for f in findings),
        "checks": [
            {
                "check": f.check,
                "verdict": str(f.verdict),
                "found": f.found.in_language(language),
                "mend": f.mend and f.mend.in_language(language),
            }
            for f in findings
        ],
    }


def _print(findings: list[Finding], language: str) -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal without Chinese is one of the findings and no reason to fall over it.
        sys.stdout.reconfigure(errors="replace")
    table = Table(*_HEADINGS[language], box=None, pad_edge=False)
    for f in findings:
        table.add_row(
            f.check,
            Text(f.verdict, _STYLES[f.verdict]),
            Text(f.found.in_language(language)),
            Text(f.mend.in_language(language) if f.mend else ""),
        )
    Console().print(table)
