"""The connection to a broker, as paho sees it and as we do.

paho keeps the session over what looks to it like a socket: it gets the bytes of every packet that
is no PUBLISH, and what it sends goes out behind what we queued.  The PUBLISH packets are ours, out
of reads of up to a megabyte (docs/decisions/027).  `MqttSource` owns one for each connection; all
but `queue` belongs to the network's thread.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time

from ingest.message import Message
from ingest.mqtt.packets import Packets

_READ = 1 << 20
_WRITE = 1 << 18
_FAREWELL_S = 2.0
_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Line:
    """One non-blocking socket, plain or TLS; what is queued is whole packets."""

    def __init__(self, sock: socket.socket, packets: Packets) -> None:
        self._sock = sock
        self._packets = packets
        self._room = memoryview(bytearray(_READ))
        self._out = bytearray()
        self._outgoing = threading.Lock()
        self._ended: OSError | None = None
        self.has_more = False
        """Whether the last `read` left bytes behind that a poll may not see."""

    # what paho calls

    def fileno(self) -> int:
        """The descriptor, to wait on."""
        return self._sock.fileno()

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001 - as of a socket
        """As of a socket."""
        self._sock.setblocking(flag)

    def recv(self, size: int) -> bytes:
        """Bytes of packets that are no PUBLISH; once the broker has gone, the error."""
        rest = self._packets.rest
        if rest:
            data = bytes(rest[:size])
            del rest[:size]
            return data
        raise self._ended or BlockingIOError

    def send(self, data: bytes | bytearray) -> int:
        """Take all of it: paho then never holds half a packet, and ours go between."""
        with self._outgoing:
            self._out += data
        return len(data)

    def close(self) -> None:
        """Send what is queued (a DISCONNECT, say), as far as it goes, and close."""
        try:
            if self._ended is None and self._out:
                self._sock.settimeout(_FAREWELL_S)
                self._sock.sendall(self._out)
                self._sock.shutdown(socket.SHUT_WR)
                # closed with bytes unread, TCP takes back what the broker has not read either
                until = time.monotonic() + _FAREWELL_S
                while self._sock.recv_into(self._room) and time.monotonic() < until:
                    pass
        except OSError:
            pass
        finally:
            self._sock.close()

    # what is ours

    @property
    def has_control(self) -> bool:
        """Whether `recv` has something to say to paho."""
        return bool(self._packets.rest) or self._ended is not None

    @property
    def unsent(self) -> int:
        """Bytes queued."""
        return len(self._out)

    def queue(self, packets: bytes) -> bool:
        """Have whole packets sent, from any thread; True when the network's has to be woken."""
        with self._outgoing:
            was_idle = not self._out
            self._out += packets
        return was_idle

    def read(self, received_ms: int) -> list[Message]:
        """Messages out of what has come, up to a megabyte of it.  Raises `MalformedError`."""
        filled, room = 0, self._room
        try:
            while filled < _READ:
                got = self._sock.recv_into(room[filled:])
                if not got:
                    self._ended = ConnectionResetError("the broker closed the connection")
                    break
                filled += got
                if not isinstance(self._sock, ssl.SSLSocket):
                    break
        except _NOT_NOW:
            pass
        except OSError as error:
            self._ended = error
        # a TLS record is read whole: its other half lies in the library, where no poll looks
        self.has_more = filled == _READ
        return self._packets.feed(bytes(room[:filled]), received_ms) if filled else []

    def write(self) -> None:
        """Send what is queued, as much as the system takes."""
        while self._out and self._ended is None:
            with self._outgoing:
                piece = bytes(self._out[:_WRITE])
            try:
                sent = self._sock.send(piece)
            except _NOT_NOW:
                return
            except OSError as error:
                self._ended = error
                return
            with self._outgoing:
                del self._out[:sent]
