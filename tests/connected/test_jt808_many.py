"""Ten thousand terminals of JT/T 808 at once in one process, as far as file descriptors go."""

from __future__ import annotations

import resource
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ingest.inbox import Inbox
from ingest.jt808.gate import Gate
from ingest.jt808.gateway import Jt808Source

pytestmark = pytest.mark.service

WANTED = 10_000
SPARE = 512
ROOT = Path(__file__).parents[2]
# each opens a line, reports twice, and counts the answers
TERMINALS = """
import asyncio, sys
from ingest.jt808.frame import Frame, encode
from tests.jt808 import position

async def talk(port, n, gate):
    async with gate:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answers = 0
    for serial in range(2):
        if serial:
            await everybody.wait()
        body = position(1_790_000_000 + serial, 112.0 + n * 1e-5, 28.5)
        writer.write(encode(Frame(0x0200, f"{n:012d}", serial, body)))
        await reader.readuntil(b"\\x7e")
        await reader.readuntil(b"\\x7e")
        answers += 1
        connected.add(n)
        if len(connected) == count:
            everybody.set()
    held.append(writer)
    return answers

async def main():
    global everybody
    everybody = asyncio.Event()
    gate = asyncio.Semaphore(200)
    answers = await asyncio.gather(*(talk(port, n, gate) for n in range(count)))
    print(sum(answers), flush=True)
    await asyncio.to_thread(sys.stdin.read)

port, count = map(int, sys.argv[1:])
connected, held = set(), []
asyncio.run(main())
"""


def possible() -> int:
    """As many as this process and its child may have open, at most `WANTED`."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    return min(WANTED, most - SPARE)


@pytest.mark.timeout(280)
def test_ten_thousand_connections_are_heard_and_answered() -> None:
    count = possible()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + SPARE), hard))
    inbox = Inbox(50_000)
    source = Jt808Source(
        inbox, Gate(None, b"k"), host="127.0.0.1", port=0, clock_ms=lambda: 1_790_000_000_000
    )
    source.start()
    ended = threading.Event()
    taken = 0

    def work() -> None:
        nonlocal taken
        while not ended.is_set():
            messages = inbox.take(4096, max_wait_s=0.1, linger_s=0.02)
            taken += len(messages)
            source.acknowledge(messages)

    worker = threading.Thread(target=work)
    worker.start()
    command = [sys.executable, "-c", TERMINALS, str(source.port), str(count)]
    began = time.monotonic()
    try:
        with subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as terminals:
            assert terminals.stdout is not None
            assert terminals.stdout.readline() == f"{2 * count}\n"
            assert source.connections == count
            print(f"\n{count:,} connections, two answers each: {time.monotonic() - began:.1f} s")  # noqa: T201 - `pytest -s` shows it
        end = time.monotonic() + 30
        while source.connections:
            assert time.monotonic() < end
            time.sleep(0.05)
    finally:
        ended.set()
        worker.join()
        source.stop()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert taken == 2 * count
