"""The link that asks an owner "is it you?": signed, for one incident and one vehicle, for a while.

Whoever has it may say "mine" or "stolen" of that incident and nothing else, without a login.
Reading it changes nothing: mail programs open links to look at them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeSerializer

from alerts.incident import Incident


@dataclass(frozen=True, slots=True)
class Question:
    """What a link asks: about which incident, of which vehicle's owner, until when (epoch s)."""

    incident_id: str
    vehicle_id: str
    until: float


class Links:
    """Makes links below the address `base` and reads them; `key` is 32 bytes that stay secret."""

    def __init__(self, key: bytes, base: str, valid_s: float) -> None:
        self._signer = URLSafeSerializer(
            key,
            salt=b"vehicleguard.owner-link",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )
        self._base = base.rstrip("/")
        self._valid_s = valid_s

    def link(self, incident: Incident, vehicle_id: str, now: float) -> str:
        """The address to send to the owner of `vehicle_id`."""
        token = self._signer.dumps([incident.id, vehicle_id, int(now + self._valid_s)])
        return f"{self._base}/answer/{token}"

    def question(self, token: str, now: float) -> Question | None:
        """What `token` asks; None when it is forged, or its time is over."""
        try:
            incident_id, vehicle_id, until = self._signer.loads(token)
            asked = Question(str(incident_id), str(vehicle_id), float(until))
        except (BadSignature, TypeError, ValueError):
            return None
        return asked if now < asked.until else None
