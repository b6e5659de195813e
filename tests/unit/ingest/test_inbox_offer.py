"""The inbox for a thread that must not wait: it says at once whether there was room."""

from __future__ import annotations

from ingest.inbox import Inbox
from ingest.message import Message


def test_what_there_is_no_room_for_is_refused_at_once_and_taken_later() -> None:
    inbox = Inbox(3)
    said = [inbox.offer(Message("t", b"", n)) for n in range(5)]
    assert said == [True, True, True, False, False]
    taken = inbox.take(2, max_wait_s=0, linger_s=0)
    assert [message.received_ms for message in taken] == [0, 1]
    assert inbox.offer(Message("t", b"", 3))
    rest = inbox.take(9, max_wait_s=0, linger_s=0)
    assert [message.received_ms for message in rest] == [2, 3]


def test_a_closed_inbox_takes_nothing() -> None:
    inbox = Inbox(3)
    inbox.close()
    assert not inbox.offer(Message("t", b"", 0))
    assert inbox.take(9, max_wait_s=0, linger_s=0) == []
