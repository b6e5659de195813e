"""JT/T 808 terminals as they should behave, over real sockets, for tests."""

from __future__ import annotations

import socket
import struct
import threading
from datetime import UTC, datetime, timedelta

from ingest.jt808.frame import Frame, encode, parse
from ingest.jt808.layout import Kind

PATIENCE_S = 30.0


def position(t_s: float, lon: float, lat: float, *, alarms: int = 0, status: int = 2) -> bytes:
    """The body of a position report; ignition off, located."""
    local = datetime.fromtimestamp(t_s, UTC) + timedelta(hours=8)
    place = (round(lat * 1e6), round(lon * 1e6))
    numbers = struct.pack(">IIIIHHH", alarms, status, *place, 40, 0, 0)
    return numbers + bytes.fromhex(local.strftime("%y%m%d%H%M%S"))


class Terminal:
    """One connection of a terminal; every wait is bounded."""

    def __init__(self, port: int, number: str) -> None:
        self.line = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
        self.number = number
        self._read = b""

    def send(self, kind: int, serial: int = 1, body: bytes = b"") -> None:
        self.line.sendall(encode(Frame(kind, self.number, serial, body)))

    def frame(self) -> Frame:
        """The next frame.  Raises `ConnectionError` when the other side hangs up."""
        while self._read.count(b"\x7e") < 2:
            data = self.line.recv(65_536)
            if not data:
                raise ConnectionResetError
            self._read += data
        _, inside, self._read = self._read.split(b"\x7e", 2)
        found = parse(inside)
        assert isinstance(found, Frame)
        return found

    def answered(self, kind: int = Kind.PLATFORM_ANSWER) -> int:
        """The serial that the next general answer is for."""
        frame = self.frame()
        assert frame.kind == kind
        return int(struct.unpack_from(">H", frame.body)[0])

    def is_closed(self) -> bool:
        """Whether the other side hangs up; waits for it."""
        try:
            while self.line.recv(65_536):
                pass
        except ConnectionResetError:
            pass
        return True

    def close(self) -> None:
        self.line.close()


class Persistent(threading.Thread):
    """A terminal that sends each body again, on a new line if need be, until it is answered."""

    def __init__(self, port: int, number: str, bodies: list[bytes], ended: threading.Event) -> None:
        super().__init__(daemon=True)
        self.number = number
        self.answered = 0
        self._port = port
        self._bodies = bodies
        self._ended = ended

    def run(self) -> None:
        while self.answered < len(self._bodies) and not self._ended.is_set():
            try:
                self._talk()
            except OSError:
                self._ended.wait(0.1)

    def _talk(self) -> None:
        terminal = Terminal(self._port, self.number)
        try:
            while self.answered < len(self._bodies) and not self._ended.is_set():
                serial = self.answered
                terminal.send(Kind.POSITION, serial, self._bodies[serial])
                if terminal.answered() == serial:
                    self.answered += 1
        finally:
            terminal.close()
