"""The console on a socket: uvicorn in a thread of its own, started and stopped by the runner."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading

import structlog
import uvicorn
from fastapi import FastAPI

_START_S = 30.0

_GRACE_S = 1.0
"""Time that answers under way have to leave when the console stops."""

_STOP_S = 5.0
"""Waited for at most: a port that hangs in a call must not keep the run from ending."""

_STALLED_MS = 20_000
"""A peer that takes nothing for this long is cut off: a listener that has gone silent must not
hold its place."""


log = structlog.get_logger(__name__)


class ListenError(RuntimeError):
    """The address cannot be listened on; the text is one line for the operator."""


class PortTakenError(ListenError):
    """Another program listens there."""


class _Server(uvicorn.Server):
    """Tells when it accepts connections, and in stopping waits for nobody for long."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.settled = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.settled.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # What uvicorn does with a peer that takes no more bytes is a traceback in the log.
        asyncio.get_running_loop().call_later(_GRACE_S, self._cut)
        await super().shutdown(sockets)

    def _cut(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()


class ConsoleServer:
    """Serves `app` on `host`:`port` (0 = any free port) from a thread.

    The socket is bound at once, so whoever constructs it knows that the port is theirs.  Raises
    `PortTakenError`, and `ListenError` for whatever else is wrong with the address.
    """

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        self._app = app
        self._socket = _bind(host, port)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=2,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._run, name="console", daemon=True)

    @property
    def url(self) -> str:
        """Where a browser on this machine finds it."""
        host, port = self._socket.getsockname()[:2]
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared with
        return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"

    def start(self) -> str:
        """Serve, and return the address once connections are accepted."""
        url = self.url
        self._thread.start()
        if not self._server.settled.wait(_START_S) or not self._server.started:
            self.stop()
            msg = f"the console did not start at {url}; the log says why"
            raise ListenError(msg)
        return url

    def stop(self) -> None:
        """End the live streams, finish what is being answered, and be gone within 2 s."""
        self._server.should_exit = True
        self._app.state.feed.close()
        if self._thread.ident is not None:
            self._thread.join(_STOP_S)
        self._socket.close()

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._socket])
        except SystemExit:  # uvicorn's word for an application that did not start
            log.exception("console_not_started")
        finally:
            self._server.settled.set()


def _bind(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # With the protocol named asyncio turns Nagle's delay off; without, an answer in two parts
        # waits 40 ms for the peer's acknowledgement.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        msg = f"{host}: not an address to listen on: {error.strerror}"
        raise ListenError(msg) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # accepted connections inherit it
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _STALLED_MS)
        listener.bind(address)
        listener.listen(1024)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            msg = f"{host}:{port}: another program listens there; set another console.port"
            raise PortTakenError(msg) from error
        msg = f"{host}:{port}: cannot be listened on: {error.strerror}"
        raise ListenError(msg) from error
    return listener
