"""The simulator's page says what there is."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import click

from vehicleguard.cli.simulate import simulate
from vehicleguard.simulator.receiver import Nuisances
from vehicleguard.simulator.theft import TheftKind

PAGE = (Path(__file__).parents[3] / "docs" / "simulator.md").read_text(encoding="utf-8")


def rows() -> dict[str, str]:
    return dict(re.findall(r"^\| `([a-z_]+)` \| ([^|]+?) \|", PAGE, re.MULTILINE))


def test_every_rate_is_documented_with_its_default() -> None:
    documented = rows()
    for one in fields(Nuisances):
        value = one.default
        text = f"{value[0]:g}–{value[1]:g} s" if isinstance(value, tuple) else f"{value:g}"
        assert documented[one.name] == text


def test_every_theft_is_documented() -> None:
    assert {str(kind) for kind in TheftKind} <= set(rows())


def test_every_option_is_documented() -> None:
    for option in simulate.params:
        assert isinstance(option, click.Option)
        assert f"`{option.opts[0]}" in PAGE
