"""All settings: one frozen model a room, from one TOML file and the environment.

Everything is validated before anything opens; what is wrong is one line that names file, key and
what was expected.  The environment wins: `VEHICLEGUARD_<ROOM>__<KEY>`, for example
`VEHICLEGUARD_INGEST__PORT=1883`; `VEHICLEGUARD_ADMIN_TOKEN` is short for the console's.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from alerts.settings import AlertSettings
from console.settings import ConsoleSettings
from ingest.settings import IngestSettings
from streams.settings import StreamSettings

PREFIX = "VEHICLEGUARD_"
# what Kubernetes gives to every pod beside a service named vehicleguard
_KUBERNETES = re.compile(r"VEHICLEGUARD_(SERVICE_(HOST|PORT)|PORT)(_|$)")
_SHORT = {"VEHICLEGUARD_ADMIN_TOKEN": ("console", "admin_token")}
_NOT_SETTINGS = frozenset({"VEHICLEGUARD_SETTINGS", "VEHICLEGUARD_SHARED_DATA"})


class SettingsError(ValueError):
    """The settings cannot be used; the text is one line."""


class Settings(BaseModel):
    """The whole file: a section a room, and the keys below."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path = Field(
        Path("data"), description="Folder of everything that is kept: log, ledger, broker's store."
    )
    outlines: Path | None = Field(
        None,
        description="GeoJSON file of areas that the map draws and that guard nothing (WGS-84).",
    )
    towns: Path | None = Field(
        None,
        description="GeoJSON file of Points with name_en and name_zh that the map writes (WGS-84).",
    )
    log_json: bool = Field(
        default=False, description="Write the log as JSON lines instead of text for people."
    )
    ingest: IngestSettings = IngestSettings()
    streams: StreamSettings = StreamSettings()
    alerts: AlertSettings = AlertSettings()
    console: ConsoleSettings = ConsoleSettings()


def load(path: Path | None, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of file `path` (None = defaults) and `environment`.  Raises `SettingsError`."""
    data: dict[str, Any] = {}
    if path is not None:
        try:
            data = tomllib.loads(path.read_text("utf-8"))
        except OSError as error:
            msg = f"{path}: cannot be read: {error.strerror or error}"
            raise SettingsError(msg) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            msg = f"{path}: not TOML: {error}"
            raise SettingsError(msg) from error
    origin: dict[tuple[str, ...], str] = {}
    for name, value in environment.items():
        if not name.startswith(PREFIX) or name in _NOT_SETTINGS or _KUBERNETES.match(name):
            continue
        keys = _SHORT.get(name) or tuple(name.removeprefix(PREFIX).lower().split("__"))
        _put(data, keys, value, name)
        origin[keys] = name
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        keys = tuple(str(part) for part in first["loc"])
        where = origin.get(keys) or f"{path or 'settings'}: {'.'.join(keys)}"
        if first["type"] == "extra_forbidden":
            known = ", ".join(_known(keys[:-1]))
            msg = f"{where}: no such setting; expected one of {known}"
        else:
            # a section may hold a secret, too
            is_secret = isinstance(first["input"], dict) or keys[-1:] in {
                ("admin_token",),
                ("session_secret",),
                ("password",),
                ("url",),  # some hold a key
            }
            found = "" if is_secret else f", found {first['input']!r}"
            msg = f"{where}: {first['msg']}{found}"
        raise SettingsError(msg) from error


def _put(data: dict[str, Any], keys: tuple[str, ...], value: str, name: str) -> None:
    for key in keys[:-1]:
        inner = data.setdefault(key, {})
        if not isinstance(inner, dict):
            msg = f"{name}: {key} is not a section"
            raise SettingsError(msg)
        data = inner
    data[keys[-1]] = value


def _known(section: tuple[str, ...]) -> list[str]:
    model: type[BaseModel] = Settings
    for key in section:
        inner = model.model_fields[key].annotation
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            break
        model = inner
    return list(model.model_fields)
