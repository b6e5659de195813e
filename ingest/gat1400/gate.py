"""Who may post to the receiver of GA/T 1400: by Digest, or because a device registered so.

Cameras are met that do Digest when they register and never again; `trusts` lets those in from the
address that they registered from, under the name that they registered with.  Decides; the receiver
asks and answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from ingest.gat1400.digest import Digest, Verdict

TRUSTED = 10_000
TRUST_S = 3600
"""A registered device that is silent for longer has to register again."""
_BY_DIGEST = ("/VIID/System/Register", "/VIID/System/UnRegister")


class Asked(NamedTuple):
    """What of a request tells who sent it; `target` is its path and query as they came."""

    method: str
    target: str
    address: str
    device: str
    authorization: str | None

    @classmethod
    def of(cls, scope: Mapping[str, Any], headers: Mapping[str, str]) -> Self:
        """That of an ASGI request."""
        path, query = scope["raw_path"], scope["query_string"]
        return cls(
            scope["method"],
            (path + b"?" + query if query else path).decode("latin-1"),
            (scope.get("client") or ("",))[0],
            headers.get("user-identify", ""),
            headers.get("authorization"),
        )


class Gate:
    """Digest, and the devices that registered by it.  Used from one thread."""

    def __init__(self, digest: Digest, *, trusts: bool) -> None:
        self._digest = digest
        self._trusts = trusts
        self._until_s: dict[tuple[str, str], float] = {}

    def challenge(self, now_s: float, *, is_stale: bool) -> list[str]:
        """How whoever was not let in is asked again."""
        return self._digest.challenge(now_s, is_stale=is_stale)

    def check(self, asked: Asked, now_s: float) -> Verdict:
        """Who sent a request."""
        if asked.authorization is not None or asked.target.partition("?")[0] in _BY_DIGEST:
            return self._digest.check(asked.authorization, asked.method, asked.target, now_s)
        device = asked.address, asked.device
        if self._until_s.get(device, 0) <= now_s:
            return Verdict(None)
        self._until_s[device] = now_s + TRUST_S
        return Verdict(asked.device)

    def registered(self, asked: Asked, now_s: float) -> None:
        """Remember that a device registered; the room for them is bounded."""
        if not self._trusts or not asked.device:
            return
        if len(self._until_s) >= TRUSTED:
            self._until_s = {d: until for d, until in self._until_s.items() if until > now_s}
        if len(self._until_s) < TRUSTED:
            self._until_s[asked.address, asked.device] = now_s + TRUST_S
