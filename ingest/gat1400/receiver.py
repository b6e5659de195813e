"""The receiver of GA/T 1400: platforms and cameras post vehicles over HTTP, and are answered.

A source beside MQTT: each request becomes one message in the inbox, and is answered when
`acknowledge` says that it is durable.  Requests that find the inbox full, or nobody who writes, are
told to come again (503, `Retry-After`).  Pictures are dropped before a message waits anywhere.
The runner starts it, and hands it what was made durable.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from ingest.dialects import gat1400 as dialect
from ingest.dialects import leaf
from ingest.gat1400.digest import Digest, Users
from ingest.gat1400.gate import Asked, Gate
from ingest.gat1400.http_thread import HttpThread
from ingest.gat1400.words import Status, answer_list, answer_one, encode, server_time
from ingest.inbox import Inbox
from ingest.intake import Answer
from ingest.message import Message
from ingest.settings import IngestSettings

log = structlog.get_logger(__name__)

_BODY_S = 30.0
"""Time that a body has to arrive."""
_DURABLE_S = 30.0
"""Time that a request waits to become durable before it is told to come again."""
_READING = 8
"""Bodies read at once; times `gat1400_body_bytes` it bounds the memory that they take."""
_INSIDE = 1_000
"""Requests that wait to be read, or to become durable; one more is told to come again."""
_CONNECTIONS = 2_000
_RETRY_S = 5
_BROKEN_KEPT = 4096
"""Bytes of what cannot be read that go to the dead letters."""
_TYPES = ("application/viid+json", "application/json", "text/json")
_DATA = ("MotorVehicles", "NonMotorVehicles", "SubscribeNotifications", "Subscribes")
_SYSTEM = ("Register", "UnRegister", "Keepalive")
_FIRST = -2  # deliveries count down from here: MQTT's are packet numbers, and -1 is none


class Gat1400Source:
    """The port, from `start` to `stop`; `acknowledge` is called from the pipeline's thread."""

    def __init__(
        self,
        settings: IngestSettings,
        users: Users,
        inbox: Inbox,
        clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._settings = settings
        self._inbox = inbox
        self._clock_ms = clock_ms
        digest = Digest(users, secrets.token_bytes(32))
        self._gate = Gate(digest, trusts=settings.gat1400_trust_registered)
        self._numbers = itertools.count(_FIRST, -1)
        self._waiting: dict[int, asyncio.Future[bool]] = {}
        self._reading = asyncio.Semaphore(_READING)
        self._inside = 0
        where = settings.gat1400_host, settings.gat1400_port or 0
        self._server = HttpThread(self._app(), *where, "ingest.gat1400_port", _CONNECTIONS)
        self.host, self.port = settings.gat1400_host, 0

    def start(self) -> None:
        """Listen; returns when requests are taken.  Raises `ListenError`."""
        self._server.start()
        self.port = self._server.port

    def stop(self) -> None:
        """Take nothing more; who still waits is told to come again."""
        self._server.call(lambda: self._resolve(list(self._waiting), is_durable=False))
        self._server.stop()

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Answer those of `messages` that came this way: they are durable."""
        numbers = [m.delivery for m in messages if m.delivery <= _FIRST and m.topic[:5] == "VIID/"]
        if numbers:
            self._server.call(lambda: self._resolve(numbers, is_durable=True))

    def answer(self, answers: Sequence[Answer]) -> None:
        """Nothing: terminals are not reached from here."""

    def _resolve(self, numbers: Sequence[int], *, is_durable: bool) -> None:
        for number in numbers:
            future = self._waiting.pop(number, None)
            if future is not None and not future.done():
                future.set_result(is_durable)

    def _app(self) -> Starlette:
        routes = [Route(f"/VIID/{name}", self._posted, methods=["POST"]) for name in _DATA]
        routes += [
            Route(f"/VIID/System/{name}", self._posted, methods=["POST"]) for name in _SYSTEM
        ]
        return Starlette(routes=[*routes, Route("/VIID/System/Time", self._time)])

    async def _time(self, _: Request) -> Response:
        now = datetime.fromtimestamp(self._clock_ms() / 1000, leaf.CHINA)
        return _json(200, server_time(self._settings.gat1400_server_id, now))

    async def _posted(self, request: Request) -> Response:
        path = request.url.path
        if refused := self._let_in(request):
            return refused
        if self._inside >= _INSIDE:
            return self._busy(path, "too many requests at once")
        self._inside += 1
        try:
            async with self._reading:
                kept = await self._read(request)
            if isinstance(kept, Response):
                return kept
            message = Message(path[1:], kept, self._clock_ms(), next(self._numbers))
            if not await self._durable(message):
                return self._busy(path, "not durable yet; it may be sent again")
        finally:
            self._inside -= 1
        if path.endswith("/Register"):
            self._gate.registered(Asked.of(request.scope, request.headers), self._clock_ms() / 1000)
        return self._answer(path, kept)

    async def _read(self, request: Request) -> bytes | Response:
        """What of the body goes into the inbox, or what is told instead."""
        path, most = request.url.path, self._settings.max_payload_bytes
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in _TYPES:
            return self._refusal(path, 415, Status.OTHER, f"expected one of {', '.join(_TYPES)}")
        try:
            async with asyncio.timeout(_BODY_S):
                body = await self._body(request)
        except (TimeoutError, ClientDisconnect):
            return self._refusal(path, 408, Status.OTHER, "the body did not arrive")
        if body is None:
            most = self._settings.gat1400_body_bytes
            return self._refusal(path, 413, Status.OTHER, f"expected at most {most} bytes")
        # a hash of megabytes would keep the others waiting
        kept = await asyncio.to_thread(_kept, body)
        if len(kept) <= most:
            return kept
        detail = f"expected at most {most} bytes beside pictures, found {len(kept)}"
        return self._refusal(path, 413, Status.OTHER, detail)

    def _let_in(self, request: Request) -> Response | None:
        """What whoever may not come in is told; None = come in."""
        now_s = self._clock_ms() / 1000
        asked = Asked.of(request.scope, request.headers)
        verdict = self._gate.check(asked, now_s)
        if verdict.user is not None:
            return None
        if asked.authorization is not None and not verdict.is_stale:
            log.warning("a GA/T 1400 request was not let in", address=asked.address)
        response = self._refusal(request.url.path, 401, Status.NOT_ALLOWED, "who are you?")
        for value in self._gate.challenge(now_s, is_stale=verdict.is_stale):
            response.headers.append("www-authenticate", value)
        return response

    async def _body(self, request: Request) -> bytes | None:
        """The body; None when it is too large."""
        most = self._settings.gat1400_body_bytes
        said = request.headers.get("content-length", "0")
        if not said.isdecimal() or int(said) > most:
            return None
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                return None
        return bytes(body)

    async def _durable(self, message: Message) -> bool:
        """Whether a message came to disk in time."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[message.delivery] = future
        try:
            if not self._inbox.offer(message):
                return False
            async with asyncio.timeout(_DURABLE_S):
                return await future
        except TimeoutError:
            return False
        finally:
            self._waiting.pop(message.delivery, None)

    def _answer(self, path: str, kept: bytes) -> Response:
        now = datetime.fromtimestamp(self._clock_ms() / 1000, leaf.CHINA)
        body = leaf.an_object(kept)
        if isinstance(body, tuple):
            return self._refusal(path, 400, Status.NOT_JSON, body[1])
        if "/System/" in path:
            name = f"{path.rpartition('/')[2]}Object"
            device = leaf.text(leaf.inner(body, name).get("DeviceID"))
            if device is None:
                return self._refusal(path, 400, Status.BAD_JSON, f"expected {name}.DeviceID")
            return _json(200, answer_one(path, Status.OK, device, now))
        if path.endswith("/Subscribes"):
            # said plainly, so that nobody waits for what is never pushed from here
            return _json(200, answer_list(path, [("", Status.NOT_ALLOWED)], now))
        told = [
            (one.id, Status.OK if one.is_taken else Status.BAD_JSON) for one in dialect.judge(kept)
        ]
        return _json(200, answer_list(path, told or [("", Status.OK)], now))

    def _refusal(self, path: str, code: int, status: Status, detail: str) -> Response:
        now = datetime.fromtimestamp(self._clock_ms() / 1000, leaf.CHINA)
        return _json(code, answer_one(path, status, "", now, detail))

    def _busy(self, path: str, detail: str) -> Response:
        response = self._refusal(path, 503, Status.BUSY, detail)
        response.headers["retry-after"] = str(_RETRY_S)
        return response


def _kept(body: bytes) -> bytes:
    """What of a body goes into the inbox: what can be read, or the beginning of what cannot."""
    told = dialect.reduced(body)
    return told if isinstance(told, bytes) else leaf.keepable(body)[:_BROKEN_KEPT]


def _json(code: int, body: Any) -> Response:
    return Response(encode(body), code, media_type="application/VIID+JSON")
