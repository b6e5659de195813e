"""Wrong tokens counted per address, so that nobody tries them all."""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict

WINDOW_S = 60.0

_ADDRESSES = 4096
"""Addresses remembered; beyond these the one that failed longest ago is forgotten."""


class Tries:
    """At most `allowed` failures per address within a minute; times are epoch seconds."""

    def __init__(self, allowed: int) -> None:
        self._allowed = allowed
        self._failures: OrderedDict[str, list[float]] = OrderedDict()

    def wait(self, peer: str, now: float) -> int:
        """Whole seconds until `peer` may try again, 0 for at once."""
        recent = [t for t in self._failures.get(_site(peer), ()) if now < t + WINDOW_S]
        if len(recent) < self._allowed:
            return 0
        return max(1, math.ceil(recent[-self._allowed] + WINDOW_S - now))

    def failed(self, peer: str, now: float) -> None:
        """A wrong token came from `peer`."""
        site = _site(peer)
        failures = self._failures.setdefault(site, [])
        failures[:] = [t for t in failures if now < t + WINDOW_S]
        failures.append(now)
        self._failures.move_to_end(site)
        while len(self._failures) > _ADDRESSES:
            self._failures.popitem(last=False)


def _site(peer: str) -> str:
    """What one household has: an IPv4 address, or a /64 of IPv6."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return peer
    if address.version == 4:
        return peer
    return str(ipaddress.ip_network((int(address), 64), strict=False))
