"""An HTTP application on a port of its own, served by uvicorn from a thread.

For the sources that devices post to.  The console has its own server, since its streams need more.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable

import structlog
import uvicorn
from starlette.applications import Starlette

log = structlog.get_logger(__name__)

_START_S = 30.0
_STOP_S = 5.0
_IDLE_S = 75
"""Cameras keep a connection and post now and then."""


class ListenError(OSError):
    """The port cannot be listened on; the text is one line for the operator."""


class HttpThread:
    """Serves `app` on `host`:`port` (0 = any free port), at most `connections` at once.

    `setting` is the one that an error names.
    """

    def __init__(
        self, app: Starlette, host: str, port: int, setting: str, connections: int
    ) -> None:
        self._where = (host, port)
        self._setting = setting
        self._socket: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._up = threading.Event()
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="off",
                limit_concurrency=connections,
                timeout_keep_alive=_IDLE_S,
                timeout_graceful_shutdown=2,
            )
        )
        self._thread = threading.Thread(target=self._run, name=setting, daemon=True)
        self.port = port

    def start(self) -> None:
        """Listen; returns when requests are taken.  Raises `ListenError`."""
        host, port = self._where
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            self._socket = socket.create_server(self._where, family=family, backlog=1024)
        except OSError as error:
            msg = f"{host}:{port}: {self._setting} cannot be listened on: {error}"
            raise ListenError(msg) from error
        self.port = self._socket.getsockname()[1]
        self._thread.start()
        if not self._up.wait(_START_S) or not self._thread.is_alive():
            self.stop()
            msg = f"{host}:{port}: {self._setting}: the server did not start; the log says why"
            raise ListenError(msg)

    def stop(self) -> None:
        """Take nothing more, finish what is being answered, and be gone."""
        self._server.should_exit = True
        if self._thread.ident is not None:
            self._thread.join(_STOP_S)
        if self._socket is not None:
            self._socket.close()

    def call(self, work: Callable[[], None]) -> None:
        """Have `work` done in the server's thread; nothing when it does not run."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # it may end at any moment
                self._loop.call_soon_threadsafe(work)

    def _run(self) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            self._loop.call_soon(self._up.set)
            sockets = [self._socket] if self._socket else []
            await self._server.serve(sockets=sockets)

        try:
            asyncio.run(serve())
        except Exception:
            log.exception("the server stopped", setting=self._setting)
        finally:
            self._up.set()
