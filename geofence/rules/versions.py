"""What was published when, by whom and why: rule texts by content, versions in one line.

A version is never edited: rolling back is publishing the old content anew.  `VersionStore` is the
port; its adapters keep the line unbroken (a version's parent is the newest one before it).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

_LISTED = "zone_rule"


class VersionError(Exception):
    """A version is not there, stands on another one than the newest, or says nothing new."""


@dataclass(frozen=True)
class Content:
    """A rules text, and what it says as plain data (defaults left out)."""

    text: str
    syntax: str
    data: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """SHA-256 of the data, hexadecimal: comments and order of keys do not matter."""
        spelled = json.dumps(self.data, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(spelled.encode()).hexdigest()


@dataclass(frozen=True)
class Version:
    """One publication; numbers count from 1, `at_ms` is epoch ms.

    `parent` is the version before it (None for the first), `restores` the older one whose content a
    roll-back brought back.
    """

    number: int
    digest: str
    parent: int | None
    who: str
    at_ms: int
    why: str
    restores: int | None = None


class VersionStore(Protocol):
    """Where versions are kept, durable on return."""

    def append(self, version: Version, content: Content) -> None:
        """Keep `version`, whose parent must be the newest one.  Raises `VersionError` if not."""
        ...

    def versions(self) -> list[Version]:
        """All versions, the newest last."""
        ...

    def content(self, digest: str) -> Content:
        """The content of a version.  Raises `VersionError` when there is none."""
        ...


def publish(
    store: VersionStore,
    content: Content,
    *,
    who: str,
    why: str,
    at_ms: int,
    parent: int | None = None,
    restores: int | None = None,
) -> Version:
    """Publish `content` on top of version `parent` (None: of the newest there is).

    Raises `VersionError` when `parent` is not the newest any more, when the newest says the same,
    and when nobody or no reason is named.
    """
    if not who.strip() or not why.strip():
        raise VersionError("expected who publishes and why")
    newest = next(reversed(store.versions()), None)
    number = newest.number if newest else None
    if parent is not None and parent != number:
        msg = f"made on version {parent}, the newest is {number or 'none'}: look at what changed"
        raise VersionError(msg)
    if newest and newest.digest == content.digest:
        msg = f"version {newest.number} says the same: nothing to publish"
        raise VersionError(msg)
    version = Version(
        (number or 0) + 1, content.digest, number, who.strip(), at_ms, why.strip(), restores
    )
    store.append(version, content)
    return version


def roll_back(store: VersionStore, number: int, *, who: str, why: str, at_ms: int) -> Version:
    """Publish the content of version `number` anew.  Raises `VersionError`."""
    content = store.content(version_of(store, number).digest)
    return publish(store, content, who=who, why=why, at_ms=at_ms, restores=number)


def version_of(store: VersionStore, number: int) -> Version:
    """The version of that number.  Raises `VersionError` when there is none."""
    for version in store.versions():
        if version.number == number:
            return version
    msg = f"there is no version {number}"
    raise VersionError(msg)


@dataclass(frozen=True)
class RuleChange:
    """What became of one rule: the keys that differ, each with its value before and after.

    A rule that was added has no values before, a removed one none after.
    """

    rule: str
    what: str
    keys: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


def diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[RuleChange]:
    """What changed from one content's data to another's.

    Rules are compared by id, whatever their order; schedules, holidays and thresholds as
    `[section]`.  None stands for a key that is not there.
    """
    before, after = _parts(old), _parts(new)
    changes = []
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name, {}), after.get(name, {})
        keys = {
            key: (was.get(key), now.get(key))
            for key in sorted(was.keys() | now.keys())
            if was.get(key) != now.get(key)
        }
        what = "added" if name not in before else "removed" if name not in after else "changed"
        if keys or what != "changed":
            changes.append(RuleChange(name, what, keys))
    return changes


def _parts(data: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Rules by id, and sections by name in brackets."""
    parts: dict[str, dict[str, Any]] = {}
    for section, held in data.items():
        if section == _LISTED:
            parts |= {rule["id"]: {k: v for k, v in rule.items() if k != "id"} for rule in held}
        elif section in {"schedules", "holidays"}:
            parts |= {f"[{section}.{name}]": dict(own) for name, own in held.items()}
        else:
            parts[f"[{section}]"] = dict(held)
    return parts
