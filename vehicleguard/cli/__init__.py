"""The command line: one module a command, imported only when it is called."""

from __future__ import annotations

import importlib

import click

import vehicleguard

# name: its line in the list of commands.  The module of the same name beside this file holds it;
# the lines stand here so that asking for help does not load the compiler and the broker.
_COMMANDS = {
    "demo": "Show the whole system on this machine with simulated vehicles and thefts.",
    "run": "Run everything in one process: broker, intake, detection, console.",
    "simulate": "Put a simulated fleet, with its thefts, on an MQTT broker.",
    "replay": "Run recorded fixes (Parquet or CSV) through detection.",
    "evaluate": "Measure detection: thefts and hard negatives put into real traces.",
    "backtest": "Run recorded fixes through two rules files: alerts gained, lost, unchanged.",
    "decode": "Decode payloads, one a line, to JSON.",
    "rules": "Check, publish, compare and roll back the rules that operators write.",
    "zones": "Check, convert, compare and draw the zones that operators draw.",
    "cameras": "List the cameras and how they are; check a camera file.",
    "forces": "Check the files of platforms, village posts, units and jurisdictions.",
    "dispatch": "Explain whose an incident is, who was sent and why, and who would be sent now.",
    "report": "Print the 1-3-5 report: how long it took until officers signed, came, and closed.",
    "command": "Ask something of a terminal, and see what became of it.",
    "audit": "Show who changed and who looked, and check that nobody altered it.",
    "outbox": "Show what waits to be told and what could not be, replay it, silence.",
    "rejects": "List the newest dead letters, each with its reason, and read them again.",
    "bench": "Measure ingest, detection and latency on this machine.",
    "doctor": "Say what is wrong with this machine, and how to mend it.",
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(importlib.import_module(f"{__name__}.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)  # noqa: S101 - our own modules
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(vehicleguard.__version__, prog_name="vehicleguard")
def main() -> None:
    """Vehicle Guard: which vehicle is being stolen, and officers to it in minutes."""
