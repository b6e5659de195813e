"""Thousands of terminals that come back at once, each with what it could not say meanwhile.

Each keeps a connection of its own and repeats what is not answered on its `…/ack`.
"""

from __future__ import annotations

import asyncio
import json
import random
import struct
import threading

from vehicleguard.bench.feeder import publish_packet

_PATIENCE_S = 15.0


class Storm:
    """`terminals` of them, `fixes` each, on a thread of its own."""

    def __init__(self, port: int, terminals: int, fixes: int, start_s: int) -> None:
        self._port = port
        self._fixes = fixes
        self._start_s = start_s
        self.names = [f"S{n:05d}" for n in range(terminals)]
        self.answered = 0
        self.connected = 0
        self.most_connected = 0
        self._thread = threading.Thread(target=asyncio.run, args=(self._run(),), daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wait(self, seconds: float) -> None:
        """Until every fix of every terminal is answered; fails when it takes longer."""
        self._thread.join(seconds)
        assert not self._thread.is_alive(), f"{self.answered} answered"

    async def _run(self) -> None:
        self._everybody = asyncio.Event()
        await asyncio.gather(*(self._terminal(name) for name in self.names))

    async def _terminal(self, name: str) -> None:
        waiting = set(range(self._fixes))
        while waiting:
            try:
                await self._session(name, waiting)
            except (OSError, EOFError, TimeoutError):
                # what a terminal does that was built with care
                await asyncio.sleep(random.uniform(0.2, 2))

    async def _session(self, name: str, waiting: set[int]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(_connect(name) + _subscribe(f"vg/v1/{name}/ack"))
            writer.write(b"".join(self._packet(name, n) for n in sorted(waiting)))
            await self._read(reader, waiting)
            # a terminal stays; the storm is over when the last one has been answered
            if self.answered == self._fixes * len(self.names):
                self._everybody.set()
            await asyncio.wait_for(self._everybody.wait(), 600)
        finally:
            writer.transport.abort()

    async def _read(self, reader: asyncio.StreamReader, waiting: set[int]) -> None:
        is_in = False
        try:
            while waiting:
                async with asyncio.timeout(_PATIENCE_S):
                    kind, length = await reader.readexactly(2)
                    body = await reader.readexactly(length)
                if kind == 0x20:
                    is_in = True
                    self.connected += 1
                    self.most_connected = max(self.most_connected, self.connected)
                elif kind == 0x30:
                    seq = json.loads(body[body.index(b"{") :])["seq"]
                    if seq in waiting:
                        waiting.discard(seq)
                        self.answered += 1
        except BaseException:
            self.connected -= is_in
            raise

    def _packet(self, name: str, n: int) -> bytes:
        body = {"t": self._start_s + 30 * n, "lon": 112.3, "lat": 28.5, "back_fill": True, "seq": n}
        return publish_packet(f"vg/v1/{name}/fix", json.dumps(body).encode(), n + 1)


def _connect(name: str) -> bytes:
    """CONNECT of MQTT 3.1.1 with a clean session (section 3.1)."""
    rest = struct.pack(">H4sBBH", 4, b"MQTT", 4, 2, 60) + _text(name)
    return bytes([0x10, len(rest)]) + rest


def _subscribe(topic: str) -> bytes:
    """SUBSCRIBE to one topic at QoS 0 (section 3.8)."""
    rest = b"\x00\x01" + _text(topic) + b"\x00"
    return bytes([0x82, len(rest)]) + rest


def _text(text: str) -> bytes:
    return struct.pack(">H", len(text)) + text.encode()
