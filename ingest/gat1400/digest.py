"""HTTP Digest for a server (RFC 7616): challenges, and who an Authorization header is from.

MD5 and SHA-256 with quality of protection `auth`.  A nonce is signed by a key of this process, so
that a flood of strangers takes no memory; one that has been used is remembered with its counts, so
that no request passes twice.  Pure but for those counts; the clock is an argument.  Called by the
receiver of GA/T 1400 (`ingest.gat1400`).
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self
from urllib.parse import unquote, urlsplit

ALGORITHMS = {"SHA-256": "sha256", "MD5": "md5"}
"""Best first, as they are offered."""
NONCE_S = 300
NONCES = 20_000
"""Used nonces remembered; beyond, nobody new gets in until older ones have expired."""
_WINDOW = 64
"""Counts below the highest that may still come: requests of one nonce overtake each other."""
_LONGEST = 4096
_PARAMETER = re.compile(r'\s*([A-Za-z*]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?:,|$)')
_ESCAPED = re.compile(r"\\(.)")
_COUNT = re.compile(r"[0-9a-fA-F]{8}")


class UsersError(ValueError):
    """A file of users cannot be used; the text is one line and holds no password."""


@dataclass(frozen=True, repr=False)
class Users:
    """Who may come in: by name, the hash of name, realm and password for every algorithm."""

    realm: str
    secrets: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, realm: str, password_of: Mapping[str, str]) -> Self:
        """Users by name and password; the passwords are not kept."""
        return cls(
            realm,
            {
                user: {
                    name: _hash(name, f"{user}:{realm}:{password}".encode()) for name in ALGORITHMS
                }
                for user, password in password_of.items()
            },
        )

    @classmethod
    def from_csv(cls, path: Path, realm: str) -> Self:
        """Read columns `user` and `password`.  Raises `UsersError`."""
        password_of: dict[str, str] = {}
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                rows = csv.DictReader(file)
                if not {"user", "password"} <= set(rows.fieldnames or ()):
                    msg = f"{path}: line 1: expected columns user, password"
                    raise UsersError(msg)
                for row in rows:
                    user, password = (row["user"] or "").strip(), row["password"] or ""
                    if not user or not password or ":" in user or user in password_of:
                        msg = f"{path}: line {rows.line_num}: expected a new user and a password"
                        raise UsersError(msg)
                    password_of[user] = password
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            msg = f"{path}: expected a CSV file in UTF-8: {type(error).__name__}"
            raise UsersError(msg) from error
        if not password_of:
            msg = f"{path}: expected at least one user, found none"
            raise UsersError(msg)
        return cls.of(realm, password_of)


class Verdict(NamedTuple):
    """`user` who sent a request, or None; `is_stale` when only the nonce is too old."""

    user: str | None
    is_stale: bool = False


class Digest:
    """The gate: `challenge` asks, `check` answers.  Used from one thread.

    `key` is random and of this process alone: nonces of another are stale.
    """

    def __init__(self, users: Users, key: bytes) -> None:
        self._users = users
        self._key = key
        self._issued = 0
        self._used: dict[str, _Counts] = {}

    def challenge(self, now_s: float, *, is_stale: bool = False) -> list[str]:
        """Values of the `WWW-Authenticate` headers, one an algorithm."""
        nonce = self._nonce(now_s)
        stale = ", stale=true" if is_stale else ""
        return [
            f'Digest realm="{self._users.realm}", qop="auth", algorithm={name}, '
            f'nonce="{nonce}", charset=UTF-8{stale}'
            for name in ALGORITHMS
        ]

    def check(self, header: str | None, method: str, target: str, now_s: float) -> Verdict:
        """Whose `header` it is, as it came (bytes as Latin-1).

        `target` is the path and query of the request.  Never raises, whatever stands there.
        """
        told = _parameters(header or "")
        user = _user(told)
        secrets = self._users.secrets.get(user)
        algorithm = told.get("algorithm", "MD5").upper()
        if (
            secrets is None
            or algorithm not in ALGORITHMS
            or told.get("realm") != self._users.realm
            or told.get("qop", "").lower() != "auth"
            or told.get("userhash", "false").lower() != "false"
            or not _COUNT.fullmatch(told.get("nc", ""))
            or not told.get("cnonce")
            or not _same_target(told.get("uri", ""), target)
        ):
            return Verdict(None)
        request = _hash(algorithm, _as_it_came(f"{method}:{told['uri']}"))
        nonce = told.get("nonce", "")
        parts = (secrets[algorithm], nonce, told["nc"], told["cnonce"], told["qop"], request)
        expected = _hash(algorithm, _as_it_came(":".join(parts)))
        if not hmac.compare_digest(
            expected.encode(), _as_it_came(told.get("response", "").lower())
        ):
            return Verdict(None)
        if not self._is_ours(nonce, now_s):
            return Verdict(None, is_stale=True)
        return self._count(user, nonce, int(told["nc"], 16), now_s)

    def _nonce(self, now_s: float) -> str:
        self._issued += 1
        told = f"{int(now_s):x}.{self._issued:x}"
        return f"{told}.{self._sign(told)}"

    def _sign(self, told: str) -> str:
        return hmac.new(self._key, _as_it_came(told), hashlib.sha256).hexdigest()[:32]

    def _is_ours(self, nonce: str, now_s: float) -> bool:
        """Whether a nonce was made here and is young enough."""
        told, _, signature = nonce.rpartition(".")
        if not hmac.compare_digest(self._sign(told).encode(), _as_it_came(signature)):
            return False
        return -1 <= now_s - int(told.partition(".")[0], 16) <= NONCE_S

    def _count(self, user: str, nonce: str, number: int, now_s: float) -> Verdict:
        counts = self._used.get(nonce)
        if counts is None:
            if len(self._used) >= NONCES:
                self._used = {n: c for n, c in self._used.items() if c.until_s > now_s}
            if len(self._used) >= NONCES:
                return Verdict(None, is_stale=True)
            counts = self._used[nonce] = _Counts(now_s + NONCE_S + 1)
        return Verdict(user) if counts.take(number) else Verdict(None, is_stale=True)


class _Counts:
    """The counts that one nonce was used with: the highest, and bits of those below it."""

    __slots__ = ("bits", "highest", "until_s")

    def __init__(self, until_s: float) -> None:
        self.until_s = until_s
        self.highest = 0
        self.bits = 0

    def take(self, number: int) -> bool:
        """Whether `number` is new; it is not again."""
        if number > self.highest:
            self.bits = (self.bits << min(number - self.highest, _WINDOW)) | 1
            self.bits &= (1 << _WINDOW) - 1
            self.highest = number
            return True
        back = self.highest - number
        if number == 0 or back >= _WINDOW or self.bits >> back & 1:
            return False
        self.bits |= 1 << back
        return True


def _parameters(header: str) -> dict[str, str]:
    """The parameters of a Digest header by lower-case name; empty for anything else."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() != "digest" or len(header) > _LONGEST:
        return {}
    told: dict[str, str] = {}
    at = 0
    while at < len(rest):
        found = _PARAMETER.match(rest, at)
        if found is None or found[1].lower() in told:
            return {}
        quoted = found[2]
        told[found[1].lower()] = found[3] if quoted is None else _ESCAPED.sub(r"\1", quoted)
        at = found.end()
    return told


def _user(told: Mapping[str, str]) -> str:
    """The user's name, plain (bytes of UTF-8) or extended as RFC 8187 has it."""
    extended = told.get("username*", "")
    if extended.lower().startswith("utf-8''"):
        return unquote(extended[7:], errors="replace")
    return _as_it_came(told.get("username", "")).decode("utf-8", "replace")


def _same_target(uri: str, target: str) -> bool:
    """Whether what was signed is what was asked for; some sign the whole address."""
    if uri == target:
        return True
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    whole = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return parts.scheme in {"http", "https"} and whole == target


def _as_it_came(told: str) -> bytes:
    """The bytes of a header, which HTTP libraries read as Latin-1."""
    return told.encode("latin-1", "replace")


def _hash(algorithm: str, data: bytes) -> str:
    return hashlib.new(ALGORITHMS[algorithm], data).hexdigest()
