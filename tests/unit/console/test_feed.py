"""The feed without sockets: any interleaving of writing, reading, lagging and being cut off."""

import asyncio
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from console.feed import Feed
from console.notify import Notifier
from tests.unit.console.fakes import FakeIncidents

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(1, 12)),
        st.tuples(st.just("read"), st.integers(1, 4)),
        st.tuples(st.just("cut"), st.just(0)),
    ),
    max_size=30,
)


def seqs(chunk: bytes) -> list[int]:
    return [int(seq) for seq in re.findall(rb"^id: (\d+)$", chunk, re.MULTILINE)]


async def until(truth) -> None:
    while not truth():  # noqa: ASYNC110 - the feed rings for listeners, not for its tests
        await asyncio.sleep(0)


class Listener:
    """Resumes by the last number it `got` whenever it is cut off."""

    def __init__(self, feed: Feed, last: int) -> None:
        self._feed = feed
        self._stream = feed.listen(last)
        self.got = [last]

    async def cut(self) -> None:
        await self._stream.aclose()
        self._stream = self._feed.listen(self.got[-1])

    async def read(self, chunks: int, last: int) -> None:
        """At most so many chunks that hold an event, and none beyond event `last`."""
        while chunks and self.got[-1] < last:
            chunk = await asyncio.wait_for(anext(self._stream, None), 20)
            if chunk is None:  # ended: too slow
                await self.cut()
            elif b"event: incident" in chunk:
                self.got += seqs(chunk)
                chunks -= 1


async def follow(ledger: FakeIncidents, steps: list[tuple[str, int]], backlog: int) -> list[int]:
    """Ledger numbers in the order in which the listener got them."""
    bell = Notifier()
    feed = Feed(ledger, dict, bell, max_listeners=1, backlog=backlog, poll_s=60)
    listener = Listener(feed, ledger.last_seq())
    async with feed.running():
        for step, n in [*steps, ("read", 10_000)]:
            if step == "write":
                for _ in range(n):
                    ledger.open()
                bell.wake()
                await asyncio.sleep(0)
            elif step == "cut":
                await listener.cut()
            else:
                await listener.read(n, ledger.last_seq())
        await listener.cut()
    return listener.got


@settings(deadline=None, max_examples=60)
@given(STEPS, st.integers(0, 5), st.integers(1, 20))
def test_any_interleaving_gives_every_event_once_and_in_order(steps, before, backlog) -> None:
    ledger = FakeIncidents()
    for _ in range(before):
        ledger.open()
    got = asyncio.run(follow(ledger, steps, backlog))
    assert got == list(range(before, ledger.last_seq() + 1))


def test_the_tail_stays_as_short_as_it_was_told() -> None:
    async def run() -> None:
        ledger, bell = FakeIncidents(), Notifier()
        feed = Feed(ledger, dict, bell, max_listeners=1, backlog=10, poll_s=60)
        async with feed.running():
            await until(lambda: feed.floor == 0)
            stalled = feed.listen(0)
            await anext(stalled)
            for _ in range(500):
                ledger.open()
            bell.wake()
            await until(lambda: feed.floor == 490)
            assert len(feed._tail) == 10
            await stalled.aclose()

    asyncio.run(asyncio.wait_for(run(), 20))


def test_no_place_is_given_beyond_the_last() -> None:
    feed = Feed(FakeIncidents(), dict, Notifier(), max_listeners=2, backlog=10, poll_s=60)
    assert [feed.reserve() for _ in range(3)] == [True, True, False]
    feed.release()
    assert feed.reserve()


def test_waking_before_and_after_anybody_looks_is_harmless() -> None:
    bell = Notifier()
    bell.wake()

    async def run() -> None:
        rung = asyncio.Event()
        bell.bind(rung)
        for _ in range(3):
            await asyncio.to_thread(bell.wake)
            await asyncio.wait_for(rung.wait(), 20)
            rung.clear()

    asyncio.run(run())
    bell.wake()  # its loop is closed
    bell.unbind()
    bell.wake()
