"""The secrets a run makes for itself: the first administrator's token, the cookies' key.

They live in one file beside the data, readable by its owner alone: whoever can read that folder
can read every track in it anyway.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Secrets:
    """`made` tells whether the file is new, so that the token can be printed once."""

    admin_token: str
    session_secret: str
    made: bool

    def derived(self, purpose: str) -> bytes:
        """A key for a purpose, 32 bytes, that tells nothing of the others (HMAC-SHA-256)."""
        return hmac.new(self.session_secret.encode(), purpose.encode(), "sha256").digest()


def load(folder: Path) -> Secrets:
    """Read `secrets.json` in `folder`, or make it.  Raises `OSError`, `ValueError` (unreadable)."""
    path = folder / "secrets.json"
    try:
        held = json.loads(path.read_text("utf-8"))
        return Secrets(held["admin_token"], held["session_secret"], made=False)
    except FileNotFoundError:
        pass
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        msg = f"{path}: not the secrets file of this program; remove it to have new secrets made"
        raise ValueError(msg) from error
    fresh = {"admin_token": secrets.token_urlsafe(24), "session_secret": secrets.token_urlsafe(32)}
    unfinished = path.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(fresh, file)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    return Secrets(fresh["admin_token"], fresh["session_secret"], made=True)
