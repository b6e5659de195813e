"""Asking a router's server over HTTP: JSON out and in, bounded in time and size."""

from __future__ import annotations

import json
import math
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.client import HTTPException
from typing import Any

from alerts.dispatch.router import NO_WAY, RouterError, Start
from alerts.force.member import Mode
from alerts.points import Position

MAX_BYTES = 4_000_000
AT_ONCE = 50
"""Starts, and ends, of one question: OSRM takes 100 places by default."""

Ask = Callable[[Mode, Sequence[Start], Sequence[Position]], list[list[float]]]
"""One question: seconds from each start, all of one mode, to each end.  Raises `RouterError`."""


class Server:
    """One server at `url` (http or https)."""

    def __init__(self, url: str, timeout_s: float = 2.0) -> None:
        if not url.startswith(("http://", "https://")):
            msg = f"{url}: expected http:// or https://"
            raise ValueError(msg)
        self.url = url.rstrip("/")
        self._timeout_s = timeout_s

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """The JSON object that the server answers; a `body` is posted.  Raises `RouterError`."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - http or https, see __init__
            f"{self.url}/{path}", data, {"Content-Type": "application/json"} if data else {}
        )
        try:
            with urllib.request.urlopen(request, timeout=self._timeout_s) as response:  # noqa: S310
                raw = response.read(MAX_BYTES + 1)
            if len(raw) > MAX_BYTES:
                msg = f"{self.url}: the answer is larger than {MAX_BYTES:,} bytes"
                raise RouterError(msg)
            answer = json.loads(raw)
        except urllib.error.HTTPError as error:
            error.close()
            msg = f"{self.url}: answered {error.code}"
            raise RouterError(msg) from error
        except (OSError, HTTPException) as error:
            msg = f"{self.url}: {error}"
            raise RouterError(msg) from error
        except (ValueError, RecursionError) as error:
            msg = f"{self.url}: the answer is no JSON"
            raise RouterError(msg) from error
        if not isinstance(answer, dict):
            msg = f"{self.url}: expected an object"
            raise RouterError(msg)
        return answer

    def table(self, rows: object, shape: tuple[int, int]) -> list[list[float]]:
        """Seconds of a table that the server gave; null = no way.  Raises `RouterError`."""
        count, width = shape
        if isinstance(rows, list) and len(rows) == count:
            read = [[_seconds(cell) for cell in row] for row in rows if isinstance(row, list)]
            if len(read) == count and all(len(row) == width for row in read):
                found = [[cell for cell in row if cell is not None] for row in read]
                if all(len(row) == width for row in found):
                    return found
        msg = f"{self.url}: expected a table of {count} rows of {width} times"
        raise RouterError(msg)


def _seconds(cell: object) -> float | None:
    """Seconds, infinite for null; None for what is neither."""
    if cell is None:
        return NO_WAY
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return None
    try:
        value = float(cell)
    except OverflowError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def in_parts(ask: Ask, starts: Sequence[Start], ends: Sequence[Position]) -> list[list[float]]:
    """Seconds from each start to each end, by questions of one mode and `AT_ONCE` of each."""
    rows: list[list[float]] = [[] for _ in starts]
    for mode, at in by_mode(starts):
        for first in range(0, len(ends), AT_ONCE):
            some = ends[first : first + AT_ONCE]
            for n, row in zip(at, ask(mode, [starts[n] for n in at], some), strict=True):
                rows[n] += row
    return rows


def by_mode(starts: Sequence[Start]) -> Iterator[tuple[Mode, list[int]]]:
    """The positions of the starts of one mode, `AT_ONCE` at most at a time."""
    for mode in Mode:
        at = [n for n, start in enumerate(starts) if start.mode is mode]
        for first in range(0, len(at), AT_ONCE):
            yield mode, at[first : first + AT_ONCE]
