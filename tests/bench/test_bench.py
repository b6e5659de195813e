"""The bench measures what it says; how fast this machine is, is nobody's defect."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from ingest.dialects import DIALECTS
from ingest.message import Message
from streams.processor import Processor
from streams.rules import Rules
from streams.state import FleetState
from vehicleguard.bench import feeder, processor
from vehicleguard.cli.bench import bench


def test_the_feeders_packets_carry_native_fixes() -> None:
    body = feeder.payload(31_000, numbered=True)
    packet = feeder.publish_packet("vg/v1/B00001/fix", body, 7)
    assert packet.endswith(body)
    decoded = DIALECTS["native"].decode([Message("vg/v1/B00001/fix", body, 0)])
    assert decoded.rejects == []
    assert decoded.fixes.seq.tolist() == [31_000]


@pytest.mark.parametrize("size", [1, 100, 40_000])
def test_the_benchs_batches_advance_vehicles_and_raise_nothing(size: int) -> None:
    source, state, running = processor.batches(size), FleetState(), Processor(Rules())
    raised = [running.step(next(source), state) for _ in range(3)]
    assert raised == [[], [], []]
    assert running.tally.sum() == 3 * size
    assert len(state) == min(3 * size, processor.VEHICLES)
    assert np.all(state.rows["fix_ms"] > 0)


@pytest.mark.service
@pytest.mark.timeout(240)
def test_a_quick_bench_prints_every_figure(tmp_path: Path) -> None:
    result = CliRunner().invoke(bench, ["--quick", "--json", str(tmp_path / "figures.json")])
    assert result.exit_code == 0, result.output
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert all(figures["ingest"][kind]["per_s"][0] > 0 for kind in ("bare", "path", "answered"))
    assert {speed["size"] for speed in figures["processor"]} == set(processor.SIZES)
    assert figures["latency"]["published"] == len(figures["latency"]["seconds"]) > 0
    for words in ("of bare", "fixes/s", "p99", "MB/min"):
        assert words in result.output
