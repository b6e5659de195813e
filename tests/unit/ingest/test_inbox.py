"""The bounded inbox: never above its limit, nothing dropped, nobody left waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from ingest.inbox import Inbox
from ingest.message import Message

PATIENCE_S = 30.0


def numbered(n: int) -> Message:
    return Message("t", b"", n)


def numbers(messages: list[Message]) -> list[int]:
    return [message.received_ms for message in messages]


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def ended(thread: threading.Thread) -> bool:
    thread.join(PATIENCE_S)
    return not thread.is_alive()


def test_messages_leave_in_the_order_in_which_they_came() -> None:
    inbox = Inbox(100)
    for n in range(10):
        assert inbox.put(numbered(n))
    assert numbers(inbox.take(4, max_wait_s=0, linger_s=0)) == [0, 1, 2, 3]
    assert numbers(inbox.take(100, max_wait_s=0, linger_s=0)) == [4, 5, 6, 7, 8, 9]
    assert inbox.take(100, max_wait_s=0, linger_s=0) == []


def test_everything_comes_through_a_narrow_inbox_and_it_never_holds_more() -> None:
    inbox, total = Inbox(7), 3000
    producer = in_thread(lambda: [inbox.put(numbered(n)) for n in range(total)])
    taken: list[int] = []
    while len(taken) < total:
        assert len(inbox) <= 7
        got = inbox.take(5, max_wait_s=PATIENCE_S, linger_s=0)
        assert 1 <= len(got) <= 5
        taken += numbers(got)
    assert ended(producer)
    assert taken == list(range(total))


def test_a_full_inbox_holds_its_producer_until_there_is_room() -> None:
    inbox = Inbox(2)
    put: list[bool] = [inbox.put(numbered(0)), inbox.put(numbered(1))]
    producer = in_thread(lambda: put.append(inbox.put(numbered(2))))
    producer.join(0.3)
    assert producer.is_alive()
    assert len(inbox) == 2
    assert numbers(inbox.take(1, max_wait_s=0, linger_s=0)) == [0]
    assert ended(producer)
    assert put == [True, True, True]
    assert numbers(inbox.take(9, max_wait_s=0, linger_s=0)) == [1, 2]


def test_a_consumer_waits_for_the_first_message() -> None:
    inbox = Inbox(2)
    got: list[int] = []
    consumer = in_thread(
        lambda: got.extend(numbers(inbox.take(1, max_wait_s=PATIENCE_S, linger_s=0)))
    )
    inbox.put(numbered(5))
    assert ended(consumer)
    assert got == [5]


def test_lingering_ends_as_soon_as_the_batch_is_full() -> None:
    inbox = Inbox(10)
    inbox.put(numbered(0))
    got: list[int] = []
    consumer = in_thread(
        lambda: got.extend(numbers(inbox.take(3, max_wait_s=1, linger_s=10 * PATIENCE_S)))
    )
    inbox.put(numbered(1))
    inbox.put(numbered(2))
    assert ended(consumer)
    assert got == [0, 1, 2]


def test_closing_lets_the_producer_go_and_tells_it() -> None:
    inbox = Inbox(1)
    inbox.put(numbered(0))
    put: list[bool] = []
    producer = in_thread(lambda: put.append(inbox.put(numbered(1))))
    inbox.close()
    assert ended(producer)
    assert put == [False]
    assert not inbox.put(numbered(2))


def test_closing_lets_the_consumer_go() -> None:
    inbox = Inbox(1)
    got: list[list[Message]] = []
    consumer = in_thread(lambda: got.append(inbox.take(1, max_wait_s=10 * PATIENCE_S, linger_s=0)))
    inbox.close()
    assert ended(consumer)
    assert got == [[]]


def test_a_closed_inbox_gives_what_is_left_and_waits_for_nothing() -> None:
    inbox = Inbox(5)
    inbox.put(numbered(0))
    inbox.close()
    got: list[list[int]] = []

    def consume() -> None:
        for _ in range(2):
            taken = inbox.take(5, max_wait_s=10 * PATIENCE_S, linger_s=10 * PATIENCE_S)
            got.append(numbers(taken))

    assert ended(in_thread(consume))
    assert got == [[0], []]


def said(topic: str, n: int, *, alarm: bool = False) -> Message:
    return Message(topic, b'{"alarms":["sos"]}' if alarm else b"{}", n)


def test_many_are_put_at_once_as_far_as_there_is_room() -> None:
    inbox = Inbox(5)
    messages = [numbered(n) for n in range(8)]
    assert inbox.put_all(messages) == 5
    assert inbox.put_all(messages[5:]) == 0
    assert numbers(inbox.take(2, max_wait_s=0, linger_s=0)) == [0, 1]
    assert inbox.put_all(messages[5:]) == 2
    assert numbers(inbox.take(9, max_wait_s=0, linger_s=0)) == [2, 3, 4, 5, 6]
    inbox.close()
    assert inbox.put_all(messages) == 0


def test_few_large_messages_fill_an_inbox_too() -> None:
    inbox = Inbox(1000, limit_bytes=100)
    large = [Message("t", b"x" * 40, n) for n in range(6)]
    assert inbox.put_all(large) == 3
    assert inbox.put_all(large[3:]) == 0
    assert numbers(inbox.take(2, max_wait_s=0, linger_s=0)) == [0, 1]
    assert inbox.put_all(large[3:]) == 2
    assert numbers(inbox.take(9, max_wait_s=0, linger_s=0)) == [2, 3, 4]
    assert inbox.put_all([Message("t", b"x" * 1000, 9)]) == 1


def test_an_alarm_overtakes_with_all_that_its_terminal_said_before() -> None:
    inbox = Inbox(100)
    waiting = [said(f"t{n % 5}", n) for n in range(50)]
    inbox.put_all([*waiting, said("t3", 50, alarm=True), said("t0", 51)])
    first = inbox.take(24, max_wait_s=0, linger_s=0)
    of_t3 = [*range(3, 50, 5), 50]
    assert numbers(first)[: len(of_t3)] == of_t3
    rest = inbox.take(100, max_wait_s=0, linger_s=0)
    assert numbers(first)[len(of_t3) :] + numbers(rest) == [n for n in range(52) if n not in of_t3]


def test_when_all_that_waits_goes_into_one_block_nothing_is_moved() -> None:
    inbox = Inbox(100)
    inbox.put_all([said("a", 0), said("b", 1, alarm=True)])
    assert numbers(inbox.take(2, max_wait_s=0, linger_s=0)) == [0, 1]


def test_a_terminal_that_cries_for_ever_leaves_half_of_each_block_to_the_others() -> None:
    inbox = Inbox(10_000)
    inbox.put_all([said("quiet", n) for n in range(10)])
    inbox.put_all([said("loud", n, alarm=True) for n in range(10, 1000)])
    taken = [inbox.take(8, max_wait_s=0, linger_s=0) for _ in range(3)]
    assert [sum(m.topic == "quiet" for m in block) for block in taken] == [4, 4, 2]
    assert numbers([m for block in taken for m in block if m.topic == "loud"]) == [*range(10, 24)]


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.booleans(), st.booleans()), max_size=200),
    st.integers(1, 20),
)
def test_whatever_overtakes_each_topic_keeps_its_order_and_nothing_is_lost(
    plan: list[tuple[str, bool, bool]], most: int
) -> None:
    inbox, taken = Inbox(1000), []
    for n, (topic, alarm, take) in enumerate(plan):
        assert inbox.put_all([said(topic, n, alarm=alarm)]) == 1
        if take:
            taken += inbox.take(most, max_wait_s=0, linger_s=0)
    while got := inbox.take(most, max_wait_s=0, linger_s=0):
        taken += got
    assert inbox._bytes == 0
    assert sorted(numbers(taken)) == list(range(len(plan)))
    for topic in "abcd":
        own = [m.received_ms for m in taken if m.topic == topic]
        assert own == sorted(own)
