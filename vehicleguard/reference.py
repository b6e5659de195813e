"""The reference page of the documentation, written from the code.

Commands, settings, thresholds, metrics and reject reasons as they are declared, so that nothing can
be left undocumented.  `python -m vehicleguard.reference` prints it, `make docs` puts it into
docs/reference.md, and a test compares the two.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Sequence
from typing import get_args

import click
from prometheus_client import Counter
from prometheus_client.metrics import MetricWrapperBase
from pydantic import BaseModel, SecretStr

from alerts.channels.settings import CHANNELS, ChannelBase
from geofence.rules.model import (
    Holiday,
    ScheduleText,
    Timing,
    VehicleChoice,
    ZoneChoice,
    ZoneRule,
)
from ingest.reject import RejectReason
from streams.rules import Thresholds
from vehicleguard.cli import main
from vehicleguard.metrics import Metrics
from vehicleguard.settings import PREFIX, Settings

_REASONS = {
    RejectReason.NOT_JSON: "The payload is not JSON.",
    RejectReason.NOT_UTF8: "The payload is not UTF-8 text.",
    RejectReason.MISSING_FIELD: "A required field is not there.",
    RejectReason.BAD_VALUE: "A field has a value of the wrong type or out of its range.",
    RejectReason.OUTSIDE_EARTH: "Longitude or latitude lie outside of the earth.",
    RejectReason.CLOCK_OFF: "The time is further off than a terminal's clock can be believed.",
    RejectReason.TOO_LARGE: "The payload is larger than allowed.",
    RejectReason.TOO_DEEP: "The payload is nested more deeply than allowed.",
    RejectReason.IDENTITY_MISMATCH: "The payload speaks for another terminal than its topic.",
    RejectReason.UNKNOWN_TOPIC: "No dialect answers for the topic.",
    RejectReason.UNREGISTERED: "The terminal is not in the register of vehicles.",
    RejectReason.BAD_FRAME: "A binary message has not the form that its protocol gives it.",
    RejectReason.BAD_CHECKSUM: "The checksum of a binary message is not that of its bytes.",
    RejectReason.ENCRYPTED: "The message is encrypted, and this system has no key.",
    RejectReason.INCOMPLETE: "Parts of a message that was sent in parts did not come.",
}


def page() -> str:
    """The whole page as Markdown."""
    return "\n".join(
        [
            "# Reference",
            "",
            "Written from the code by `make docs`; do not edit by hand.",
            "",
            "## Commands",
            "",
            *_commands(),
            "## Settings",
            "",
            "One TOML file (`--settings FILE`, or `VEHICLEGUARD_SETTINGS`); the environment wins.",
            "",
            *_table(("key", "environment", "default", "meaning"), _settings(Settings, ())),
            "",
            "### Channels",
            "",
            "A table `[[alerts.channels]]` for each destination ([with examples](channels.md)).",
            "",
            *_table(("key", "of type", "default", "meaning"), _channels()),
            "",
            "## Detection thresholds",
            "",
            "The rules file (TOML or JSON) that the setting `streams.rules` names.",
            "",
            *_table(("key", "default", "meaning"), _thresholds(Thresholds, ())),
            "",
            "## Rules about zones",
            "",
            "In the same file ([how to write them](rules.md), [JSON Schema](rules.schema.json)).",
            "",
            *_table(("key", "default", "meaning"), _zone_rules()),
            "",
            "## Metrics",
            "",
            "Prometheus metrics at `/metrics`.",
            "",
            *_table(("metric", "type", "labels", "meaning"), _metrics()),
            "",
            "## Reject reasons",
            "",
            "Why something was not taken: label of `vg_rejects_total`, field of the log.",
            "",
            *_table(("reason", "meaning"), ((f"`{r}`", _REASONS[r]) for r in RejectReason)),
            "",
        ]
    )


def _commands() -> Iterator[str]:
    yield from _commands_of(main, click.Context(main, info_name="vehicleguard"), "")


def _commands_of(group: click.Group, context: click.Context, above: str) -> Iterator[str]:
    for own in group.list_commands(context):
        command = group.get_command(context, own)
        if command is None:
            continue
        name = f"{above}{own}"
        inner = click.Context(command, info_name=own, parent=context)
        usage = " ".join(command.collect_usage_pieces(inner))
        yield from (f"### vehicleguard {name}", "", f"`vehicleguard {name} {usage}`", "")
        yield from (inspect.cleandoc(command.help or ""), "")
        options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
        if options:
            rows = ((f"`{', '.join(p.opts)}`", p.help or "") for p in options)
            yield from (*_table(("option", "meaning"), rows), "")
        if isinstance(command, click.Group):
            yield from _commands_of(command, inner, f"{name} ")


def _settings(model: type[BaseModel], keys: tuple[str, ...]) -> Iterator[Sequence[str]]:
    for path, default, meaning in _leaves(model, keys):
        variable = PREFIX + "__".join(path).upper()
        yield f"`{'.'.join(path)}`", f"`{variable}`", default, meaning


def _channels() -> Iterator[Sequence[str]]:
    """Keys of channels, each with the types that have it, those of all first."""
    types = {model: get_args(model.model_fields["type"].annotation)[0] for model in CHANNELS}
    keys: dict[str, list[type[ChannelBase]]] = {}
    for model in types:
        for name in model.model_fields:
            keys.setdefault(name, []).append(model)
    yield "`type`", "all", "required", f"How it is spoken to: {', '.join(types.values())}."
    for name, models in keys.items():
        if name == "type":
            continue
        fields = [model.model_fields[name] for model in models]
        whose = "all" if len(models) == len(types) else ", ".join(types[m] for m in models)
        spelled = dict.fromkeys(
            "required"
            if field.is_required()
            else _spell(None if field.default == "" else field.default)
            for field in fields
        )
        meaning = next((field.description for field in fields if field.description), "")
        yield f"`{name}`", whose, " or ".join(spelled), meaning


def _thresholds(model: type[BaseModel], keys: tuple[str, ...]) -> Iterator[Sequence[str]]:
    for path, default, meaning in _leaves(model, keys):
        yield f"`{'.'.join(path)}`", default, meaning


def _zone_rules() -> Iterator[Sequence[str]]:
    """Keys of the parts that stand in tables and lists, which have no default as a whole."""
    parts: tuple[tuple[str, type[BaseModel]], ...] = (
        ("zone_rule[]", ZoneRule),
        ("zone_rule[].zones", ZoneChoice),
        ("zone_rule[].vehicles", VehicleChoice),
        ("schedules.NAME", ScheduleText),
        ("holidays.NAME", Holiday),
        ("timing", Timing),
    )
    for above, part in parts:
        for name, field in part.model_fields.items():
            default = field.get_default(call_default_factory=True)
            if field.is_required():
                spelled = "required"
            elif isinstance(default, BaseModel):
                spelled = '`"all"`'
            elif default in {(), ""}:
                spelled = "none"
            else:
                spelled = _spell(default)
            yield f"`{above}.{field.alias or name}`", spelled, field.description or ""


def _leaves(
    model: type[BaseModel], keys: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Path, default and description of every key that is not itself a section, in order."""
    for name, field in model.model_fields.items():
        path = (*keys, name)
        default = field.get_default(call_default_factory=True)
        if isinstance(default, BaseModel):
            yield from _leaves(type(default), path)
        else:
            yield path, _spell(default), field.description or ""


def _spell(default: object) -> str:
    if default is None or isinstance(default, SecretStr):
        return "none"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default}`"


def _metrics() -> Iterator[Sequence[str]]:
    declared = [m for m in vars(Metrics()).values() if isinstance(m, MetricWrapperBase)]
    for metric in declared:
        (description,) = metric.describe()
        # The exposition format adds the suffix to counters.
        name = description.name + ("_total" if isinstance(metric, Counter) else "")
        labels = ", ".join(f"`{label}`" for label in metric._labelnames)  # noqa: SLF001 - no public way
        yield f"`{name}`", description.type, labels, description.documentation


def _table(heading: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heading)} |"
    yield "|" + "---|" * len(heading)
    for row in rows:
        yield "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in row) + " |"


if __name__ == "__main__":
    sys.stdout.write(page())
