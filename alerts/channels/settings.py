"""What the operator may set of whom is told, and how: tables `[[alerts.channels]]`.

Checked before anything is opened; secrets come from the environment or from files, and are never in
the settings, in an error or in the log.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from alerts.level import Level
from alerts.outbox.destination import Destination, Quiet, Role
from alerts.vocabulary import Language

_LEVELS: Final = {level.label: level for level in Level}
_SECRET_BYTES: Final = (24, 64)
"""Standard Webhooks, "Signature scheme"."""


class ChannelError(ValueError):
    """A channel cannot be used as it is set; the text names it and no secret."""


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise ValueError("expected an address such as https://platform.example/events")
    return url


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("expected a time zone such as Asia/Shanghai") from error
    return name


Url = Annotated[str, AfterValidator(_address)]


class ChannelBase(BaseModel):
    """What every channel has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]{0,39}$",
        description="Name of the destination: lower-case letters, digits, dashes. "
        "What waits for it waits under this name.",
    )
    role: Role = Field(
        "system",
        description="Whose it is: `owner`, `grid`, `platform`, `county`, `city`, `unit` or "
        "`system`; it says which levels and events are told ([who hears of what](channels.md)).",
    )
    from_level: Literal["blue", "yellow", "red"] | None = Field(
        None, description="Level from which on it is told; unset, that of its role."
    )
    area: str = Field(
        "",
        description="Code of the area it is in charge of, of the file `alerts.force.areas`; unset, "
        "it is told wherever an incident lies.",
    )
    platform: str = Field(
        "",
        description="Id of the platform it is, of the file `alerts.force.platforms`: it is told of "
        "what it is the nearest to, and of what it was given.",
    )
    language: Language = Field("zh", description="Language of texts, `zh` or `en`.")
    plates: bool = Field(default=False, description="It may read plates.")
    phones: bool = Field(default=False, description="It may read telephone numbers.")
    quiet_from: time | None = Field(
        None, description="Begin of its quiet hours, as in 22:00; red is told all the same."
    )
    quiet_to: time | None = Field(None, description="End of its quiet hours.")
    zone: Annotated[str, AfterValidator(_zone)] = Field(
        "Asia/Shanghai", description="Time zone of its quiet hours."
    )
    fallback: str = Field(
        "", description="Name of the destination that is told what this one has not taken in time."
    )
    only_fallback: bool = Field(
        default=False, description="It is told of nothing but in another's stead."
    )
    deadline_s: float = Field(
        60, gt=0, le=86_400, description="Seconds after which the fallback is told."
    )
    keep_s: float = Field(
        86_400,
        gt=0,
        le=30 * 86_400,
        description="Seconds after which what was not taken is a dead letter.",
    )

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if (self.quiet_from is None) is not (self.quiet_to is None):
            raise ValueError("expected quiet_from and quiet_to, or neither")
        if self.area and self.platform:
            raise ValueError("expected area or platform")
        if self.deadline_s > self.keep_s:
            raise ValueError("expected deadline_s no longer than keep_s")
        return self

    def destination(self) -> Destination:
        """It as the outbox sees it."""
        quiet = None
        if self.quiet_from is not None and self.quiet_to is not None:
            quiet = Quiet(self.quiet_from, self.quiet_to, self.zone)
        return Destination(
            self.name,
            self.role,
            floor=_LEVELS[self.from_level] if self.from_level else None,
            language=self.language,
            plates=self.plates,
            phones=self.phones,
            quiet=quiet,
            fallback=self.fallback,
            deadline_s=self.deadline_s,
            keep_s=self.keep_s,
            area=self.area,
            platform=self.platform,
        )


class _Signed(ChannelBase):
    """What is posted and signed."""

    url: Url = Field(description="Address that is posted to.")
    secret_env: str | None = Field(
        None, description="Environment variable with the secret, `whsec_` and base64."
    )
    secret_file: Path | None = Field(None, description="File with the secret, instead.")
    ca: Path | None = Field(
        None, description="PEM file of the authorities to trust; unset, those of the system."
    )

    @model_validator(mode="after")
    def _has_one_secret(self) -> Self:
        if (self.secret_env is None) is (self.secret_file is None):
            raise ValueError("expected secret_env or secret_file")
        return self

    def secret(self, environment: Mapping[str, str]) -> str:
        """The secret.  Raises `ChannelError` where there is none, or one that is too short."""
        where = self.secret_env or str(self.secret_file)
        if where.startswith("whsec_"):  # the secret itself was put where its place belongs
            msg = f"channel {self.name}: expected the name of a variable or file, found a secret"
            raise ChannelError(msg)
        try:
            if self.secret_file is not None:
                found = self.secret_file.read_text("utf-8").strip()
            else:
                found = environment.get(where, "").strip()
        except (OSError, UnicodeDecodeError) as error:
            msg = f"channel {self.name}: {where} cannot be read: {type(error).__name__}"
            raise ChannelError(msg) from error
        try:
            size = len(base64.b64decode(found.removeprefix("whsec_"), validate=True))
        except (binascii.Error, ValueError):
            size = 0
        if not found.startswith("whsec_") or not _SECRET_BYTES[0] <= size <= _SECRET_BYTES[1]:
            msg = (
                f"channel {self.name}: {where}: expected whsec_ and the base64 of "
                f"{_SECRET_BYTES[0]} to {_SECRET_BYTES[1]} random bytes"
            )
            raise ChannelError(msg)
        return found


class WebhookSettings(_Signed):
    """CloudEvents 1.0 to any other system."""

    type: Literal["webhook"]


class GovernanceSettings(_Signed):
    """The governance platform, whose callbacks are signed with the same secret."""

    type: Literal["governance"]
    role: Role = "county"


class CapSettings(_Signed):
    """CAP 1.2 by a signed POST."""

    type: Literal["cap"]
    role: Role = "county"


class CotSettings(ChannelBase):
    """Cursor-on-Target to a TAK server."""

    type: Literal["cot"]
    role: Role = "city"
    host: str = Field(min_length=1, description="Host of the TAK server.")
    port: int = Field(ge=1, le=65535, description="TCP port of its input.")
    tls_ca: Path | None = Field(
        None, description="PEM file of the server's authority; set, the line is TLS."
    )
    tls_certificate: Path | None = Field(None, description="PEM file of our certificate.")
    tls_key: Path | None = Field(None, description="PEM file of its key.")
    lasts_s: float = Field(
        3600,
        gt=0,
        le=7 * 86_400,
        description="Seconds for which it stays on the map without news.",
    )


class UnitSettings(ChannelBase):
    """Police units, over the broker of the run."""

    type: Literal["units"]
    role: Role = "unit"
    keep_s: float = 3600


class OwnerSettings(ChannelBase):
    """Owners, by whatever Apprise can speak to."""

    type: Literal["owners"]
    role: Role = "owner"
    # few of these services know that they have a message already
    keep_s: float = 600
    owners: Path = Field(
        description="CSV file with the columns `vehicle_id` and `address` (Apprise)."
    )


ChannelSettings = Annotated[
    WebhookSettings | GovernanceSettings | CapSettings | CotSettings | UnitSettings | OwnerSettings,
    Field(discriminator="type"),
]


CHANNELS: Final[tuple[type[ChannelBase], ...]] = (
    WebhookSettings,
    GovernanceSettings,
    CapSettings,
    CotSettings,
    UnitSettings,
    OwnerSettings,
)
"""Every type of channel, as the reference page lists them."""


def checked(channels: tuple[ChannelSettings, ...]) -> tuple[ChannelSettings, ...]:
    """`channels`, if their names and fallbacks fit together; raises `ValueError`."""
    by_name = {one.name: one for one in channels}
    if len(by_name) != len(channels):
        raise ValueError("expected each name once")
    if sum(isinstance(one, UnitSettings) for one in channels) > 1:
        raise ValueError("expected one channel of type units at most")
    for one in channels:
        seen, name = {one.name}, one.fallback
        while name:
            if name not in by_name:
                msg = f"{one.name}: fallback {name}: no such channel"
                raise ValueError(msg)
            if name in seen:
                msg = f"{one.name}: its fallbacks go round in a circle"
                raise ValueError(msg)
            seen.add(name)
            name = by_name[name].fallback
    return channels
