"""The run's own broker may die; terminals get their answers all the same."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest

from tests.running import Running, free_port
from tests.terminals import Terminals
from tests.timeline import Track


@pytest.mark.service
def test_a_run_starts_its_broker_again_and_loses_nothing(tmp_path: Path, kills: int) -> None:
    deaths = max(kills // 10, 1)
    port = free_port()
    run = Running(tmp_path, f"[ingest]\nport = {port}")
    run.start()
    start_ms = int(time.time() * 1000) - 3_600_000
    told = [Track(f"T{n}", t_ms=start_ms, armed=True).park(30 * deaths) for n in range(20)]
    terminals = Terminals(port, told)
    try:
        lives = set()
        for n in range(deaths):
            while terminals.acknowledged() < 100 + n * terminals.total // (deaths + 1):
                time.sleep(0.05)
            (broker,) = psutil.Process(run.pid).children()
            lives.add(broker.pid)
            broker.kill()
        terminals.wait(60 + 30 * deaths)
        (again,) = psutil.Process(run.pid).children()
        assert len({*lives, again.pid}) == deaths + 1
    finally:
        terminals.close()
        assert run.stop() == 0
    assert run.tracebacks() == []
