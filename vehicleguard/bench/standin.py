"""The broker's side of one connection, for a figure of the receiver that no broker limits.

`python -m vehicleguard.bench.standin COUNT [seq]` prints its port, takes one CONNECT and one
SUBSCRIBE and then sends `COUNT` PUBLISH packets encoded beforehand, never more than `_WINDOW` of
them unacknowledged, as a broker would.  It stores nothing and looks at nothing.
"""

from __future__ import annotations

import socket
import sys
import threading

from vehicleguard.bench.feeder import TERMINALS, payload, publish_packet

_CHUNK = 256
_WINDOW = 8192
_LONGEST_S = 120
_CONNACK, _SUBACK_3 = b"\x20\x02\x00\x00", b"\x90\x05"
_PUBACK, _PINGREQ, _DISCONNECT = 0x40, 0xC0, 0xE0


class _Acknowledged:
    """Reads what the receiver sends; packets of up to 127 bytes, as PUBACKs and answers are."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._count = 0
        self._grown = threading.Condition()
        self.gone = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def wait(self, wanted: int) -> None:
        """Until so many are acknowledged."""
        with self._grown:
            self._grown.wait_for(lambda: self._count >= wanted, _LONGEST_S)

    def _read(self) -> None:
        data = b""
        while got := self._line.recv(1 << 18):
            data += got
            position = found = 0
            while len(data) - position >= 2:
                stop = position + 2 + data[position + 1]
                if stop > len(data):
                    break
                found += data[position] == _PUBACK
                if data[position] == _PINGREQ:
                    self._line.sendall(b"\xd0\x00")
                position = stop
            data = data[position:]
            with self._grown:
                self._count += found
                self._grown.notify()
        self.gone.set()


def _packet(line: socket.socket) -> bytes:
    """One packet of up to 127 bytes."""
    head = line.recv(2, socket.MSG_WAITALL)
    return head + line.recv(head[1], socket.MSG_WAITALL)


def main(count: int, *, numbered: bool) -> None:
    """Serve one receiver."""
    packets = [
        publish_packet(
            f"vg/v1/B{n % TERMINALS:05d}/fix", payload(n, numbered=numbered), n % 65_535 + 1
        )
        for n in range(count)
    ]
    chunks = [b"".join(packets[n : n + _CHUNK]) for n in range(0, count, _CHUNK)]
    with socket.create_server(("127.0.0.1", 0)) as server:
        sys.stdout.write(f"{server.getsockname()[1]}\n")
        sys.stdout.flush()
        line, _ = server.accept()
    with line:
        _packet(line)
        line.sendall(_CONNACK)
        subscribe = _packet(line)
        # three topics of the native dialect, each granted QoS 1
        line.sendall(_SUBACK_3 + subscribe[2:4] + b"\x01\x01\x01")
        sys.stdin.readline()
        heard = _Acknowledged(line)
        for number, chunk in enumerate(chunks):
            heard.wait(number * _CHUNK - (_WINDOW - _CHUNK))
            line.sendall(chunk)
        heard.gone.wait(_LONGEST_S)


if __name__ == "__main__":
    main(int(sys.argv[1]), numbered=sys.argv[2:] == ["seq"])
