"""What is fed to the broker: traces in present time, a bounded backlog, a steady pace."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from vehicleguard.cli.simulate import simulate
from vehicleguard.simulator import towns
from vehicleguard.simulator.fleet import Fleet
from vehicleguard.simulator.gateways import Gateways, Outgoing, Pace
from vehicleguard.simulator.habits import Towns
from vehicleguard.simulator.publisher import PAUSE_S, FleetFeeder
from vehicleguard.simulator.receiver import NONE
from vehicleguard.simulator.settings import FleetSettings
from vehicleguard.simulator.trace import LULL_S, Trace, TraceError, TraceFeeder

NOW = 1_900_000_000.0


def table(**more: object) -> pa.Table:
    columns = {
        "vehicle_id": ["aus-1", "bus 2/x", "aus-1", None, "aus-1", "aus-1"],
        "t": [1000.0, 1010.0, 1060.0, 1061.0, 1120.0, 90_000.0],
        "lon": [-97.7000001, -97.8, 0.0, -97.7, float("nan"), -97.9],
        "lat": [30.1, 30.2, 0.0, 30.1, 30.1, 30.3],
        "speed_mps": [1.0, None, 3.0, 4.0, 5.0, 6.0],
        **more,
    }
    return pa.table(columns)


def fixes(feeder: TraceFeeder, now_s: float) -> list[tuple[str, dict[str, object]]]:
    return [(m.topic, msgspec.json.decode(m.payload)) for m in feeder.due(now_s)]


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_a_trace_is_played_now_with_its_own_coordinates(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"trace{suffix}"
    write = pyarrow.csv.write_csv if suffix == ".csv" else pyarrow.parquet.write_table
    write(table(), path)
    feeder = TraceFeeder(Trace.read(path), NOW)
    assert [topic for topic, _ in fixes(feeder, NOW)] == ["vg/v1/AUS-1/fix"]
    rest = fixes(feeder, NOW + 150)
    assert [topic.split("/")[2] for topic, _ in rest] == ["AUS-bus_2_x", "AUS-1", "AUS-1"]
    assert rest[0][1] == {
        "t": NOW + 10, "lon": -97.8, "lat": 30.2, "armed": False, "seq": 0
    }  # fmt: skip
    assert (rest[1][1]["lon"], rest[1][1]["lat"]) == (0.0, 0.0)
    assert rest[1][1]["seq"] == 1
    # the night in between is cut short
    assert rest[2][1]["t"] == NOW + 60 + LULL_S
    assert rest[2][1]["speed"] == 6.0


def test_a_trace_begins_anew_when_it_has_ended(tmp_path: Path) -> None:
    pyarrow.parquet.write_table(table(), tmp_path / "t.parquet")
    feeder = TraceFeeder(Trace.read(tmp_path / "t.parquet"), NOW, speed=2.0)
    lap = (60 + LULL_S + LULL_S) / 2
    first, second = fixes(feeder, NOW + lap - 0.1), fixes(feeder, NOW + 2 * lap - 0.1)
    assert len(first) == len(second) == 4
    assert fixes(feeder, NOW + 2 * lap - 0.1) == []
    for (topic, one), (again, other) in zip(first, second, strict=True):
        assert topic == again
        assert other["t"] == pytest.approx(one["t"] + lap, abs=0.002)
        assert (other["lon"], other["lat"]) == (one["lon"], one["lat"])
        assert other["seq"] > one["seq"]
    assert feeder.rate == pytest.approx(4 / lap)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not a readable"),
        (b"a,b\n1,2\n", "missing: vehicle_id"),
        (b"vehicle_id,t,lon,lat\n", "no row"),
        (b"vehicle_id,t,lon,lat\nx,noon,1,2\n", "must be numbers"),
    ],
)
def test_a_bad_trace_is_one_clear_line(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "trace.csv"
    path.write_bytes(content)
    with pytest.raises(TraceError, match=says) as caught:
        Trace.read(path)
    assert str(path) in str(caught.value)


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_the_backlog_is_bounded_and_telemetry_goes_before_alarms() -> None:
    gateways = Gateways("127.0.0.1", closed_port(), 10.0, links=1, backlog=100)
    alarms = [Outgoing("vg/v1/A/fix", b"!", urgent=True) for _ in range(10)]
    gateways.offer(alarms)
    gateways.offer(Outgoing(f"vg/v1/B{k}/fix", b"{}", urgent=False) for k in range(500))
    assert gateways.waiting == 100
    assert gateways.dropped == 410
    gateways.offer(Outgoing("vg/v1/A/fix", b"!", urgent=True) for _ in range(95))
    assert gateways.waiting == 100
    assert gateways.dropped == 505
    assert gateways.published == 0


def test_a_broker_that_is_away_is_tried_again_ever_more_seldom() -> None:
    gateways = Gateways("127.0.0.1", closed_port(), 10.0, links=1)
    link = gateways._links[0]
    attempts = 0
    real = link._client.reconnect

    def counted() -> object:
        nonlocal attempts
        attempts += 1
        return real()

    link._client.reconnect = counted
    for step in range(3000):
        gateways.pump(step * 0.02)
    assert 9 <= attempts <= 40
    assert "refused" in gateways.trouble
    assert not gateways.up
    gateways.close()


@given(gaps=st.lists(st.floats(0.0, 5.0), min_size=1, max_size=50))
def test_the_pace_is_never_exceeded(gaps: list[float]) -> None:
    pace, now, sent = Pace(100.0, 10.0), 0.0, 0
    pace.allowed(0.0)
    for gap in gaps:
        now += gap
        allowed = pace.allowed(now)
        assert allowed <= 10
        pace.spend(allowed)
        sent += allowed
    assert sent <= 100.0 * now + 1


def towns_file(path: Path, features: list[object]) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def point(lon: object, lat: object, **said: object) -> dict[str, object]:
    return {"properties": said, "geometry": {"type": "Point", "coordinates": [lon, lat]}}


def test_towns_are_read_with_their_weight(tmp_path: Path) -> None:
    path = towns_file(
        tmp_path / "towns.geojson",
        [
            point(112.1, 28.1, population=500),
            point(112.2, 28.2, weight=3, population=9),
            point(112.3, 28.3, in_yiyang=False),
            point(112.4, 28.4, population=None),
            point("x", 28.4),
            point(112.4, 128.4),
            point(112.4, 28.4, weight=-1),
            {"geometry": None, "properties": None},
        ],
    )
    read = towns.load(path)
    assert read.lon.tolist() == [112.1, 112.2, 112.4]
    assert read.weight.tolist() == [500.0, 3.0, 1.0]


@pytest.mark.parametrize("text", ["", "[]", '{"features": 3}', '{"features": []}', "\xff"])
def test_a_file_without_towns_is_one_clear_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "towns.geojson"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(towns.TownsError, match=r"towns\.geojson"):
        towns.load(path)


def test_a_machine_that_slept_does_not_send_hours_at_once() -> None:
    place = Towns(np.array([112.0]), np.array([28.0]), np.array([1.0]))
    fleet = Fleet.begin(FleetSettings(n=100, theft_every_s=0.0, nuisances=NONE), place, NOW)
    feeder = FleetFeeder(fleet)
    assert feeder.rate == pytest.approx(100 / 30)
    assert len(list(feeder.due(NOW + 30))) == 100
    assert len(list(feeder.due(NOW + 30 + PAUSE_S + 3600))) <= 1
    assert len(list(feeder.due(NOW + 60 + PAUSE_S + 3600))) == 100


@pytest.mark.parametrize(
    "options",
    [
        ["--broker", "nowhere:port"],
        ["--broker", ":1883"],
        ["--theft-every", "often"],
        ["--duration", "-3"],
        ["--vehicles", "0"],
        ["--vehicles", "0", "--trace", "missing.parquet"],
        ["--towns", "missing.geojson"],
    ],
)
def test_a_wrong_option_ends_with_status_2(options: list[str]) -> None:
    result = CliRunner().invoke(simulate, options)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_no_broker_and_no_retry_ends_with_status_2(tmp_path: Path) -> None:
    path = towns_file(tmp_path / "towns.geojson", [point(112.1, 28.1)])
    port = closed_port()
    result = CliRunner().invoke(
        simulate,
        ["--broker", f"127.0.0.1:{port}", "--towns", str(path), "--vehicles", "10", "--no-retry"],
    )
    assert result.exit_code == 2
    assert f"127.0.0.1:{port}: the broker cannot be reached" in result.output
