"""One signed POST, and what its answer means; shared by the channels that speak HTTP.

Signed as the Standard Webhooks specification says (headers `webhook-id`, `webhook-timestamp`,
`webhook-signature`: HMAC-SHA-256 over id, time and body).  Redirects are not followed: a signed
body goes where the settings say and nowhere else.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import httpx
from standardwebhooks.webhooks import Webhook

from alerts.outbox.result import Delivered, Refused, Result, Retry

_TIMEOUT: Final = httpx.Timeout(5.0, connect=3.0)
_LONGEST_S: Final = 10.0
"""One attempt, with an answer that drips."""
_MOST_ANSWER: Final = 64 * 1024
_NEVER: Final = frozenset({400, 405, 410, 411, 413, 414, 415, 422, 431})
"""The same body will meet with the same answer.  Others (401, 404 and 500 too) are what a receiver
says while it is being set up or mended."""


class Poster:
    """Posts JSON to `url`, signed with `secret` (`whsec_` and base64)."""

    def __init__(
        self, url: str, secret: str, clock: Callable[[], float], ca: str | None = None
    ) -> None:
        self._url = url
        self._webhook = Webhook(secret)
        self._clock = clock
        verify = httpx.create_ssl_context(verify=ca) if ca else True
        self._client = httpx.Client(
            timeout=_TIMEOUT, verify=verify, follow_redirects=False, trust_env=False
        )

    def post(self, id_: str, body: bytes, content_type: str) -> Result:
        """Send `body` under the id that stays the same over attempts."""
        now = datetime.fromtimestamp(int(self._clock()), UTC)
        headers = {
            "Content-Type": content_type,
            "webhook-id": id_,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(id_, now, body.decode()),
        }
        end = time.monotonic() + _LONGEST_S
        try:
            with self._client.stream("POST", self._url, content=body, headers=headers) as answer:
                taken = 0
                for chunk in answer.iter_raw():
                    taken += len(chunk)
                    if taken > _MOST_ANSWER or time.monotonic() > end:
                        break
                return _meaning(answer)
        except httpx.HTTPError as error:
            return Retry(f"{type(error).__name__}: {error}")

    def disconnect(self) -> None:
        """Let go of the connections."""
        self._client.close()


def _meaning(answer: httpx.Response) -> Result:
    status = f"HTTP {answer.status_code}"
    if answer.is_success:
        return Delivered(status)
    if answer.status_code in _NEVER:
        return Refused(status)
    asked = answer.headers.get("Retry-After", "")
    return Retry(status, float(asked) if asked.isdecimal() and len(asked) < 6 else 0.0)
