"""A receiver to test against: a governance platform, or any system that takes our webhooks.

It checks signatures by the words of the Standard Webhooks specification and by nothing of ours,
acts on each id once, and can be told to misbehave.  `python -m tests.webhook_receiver --help`
runs it alone; `callback` says to Vehicle Guard what the platform did.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import socket
import struct
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes ok!").decode()
"""For tests."""


def sign(secret: str, id_: str, at_s: int, body: bytes) -> str:
    """The header `webhook-signature`."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    told = b".".join((id_.encode(), str(at_s).encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, told, hashlib.sha256).digest()).decode()


def is_signed(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether `headers` hold a fresh signature of `body`."""
    try:
        id_, at_s = headers["webhook-id"], int(headers["webhook-timestamp"])
        given = headers["webhook-signature"].split(" ")
    except (KeyError, ValueError):
        return False
    wanted = sign(secret, id_, at_s, body)
    fresh = abs(time.time() - at_s) < 300
    return fresh and any(hmac.compare_digest(one, wanted) for one in given)


class Receiver:
    """Listens on loopback; `effects` are the bodies it acted on, by id, `asked` the ids of all.

    `moods` are what to do with the next requests, one after the other, and then `always`: "yes",
    "500", "400", "hang" (until `let_go`), "reset" (act, then break the line), "drop" (break it).
    """

    def __init__(self, secret: str = SECRET, port: int = 0) -> None:
        self.secret = secret
        self.effects: dict[str, Any] = {}
        self.asked: list[str] = []
        self.types: list[str] = []
        self.forged = 0
        self.moods: list[str] = []
        self.always = "yes"
        self.let_go = threading.Event()
        self._lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                receiver.take(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/events"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def take(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in request.headers.items()}
        with self._lock:
            mood = self.moods.pop(0) if self.moods else self.always
            if not is_signed(self.secret, headers, body):
                self.forged += 1
                mood = "401"
            self.asked.append(headers.get("webhook-id", ""))
            self.types.append(headers.get("content-type", ""))
            if mood in {"yes", "reset"}:
                self.effects.setdefault(headers["webhook-id"], json.loads(body))
        if mood == "hang":
            self.let_go.wait(60)
        if mood in {"reset", "drop"}:
            # a zero linger turns closing into a reset
            linger = struct.pack("ii", 1, 0)
            request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            request.close_connection = True
            request.connection.close()
            return
        request.send_response(int(mood) if mood.isdecimal() else 200)
        request.send_header("Content-Length", "0")
        request.end_headers()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def callback(
    url: str, body: Mapping[str, object], *, secret: str = SECRET, id_: str = "", at_s: int = 0
) -> tuple[int, str]:
    """Tell Vehicle Guard at `url` what was done; status and text of its answer."""
    data = json.dumps(body, ensure_ascii=False).encode()
    id_, at_s = id_ or str(body.get("id", "x")), at_s or int(time.time())
    headers = {
        "Content-Type": "application/json",
        "webhook-id": id_,
        "webhook-timestamp": str(at_s),
        "webhook-signature": sign(secret, id_, at_s, data),
    }
    request = urllib.request.Request(url, data, headers)  # noqa: S310 - http, as given
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def main() -> None:
    """Take what comes and print it, until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--port", type=int, default=8700)
    parser.add_argument("--secret", default=SECRET)
    said = parser.parse_args()
    shown = 0
    with Receiver(said.secret, said.port) as receiver:
        print(f"listening on {receiver.url}, secret {said.secret}", flush=True)  # noqa: T201
        try:
            while True:
                time.sleep(0.2)
                for id_, body in list(receiver.effects.items())[shown:]:
                    print(id_, json.dumps(body, ensure_ascii=False), flush=True)  # noqa: T201
                    shown += 1
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
