"""A publisher that is never the limit: packets encoded beforehand, written in bulk to a socket.

`python -m vehicleguard.bench.feeder PORT COUNT [seq|packed]`: fixes, numbered ones, or bytes of the
size of 128 of them in one message.  MQTT 3.1.1, QoS 1; the packet layouts are
those of the OASIS standard, sections 3.1 and 3.3.
"""

from __future__ import annotations

import socket
import struct
import sys
import threading
from collections.abc import Sequence

_CHUNK = 512
TERMINALS = 30_000
FIXES_PACKED = 128


def payload(n: int, *, numbered: bool) -> bytes:
    """A fix as a terminal sends it, some 90 bytes."""
    seq = f',"seq":{n}' if numbered else ""
    return (
        f'{{"t":{1_790_000_000 + n // TERMINALS * 30},"lon":{112.3 + n % 977 * 1e-4:.6f},'
        f'"lat":{28.5 + n % 991 * 1e-4:.6f},"speed":0.0,"acc":5.0,"armed":true,"ign":false{seq}}}'
    ).encode()


def publish_packet(topic: str, body: bytes, packet: int) -> bytes:
    """A PUBLISH packet of QoS 1."""
    name = topic.encode()
    rest = struct.pack(">H", len(name)) + name + struct.pack(">H", packet) + body
    return b"\x32" + _length(len(rest)) + rest


def _length(value: int) -> bytes:
    out = bytearray()
    while True:
        value, digit = divmod(value, 128)
        out.append(digit | (0x80 if value else 0))
        if not value:
            return bytes(out)


def packed(n: int) -> bytes:
    """As many bytes as a gateway's `FIXES_PACKED` fixes of 48; nobody reads them."""
    return n.to_bytes(8) * (FIXES_PACKED * 48 // 8)


def main(port: int, count: int, *, numbered: bool) -> None:
    """Publish `count` fixes of 30,000 terminals as fast as the broker takes them."""
    send(
        port,
        [
            publish_packet(
                f"vg/v1/B{n % TERMINALS:05d}/fix", payload(n, numbered=numbered), n % 65_535 + 1
            )
            for n in range(count)
        ],
    )


def send(port: int, packets: Sequence[bytes]) -> None:
    """Write packets of QoS 1 to a broker, and return when it has answered each."""
    client = b"bench-feeder"
    connect = struct.pack(">H4sBBH", 4, b"MQTT", 4, 2, 60) + struct.pack(">H", len(client)) + client
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(b"\x10" + _length(len(connect)) + connect)
        if line.recv(4)[:1] != b"\x20":
            raise SystemExit("the broker refused the feeder")
        answered = threading.Thread(target=_read_answers, args=(line, len(packets)))
        answered.start()
        for first in range(0, len(packets), _CHUNK):
            line.sendall(b"".join(packets[first : first + _CHUNK]))
        answered.join(60)
        line.sendall(b"\xe0\x00")


def _read_answers(line: socket.socket, count: int) -> None:
    """Take the PUBACKs off the line, four bytes each, until all are there."""
    left = 4 * count
    while left > 0 and (data := line.recv(65_536)):
        left -= len(data)


if __name__ == "__main__":
    if sys.argv[3:] == ["packed"]:
        port, count = int(sys.argv[1]), int(sys.argv[2])
        send(port, [publish_packet("vg/v1/G/fix", packed(n), n % 65_535 + 1) for n in range(count)])
    else:
        main(int(sys.argv[1]), int(sys.argv[2]), numbered=sys.argv[3:] == ["seq"])
