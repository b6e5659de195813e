"""The session at the broker as the settings want it: a paho client, and its CONNECT.

It outlives the process: the broker keeps what comes while nobody is there.  `MqttSource` asks.
"""

from __future__ import annotations

import ssl

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.settings import IngestSettings

EXPIRY_S = 7 * 86_400
"""For how long a broker of MQTT 5 keeps the session; one of 3.1.1 decides by itself."""


def client_of(settings: IngestSettings) -> paho.Client:
    """A client that acknowledges nothing and connects again by itself never."""
    is_5 = settings.mqtt_version == MQTTProtocolVersion.MQTTv5
    client = paho.Client(
        CallbackAPIVersion.VERSION2,
        client_id=settings.client_id,
        clean_session=None if is_5 else False,
        protocol=MQTTProtocolVersion(settings.mqtt_version),
        manual_ack=True,
        reconnect_on_failure=False,
    )
    if settings.username is not None:
        password = settings.password.get_secret_value() if settings.password else None
        client.username_pw_set(settings.username, password)
    if settings.tls_ca or settings.tls_certificate:
        client.tls_set(
            ca_certs=str(settings.tls_ca) if settings.tls_ca else None,
            certfile=str(settings.tls_certificate) if settings.tls_certificate else None,
            keyfile=str(settings.tls_key) if settings.tls_key else None,
            tls_version=ssl.PROTOCOL_TLS_CLIENT,
        )
    return client


def connect(client: paho.Client, settings: IngestSettings, host: str, port: int) -> None:
    """Open the connection and send CONNECT.  Raises `OSError`."""
    if settings.mqtt_version != MQTTProtocolVersion.MQTTv5:
        client.connect(host, port, settings.keepalive_s)
        return
    # Topic Alias Maximum is left out, which means none: `ingest.mqtt.packets` knows no aliases
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's
    properties.SessionExpiryInterval = EXPIRY_S
    properties.ReceiveMaximum = settings.receive_maximum
    client.connect(host, port, settings.keepalive_s, clean_start=False, properties=properties)
