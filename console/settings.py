"""Settings of the console: the section `[console]` of the settings file."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

_ORIGIN = re.compile(r"[A-Za-z0-9.{}-]+(:\d{1,5})?")


def _tile_template(template: str | None) -> str | None:
    if template is None:
        return None
    address = urlsplit(template)
    if address.scheme not in {"http", "https"} or not _ORIGIN.fullmatch(address.netloc):
        raise ValueError("expected an address such as https://tiles.example/{z}/{x}/{y}.png")
    if missing := [key for key in ("{z}", "{x}", "{y}") if key not in template]:
        msg = f"{', '.join(missing)} missing; expected https://tiles.example/{{z}}/{{x}}/{{y}}.png"
        raise ValueError(msg)
    return template


class ConsoleSettings(BaseModel):
    """Where the console listens, who may sign in, and how much it carries at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(
        "127.0.0.1",
        description="Address the console listens on; 0.0.0.0 opens it to the network.",
    )
    port: int = Field(
        8642, ge=0, le=65535, description="TCP port of the console; 0 takes any free one."
    )
    admin_token: SecretStr | None = Field(
        None,
        min_length=8,
        description="Bearer token of the administrator; unset, one is made at the first run.",
    )
    session_secret: SecretStr | None = Field(
        None,
        min_length=16,
        description="Key that signs session cookies; unset, one is made at the first run. "
        "Changing it signs everybody out.",
    )
    session_hours: float = Field(
        12.0, gt=0, le=24 * 31, description="Hours after which a session must sign in again."
    )
    wrong_tokens_per_minute: int = Field(
        10,
        ge=1,
        description="Wrong tokens one address may try in a minute before it has to wait.",
    )
    metrics_public: bool = Field(
        default=False,
        description="Answer /metrics to every address; otherwise only to this machine and to "
        "whoever brings the token.",
    )
    max_listeners: int = Field(
        200, ge=1, description="Live streams open at once; one more is asked to come back later."
    )
    backlog: int = Field(
        1000,
        ge=1,
        description="Ledger events a live stream may lag behind before it is closed; its listener "
        "comes back and resumes where it was.",
    )
    poll_s: float = Field(
        1.0,
        gt=0,
        le=60,
        description="Seconds between looks into the ledger when nobody says that it changed.",
    )
    tiles: Annotated[str | None, AfterValidator(_tile_template)] = Field(
        None,
        description="Address template of raster map tiles with {z}, {x} and {y}; unset, the map "
        "is drawn without any.",
    )
    tiles_attribution: str | None = Field(
        None, description="What the map has to say about the origin of its tiles."
    )
