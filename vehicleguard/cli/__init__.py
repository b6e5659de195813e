"""The command line: one module a command, each adding itself to `main` here."""

from __future__ import annotations

import importlib

import click

import vehicleguard

_COMMANDS = {
    # name: (module, attribute); imported only when called, so `--help` stays quick
    "decode": ("vehicleguard.cli.decode", "decode"),
    "demo": ("vehicleguard.cli.demo", "demo"),
    "run": ("vehicleguard.cli.run", "run"),
    "simulate": ("vehicleguard.cli.simulate", "simulate"),
    "replay": ("vehicleguard.cli.replay", "replay"),
    "rejects": ("vehicleguard.cli.rejects", "rejects"),
    "doctor": ("vehicleguard.cli.doctor", "doctor"),
    "bench": ("vehicleguard.cli.bench", "bench"),
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*_COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, attribute = _COMMANDS[cmd_name]
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)  # noqa: S101 - the table above is ours
        return command


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(vehicleguard.__version__, prog_name="vehicleguard")
def main() -> None:
    """Vehicle Guard: which vehicle is being stolen, and officers to it in minutes."""
