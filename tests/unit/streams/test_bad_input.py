"""Bad input has an answer each, written down in docs/detection.md, and harms nobody beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from annotated_types import Ge, Gt, Le
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from geofence import ZoneSet
from ingest.admission import Admission
from ingest.fix import Alarm, FixBatch, Flag
from ingest.registry import Registry
from ingest.settings import IngestSettings
from streams.detect import Count
from streams.processor import Processor
from streams.rules import RuleFile, Rules, RulesError, Thresholds
from streams.signal import SignalKind
from streams.state import FleetState
from tests.timeline import HOME, T0_MS, Track, offset
from tests.unit.ingest.making import FIX, NATIVE, message, vehicles
from tests.unit.streams.told import RULES, kinds, told
from vehicleguard import recording

HOUR_S = 3600


def admit(registry: Registry, terminal: str, t_s: float, lon: float = HOME[0]) -> FixBatch:
    told_by = [message(FIX | {"t": t_s, "lon": lon}, f"vg/v1/{terminal}/fix", int(t_s * 1000))]
    batch, rejects = Admission(IngestSettings(), registry).admit(NATIVE.decode(told_by), told_by)
    assert len(batch) + len(rejects) == 1
    return batch


def test_a_vehicle_that_nobody_registered_is_refused_live_and_skipped_in_replay(
    tmp_path: Path,
) -> None:
    admission = Admission(IngestSettings(), Registry({"T1": "car"}))
    sent = [message(FIX, f"vg/v1/{terminal}/fix") for terminal in ("T1", "T2")]
    batch, (reject,) = admission.admit(NATIVE.decode(sent), sent)
    assert (vehicles(batch), reject.reason, reject.terminal) == (["car"], "unregistered", "T2")
    trace = tmp_path / "trace.csv"
    trace.write_text("vehicle_id,t,lon,lat\ncar,1750000000,112,28\nvan,1750000001,112,28\n")
    recorded = recording.read([trace], frozenset({"car"}))
    assert vehicles(recorded.batch) == ["car"]
    assert recorded.skipped == {"unregistered": 1}


def test_two_terminals_of_one_vehicle_are_one_row() -> None:
    registry = Registry({"T1": "car", "T2": "car"})
    state = FleetState()
    processor = Processor(RULES)
    for n in range(10):
        processor.step(admit(registry, f"T{1 + n % 2}", T0_MS / 1000 + 30 * n), state)
    assert list(state.ids) == ["car"]
    assert processor.tally[Count.LIVE] == 10


def test_a_registry_that_changes_counts_from_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "vehicles.csv"
    path.write_text("vehicle_id,terminal\ncar,T1\nvan,T2\n")
    running = Registry.from_csv(path)
    path.write_text("vehicle_id,terminal\ncar,T9\nvan,T1\n")
    restarted = Registry.from_csv(path)

    state, processor = FleetState(), Processor(RULES)
    t_s = T0_MS / 1000
    for n in range(20):
        processor.step(admit(running, "T1", t_s + 30 * n), state)
        processor.step(admit(running, "T2", t_s + 30 * n, lon=HOME[0] + 0.2), state)
    before = state.rows.copy()
    processor.step(admit(restarted, "T1", t_s + 700, lon=HOME[0] + 0.2), state)
    car, van = (state.row_of(name) for name in ("car", "van"))
    assert (car, van) == (0, 1)
    # what is known of the car stays its own; the terminal speaks for the van from now on
    assert state.rows[0].tobytes() == before[0].tobytes()
    assert state.rows["fix_ms"][1] == (t_s + 700) * 1000
    assert len(admit(restarted, "T2", t_s + 700)) == 0


WRONG = {
    "[fusion]\nyelow = 3\n": "rules.toml:2:1: fusion.yelow: unknown key; did you mean yellow?",
    "[fusion]\nred = -1\n": "rules.toml:2:7: fusion.red:",
    "[fusion]\nalone = ['nothing']\n": "rules.toml:2:10: fusion.alone[0]:",
    "[fusion.weights]\nstolen_by_aliens = 1\n": "rules.toml:2:1: fusion.weights.stolen_by_aliens: ",
    "[fusion.weights]\nsos = 'much'\n": "rules.toml:2:7: fusion.weights.sos:",
    "[fusion.weights]\nsilent = nan\n": "rules.toml:2:10: fusion.weights.silent:",
    "[fusion.weights]\nsilent = -1\n": "rules.toml:2:10: fusion.weights.silent:",
    "[silence]\nleast = 5\n": "rules.toml:2:1: silence.least: unknown key",
    "[silence]\nleast_s = 5\n": "rules.toml:2:11: silence.least_s:",
    "[silense]\nleast_s = 60\n": "rules.toml:1:2: silense: unknown key; did you mean silence?",
    "[[zone_rule]]\nid = 'a'\nzones = 'all'\nwhen = 'fly_over'\n": "rules.toml:4:8: zone_rule[0]",
}


@pytest.mark.parametrize("text", WRONG, ids=lambda text: text.split("\n")[1])
def test_what_the_rules_do_not_know_is_an_error_with_its_place(text: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(text)
    with pytest.raises(RulesError) as caught:
        RuleFile.read(path)
    (line,) = caught.value.lines()
    assert WRONG[text] in line


ODD = np.array([np.nan, np.inf, -np.inf, 0, -1, 1e300, 180, -180, 90, 179.9999, HOME[0]])
YARD = ZoneSet.from_geojson(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"radius_m": 70},
                "geometry": {"type": "Point", "coordinates": list(HOME)},
            }
        ],
    }
)


def odd_fixes(seed: int, n: int = 400) -> FixBatch:
    """Fixes with whatever numbers a column can hold."""
    rng = np.random.default_rng(seed)
    spread_deg = 10 ** rng.uniform(-4, 1)

    def odd(scale: float, centre: float, dtype: type[np.floating]) -> NDArray[np.floating]:
        usual = centre + scale * rng.standard_normal(n)
        with np.errstate(over="ignore"):
            return np.where(rng.random(n) < 0.2, rng.choice(ODD, n), usual).astype(dtype)

    t_ms = T0_MS + np.cumsum(rng.choice([0, 1, 500, 10_000, 30_000, 10**8, -10_000], n))
    late_ms = rng.choice([0, 0, 0, 1000, 400_000, -500_000], n)
    alarms = np.where(rng.random(n) < 0.7, 0, rng.integers(0, 1 << 16, n))
    return FixBatch(
        ids=tuple("abcd"),
        vehicle=rng.integers(0, 4, n).astype(np.int32),
        t_ms=t_ms,
        received_ms=np.where(rng.random(n) < 0.1, 0, t_ms + late_ms),
        lon=odd(spread_deg, HOME[0], np.float64),
        lat=odd(spread_deg, HOME[1], np.float64),
        speed_mps=odd(5, 5, np.float32),
        heading_deg=odd(90, 90, np.float32),
        accuracy_m=odd(50, 30, np.float32),
        altitude_m=odd(1, 0, np.float32),
        flags=rng.integers(0, 128, n).astype(np.uint32),
        alarms=alarms.astype(np.uint32),
        seq=np.full(n, -1, np.int64),
    )


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_no_fix_however_odd_breaks_anything_or_is_told_in_numbers_that_are_none(seed: int) -> None:
    for signal in Processor(RULES).step(odd_fixes(seed), FleetState()):
        json.dumps(signal.to_wire(), allow_nan=False)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_back_fill_alone_never_raises_anything(seed: int) -> None:
    batch = odd_fixes(seed)
    batch.flags[:] |= np.uint32(Flag.BACK_FILL)
    assert Processor(RULES).step(batch, FleetState()) == []


def bounds() -> Iterator[tuple[str, str, float]]:
    for section, held in Thresholds():
        for key, field in type(held).model_fields.items():
            for bound in field.metadata:
                if isinstance(bound, Gt):
                    yield section, key, bound.gt + 1e-9
                elif isinstance(bound, Ge | Le):
                    yield section, key, bound.ge if isinstance(bound, Ge) else bound.le


@pytest.mark.parametrize(("section", "key", "value"), list(bounds()))
def test_every_threshold_may_be_at_its_bound(section: str, key: str, value: float) -> None:
    rules = Rules(Thresholds.model_validate({section: {key: value}}), YARD)
    stolen = Track(armed=True, ignition=False).park(20).ride(3, mps=15).park(10).ride(20)
    for batch in (stolen.batch(), odd_fixes(1)):
        for signal in Processor(rules).step(batch, FleetState()):
            json.dumps(signal.to_wire(), allow_nan=False)


def test_a_clock_that_jumps_back_is_late_until_it_catches_up_and_never_an_alarm() -> None:
    track = Track(armed=True, ignition=False).park(60)
    right_ms = track.t_ms
    track.t_ms -= HOUR_S * 1000 // 2
    track.late_s = HOUR_S / 2
    track.at = offset(HOME, 20_000, 0)
    track.ride(20).fix(speed=8.0, alarms=Alarm.TAMPER)
    assert track.t_ms < right_ms
    processor, state = Processor(RULES), FleetState()
    assert processor.step(track.batch(), state) == []
    assert processor.tally[Count.LATE] == 21
    track.at = HOME
    track.t_ms = right_ms
    track.late_s = 0
    assert told(track.park(60)) == []


def test_a_clock_that_is_set_right_again_leaves_the_vehicle_guarded() -> None:
    track = Track(armed=True, ignition=False, late_s=-8 * HOUR_S).park(10)
    right_ms = track.t_ms - 8 * HOUR_S * 1000
    track.t_ms, track.late_s = right_ms, 0
    for row in track.rows:
        row["received_ms"] = int(str(row["t_ms"])) - 8 * HOUR_S * 1000
    assert told(track.park(30)) == []
    assert {SignalKind.LEFT_FENCE, SignalKind.KEPT_MOVING} <= set(kinds(told(track.ride(20))))
