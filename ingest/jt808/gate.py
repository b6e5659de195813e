"""Who may speak: the terminals that are registered, and the code that each has to bring.

The code is derived from the terminal's number with a key of this installation, so nothing has to be
kept of it.  It stops whoever has never registered here; the protocol has no better proof, and a
network that only terminals reach is what guards the registration itself.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection

_CODE_DIGITS = 16
_FIXED = 20  # some terminals of 2019 send the code in a field of this size, without its length


class Gate:
    """`terminals` None: everybody may speak, registered or not."""

    def __init__(self, terminals: Collection[str] | None, key: bytes) -> None:
        self._terminals = terminals
        self._key = key

    @property
    def is_open(self) -> bool:
        """Whether terminals may speak without having proved anything."""
        return self._terminals is None

    def knows(self, terminal: str) -> bool:
        """Whether a terminal is registered."""
        return self._terminals is None or terminal in self._terminals

    def code(self, terminal: str) -> bytes:
        """The code of a terminal, ASCII."""
        digest = hmac.new(self._key, terminal.encode(), "sha256").hexdigest()
        return digest[:_CODE_DIGITS].encode()

    def admits(self, terminal: str, body: bytes) -> bool:
        """Whether the body of an authentication (0x0102) has the terminal's code.

        It stands alone (2011, 2013), after its length, or in a field of fixed size (2019).
        """
        if self.is_open:
            return True
        wanted = self.code(terminal)
        sized = body[1 : 1 + body[0]] if body else b""
        offered = (body.rstrip(b"\0"), body[:_FIXED].rstrip(b"\0 "), sized)
        is_right = False
        for code in offered:  # all of them, so that the time taken tells nothing
            is_right |= hmac.compare_digest(code, wanted)
        return is_right and self.knows(terminal)
