"""The line: paho gets its packets, we get ours, and what is queued goes out whole and in order."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from ingest.message import Message
from ingest.mqtt.line import Line
from ingest.mqtt.packets import Packets

PATIENCE_S = 30.0
PUBLISH = b"\x32\x07\x00\x01t\x00\x05{}"
PINGRESP = b"\xd0\x00"


@pytest.fixture
def pair() -> Iterator[tuple[Line, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.settimeout(0)
    theirs.settimeout(PATIENCE_S)
    line = Line(ours, Packets(connection=1, is_5=False, largest=1 << 22))
    yield line, theirs
    line.close()
    theirs.close()


def test_published_messages_are_ours_and_the_rest_is_paho_s(
    pair: tuple[Line, socket.socket],
) -> None:
    line, broker = pair
    with pytest.raises(BlockingIOError):
        line.recv(1)
    broker.sendall(PINGRESP + PUBLISH + b"\x90\x03\x00\x01\x01" + PUBLISH)
    assert [m.payload for m in line.read(7)] == [b"{}", b"{}"]
    assert line.has_control
    assert [line.recv(1), line.recv(1), line.recv(9)] == [b"\xd0", b"\x00", b"\x90\x03\x00\x01\x01"]
    assert not line.has_control
    with pytest.raises(BlockingIOError):
        line.recv(1)


def test_paho_is_told_that_the_broker_has_gone_after_all_that_came_before(
    pair: tuple[Line, socket.socket],
) -> None:
    line, broker = pair
    broker.sendall(PUBLISH + PINGRESP)
    broker.close()
    assert len(line.read(7)) == 1
    assert line.read(7) == []
    assert line.recv(9) == PINGRESP
    assert line.has_control
    with pytest.raises(ConnectionResetError):
        line.recv(9)


def test_a_read_takes_a_megabyte_and_says_that_there_may_be_more(
    pair: tuple[Line, socket.socket],
) -> None:
    line, broker = pair
    stream = PUBLISH * 300_000
    sender = threading.Thread(target=broker.sendall, args=(stream,), daemon=True)
    sender.start()
    messages: list[Message] = []
    most = 0
    while len(messages) < 300_000:
        got = line.read(7)
        most = max(most, len(got))
        messages += got
    sender.join(PATIENCE_S)
    assert most <= (1 << 20) // len(PUBLISH) + 1
    assert set(messages) == {Message("t", b"{}", 7, 1 << 17 | 5)}
    assert line.read(7) == []
    assert not line.has_more


def test_what_is_queued_goes_out_whole_and_in_order_past_a_slow_reader(
    pair: tuple[Line, socket.socket],
) -> None:
    line, broker = pair
    pieces = [bytes([n % 251]) * (n * 37 % 5000 + 1) for n in range(2000)]
    assert line.queue(pieces[0])
    assert not line.queue(pieces[1])
    for n, piece in enumerate(pieces[2:]):
        if n % 2:
            assert line.send(piece) == len(piece)
        else:
            line.queue(piece)
    wanted = b"".join(pieces)
    assert line.unsent == len(wanted)
    got = bytearray()
    line.write()
    assert 0 < line.unsent < len(wanted)
    while len(got) < len(wanted):
        got += broker.recv(100_000)
        line.write()
    assert got == wanted
    assert line.unsent == 0


def test_closing_sends_what_is_queued_though_nobody_reads_what_came() -> None:
    # over TCP: closed with bytes unread, it would take back what was sent
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = socket.create_connection(server.getsockname())
        broker, _ = server.accept()
    with broker:
        broker.settimeout(PATIENCE_S)
        line = Line(ours, Packets(connection=1, is_5=False, largest=1 << 22))
        broker.sendall(PUBLISH * 1000)
        line.send(b"\xe0\x00")
        closing = threading.Thread(target=line.close, daemon=True)
        closing.start()
        time.sleep(0.1)
        assert broker.recv(9) == b"\xe0\x00"
        assert broker.recv(9) == b""
    closing.join(PATIENCE_S)
    assert not closing.is_alive()
    assert line.fileno() == -1


def test_closing_waits_for_no_broker_that_does_not_hang_up(
    pair: tuple[Line, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.mqtt.line._FAREWELL_S", 0.05)
    line, broker = pair
    line.send(b"\xe0\x00")
    line.close()
    assert line.fileno() == -1
    assert broker.recv(9) == b"\xe0\x00"


def test_writing_to_a_broker_that_has_gone_is_no_error_of_ours(
    pair: tuple[Line, socket.socket],
) -> None:
    line, broker = pair
    broker.close()
    line.queue(b"x")
    line.write()
    line.write()
    assert line.has_control
    with pytest.raises(OSError, match=r"pipe|reset"):
        line.recv(1)
