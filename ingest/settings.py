"""What the operator may set of intake: the broker, the limits, the registry."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FilePath,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ingest.dialects import DIALECTS


def _words(value: object) -> object:
    """A list as the environment can hold it: names with commas between them."""
    if not isinstance(value, str):
        return value
    return [word for part in value.split(",") if (word := part.strip())]


class IngestSettings(BaseModel):
    """Section `[ingest]` of the settings file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str | None = Field(
        None, description="MQTT broker to connect to; none = a broker of our own is started."
    )
    port: int = Field(
        1883, ge=1, le=65_535, description="Port of the broker, or for our own one to listen on."
    )
    client_id: str = Field(
        "vehicleguard-ingest",
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="Name of our session at the broker; it must stay the same between runs.",
    )
    mqtt_version: int = Field(
        4, ge=4, le=5, description="MQTT protocol level: 4 (3.1.1) or 5; our own broker speaks 4."
    )
    username: str | None = Field(None, description="User name for the broker.")
    password: SecretStr | None = Field(None, description="Password for the broker.")
    tls_ca: FilePath | None = Field(
        None,
        description="PEM file of the authority behind the broker's certificate; turns TLS on.",
    )
    tls_certificate: FilePath | None = Field(None, description="PEM file of our own certificate.")
    tls_key: FilePath | None = Field(None, description="PEM file of our certificate's key.")
    share: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="Group of a shared subscription: processes that name the same one divide the "
        "messages among them, each under its own client_id; needs a broker that has them.",
    )
    receive_maximum: int = Field(
        8192,
        ge=1,
        le=65_535,
        description="Most messages that the broker may send before the first is acknowledged; "
        "told with MQTT 5 alone, with 3.1.1 the broker's own limit counts.",
    )
    keepalive_s: int = Field(30, ge=5, le=3600, description="MQTT keep-alive in seconds.")
    inbox_messages: int = Field(
        50_000,
        ge=100,
        le=10_000_000,
        description="Messages held between network and pipeline; when it is full, nothing "
        "more is read and the broker keeps what it has.",
    )
    flush_messages: int = Field(
        4096, ge=1, le=65_536, description="Most messages that make one block."
    )
    flush_ms: int = Field(
        100,
        ge=0,
        le=10_000,
        description="Longest wait for more messages of a block.",
    )
    gat1400_port: int | None = Field(
        None,
        ge=0,
        le=65_535,
        description="Port on which GA/T 1400 platforms and cameras post what they saw; "
        "none = they cannot.",
    )
    gat1400_host: str = Field(
        "127.0.0.1", description="Address that the GA/T 1400 port listens on; 0.0.0.0 = every one."
    )
    gat1400_users: Path | None = Field(
        None,
        description="CSV file of who may post there (columns user, password); the port needs it.",
    )
    gat1400_server_id: str = Field(
        "43090000005030000001",
        pattern=r"^[0-9]{20}$",
        description="Our own id on the GA/T 1400 port, 20 digits; it is also the realm of Digest.",
    )
    gat1400_body_bytes: int = Field(
        8_388_608,
        ge=1024,
        le=134_217_728,
        description="A larger body, pictures included, is refused on the GA/T 1400 port.",
    )
    gat1400_trust_registered: bool = Field(
        default=False,
        description="After a device has registered by Digest take its other requests without, "
        "from the same address and with the same User-Identify, for cameras that cannot do better.",
    )
    max_payload_bytes: int = Field(
        262_144, ge=64, le=16_777_216, description="A larger payload is refused as too_large."
    )
    dialects: Annotated[tuple[str, ...], BeforeValidator(_words)] | None = Field(
        None,
        description="Dialects taken over MQTT, by name; none = every one that has topics.",
    )
    gateways: Annotated[tuple[str, ...], BeforeValidator(_words)] = Field(
        (),
        description="Names that may send fixes of other terminals on `vg/v1/{name}/fixes`; "
        "any other speaks for itself alone.",
    )
    jt808_port: int | None = Field(
        None,
        ge=1,
        le=65_535,
        description="TCP port for terminals of JT/T 808; none = they are not listened to.",
    )
    jt808_host: str = Field(
        "127.0.0.1", description="Address to listen on for terminals of JT/T 808; 0.0.0.0 = all."
    )
    jt808_connections: int = Field(
        20_000,
        ge=1,
        le=1_000_000,
        description="Most connections of JT/T 808 terminals; each takes a file descriptor.",
    )
    jt808_silence_s: float = Field(
        600,
        ge=10,
        le=86_400,
        description="A JT/T 808 terminal that says nothing for so long is hung up on.",
    )
    registry: Path | None = Field(
        None,
        description="CSV file of terminals (columns terminal, vehicle_id); none = every terminal "
        "is taken, under its own name.",
    )
    future_tolerance_s: float = Field(
        86_400, ge=60, le=31_622_400, description="A fix further ahead of its arrival is refused."
    )
    max_age_days: float = Field(
        366, ge=1, le=3660, description="A fix older than this on arrival is refused."
    )
    retention_days: float = Field(
        14, gt=0, le=3660, description="Days for which fixes are kept in the durable log."
    )

    @field_validator("dialects")
    @classmethod
    def _are_known(cls, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for name in names or ():
            if name not in DIALECTS:
                msg = f"{name} is none of {', '.join(sorted(DIALECTS))}"
                raise ValueError(msg)
        return names

    @field_validator("share")
    @classmethod
    def _has_a_broker_that_can(cls, share: str | None, info: ValidationInfo) -> str | None:
        if share is not None and info.data.get("host") is None:
            raise ValueError(
                "the broker of our own has no shared subscriptions and would deliver nothing; "
                "name another one (ingest.host)"
            )
        return share

    @model_validator(mode="after")
    def _port_has_users(self) -> Self:
        if self.gat1400_port is not None and self.gat1400_users is None:
            raise ValueError("gat1400_port needs gat1400_users")
        return self
