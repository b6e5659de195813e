"""The bell: rung from anywhere, heard once, and harmless when nobody is there any more."""

from __future__ import annotations

import select

from ingest.waker import Waker


def heard(waker: Waker) -> bool:
    poll = select.poll()
    poll.register(waker, select.POLLIN)
    return bool(poll.poll(0))


def test_a_bell_is_heard_until_it_is_put_to_rest() -> None:
    waker = Waker()
    assert not heard(waker)
    for _ in range(100_000):
        waker.wake()
    assert heard(waker)
    while heard(waker):
        waker.rest()
    waker.rest()
    assert not heard(waker)
    waker.close()
    waker.wake()
