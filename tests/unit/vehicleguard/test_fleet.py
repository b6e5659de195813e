"""The simulated fleet behaves like a town's vehicles, and the same way every time."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.fix import Alarm
from vehicleguard.simulator.fleet import Fleet
from vehicleguard.simulator.habits import Towns
from vehicleguard.simulator.receiver import NONE, Nuisances
from vehicleguard.simulator.reports import DTYPES, Reports, payloads, terminal_name
from vehicleguard.simulator.settings import FleetSettings
from vehicleguard.simulator.state import StateError
from vehicleguard.simulator.theft import TURN, TheftKind

NOON = 1_800_000_000.0 - 1_800_000_000.0 % 86_400 + 4 * 3600
TOWNS = Towns(
    np.array([112.355, 112.33, 112.12, 111.21]),
    np.array([28.57, 29.36, 28.53, 28.38]),
    np.array([50.0, 10.0, 10.0, 5.0]),
)


def fleet(n: int = 600, seed: int = 7, now_s: float = NOON, **other: object) -> Fleet:
    return Fleet.begin(FleetSettings(seed=seed, n=n, **other), TOWNS, now_s)


def run(f: Fleet, start: float, seconds: float, tick: float = 1.0) -> Reports:
    steps = np.arange(1, round(seconds / tick) + 1) * tick
    return Reports.concat([f.due(start + float(s)) for s in steps])


def same(a: Reports, b: Reports) -> bool:
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in DTYPES)


def metres(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return (lon - lon[0]) * 111_320 * np.cos(np.radians(lat[0])), (lat - lat[0]) * 111_320


def by_vehicle(reports: Reports) -> dict[int, Reports]:
    order = reports.take(np.lexsort((reports.seq, reports.terminal)))
    cuts = np.flatnonzero(np.diff(order.terminal)) + 1
    parts = np.split(np.arange(len(order)), cuts)
    return {int(order.terminal[p[0]]): order.take(p) for p in parts if len(p)}


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31), tick=st.sampled_from([0.25, 0.75, 7.5, 30.0, 150.0]))
def test_the_same_seed_gives_the_same_reports_for_any_tick(seed: int, tick: float) -> None:
    often, seldom = fleet(100, seed), fleet(100, seed)
    a = run(often, NOON, 150.0, tick)
    assert same(a, run(seldom, NOON, 150.0, 150.0))
    assert often.take_thefts() == seldom.take_thefts()


def test_another_seed_gives_other_reports() -> None:
    assert not same(run(fleet(seed=1), NOON, 60), run(fleet(seed=2), NOON, 60))


def test_every_vehicle_reports_once_per_period_and_the_rate_is_steady() -> None:
    f = fleet(3000, theft_every_s=0.0, nuisances=NONE)
    for part in by_vehicle(run(f, NOON, 300.0)).values():
        assert len(part) == 10
        assert np.allclose(np.diff(part.t), 30.0, atol=0.002)
    counts = [len(f.due(NOON + 300 + s)) for s in range(1, 61)]
    assert min(counts) >= 98
    assert max(counts) <= 102


@pytest.mark.parametrize("hour", [0, 3, 7, 12, 18, 22])
def test_the_map_is_alive_at_any_hour(hour: int) -> None:
    start = NOON - NOON % 86_400 + (hour - 8) * 3600
    f = fleet(2500, now_s=start)
    shares = [f.moving_share()]
    for minute in range(10, 41, 10):
        f.due(start + minute * 60)
        shares.append(f.moving_share())
    assert min(shares) >= 0.07
    assert max(shares) <= 0.30


def test_no_vehicle_outruns_physics_unless_its_receiver_jumps() -> None:
    rates = Nuisances(jumps_per_day=0.0, unlocated=0.0)
    for part in by_vehicle(run(fleet(1500, nuisances=rates), NOON, 1800.0, 30.0)).values():
        assert np.isfinite(part.lon).all()
        assert np.isfinite(part.lat).all()
        assert part.speed.max() <= 30.0
        once = part.take(np.diff(part.seq, prepend=-1) > 0)
        x, y = metres(once.lon, once.lat)
        since = np.diff(once.t)
        assert (np.hypot(np.diff(x), np.diff(y)) <= 30.0 * since + 40.0).all()
        # no faster change of speed than tyres allow
        assert (np.abs(np.diff(once.speed)) <= 4.0 * since + 2.0).all()


def test_parked_vehicles_stay_within_tens_of_metres_except_for_declared_jumps() -> None:
    f = fleet(2000, theft_every_s=0.0, nuisances=Nuisances(jumps_per_day=40.0, unlocated=0.0))
    jumps = 0
    for part in by_vehicle(run(f, NOON, 3600.0, 60.0)).values():
        if part.ign.any() or not part.armed.all():
            continue
        x, y = metres(part.lon, part.lat)
        away = np.hypot(x - np.median(x), y - np.median(y))
        jumped = part.acc == 2.0
        assert away[~jumped].max(initial=0.0) < 60.0
        assert (away[jumped] > 10.0).all()
        assert away[jumped].max(initial=0.0) < 360.0
        # A, B, A: it comes back after one or two fixes
        runs = np.diff(np.flatnonzero(np.diff(np.r_[False, jumped, False])))[::2]
        assert runs.max(initial=0) <= 4
        jumps += int(jumped.sum())
    assert jumps > 100


def test_the_owner_disarms_before_the_first_moving_fix() -> None:
    trips = 0
    f = fleet(3000, theft_every_s=0.0, nuisances=NONE)
    for part in by_vehicle(run(f, NOON, 1800.0, 30.0)).values():
        moving = part.speed > 1.0
        assert not part.armed[moving].any()
        assert part.ign[moving].all()
        sets_out = np.flatnonzero(part.armed[:-1] & ~part.armed[1:]) + 1
        assert part.ign[sets_out].all()
        assert (part.speed[sets_out] <= 0.5).all()
        trips += len(sets_out)
    assert trips > 300


def test_a_parked_vehicle_is_armed_again() -> None:
    f = fleet(3000, theft_every_s=0.0, nuisances=NONE)
    ended = 0
    for part in by_vehicle(run(f, NOON, 1800.0, 30.0)).values():
        for stop in np.flatnonzero(part.ign[:-1] & ~part.ign[1:]) + 1:
            after = part.take(np.arange(stop, min(stop + 4, len(part))))
            ended += 1
            assert len(after) < 4 or after.armed[-1] or after.ign.any()
    assert ended > 300


def test_a_few_owners_forget_to_disarm() -> None:
    f = fleet(4000, theft_every_s=0.0, nuisances=Nuisances(forget_disarm=0.1))
    started = forgot = 0
    for part in by_vehicle(run(f, NOON, 1800.0, 30.0)).values():
        begins = np.flatnonzero(~part.ign[:-1] & part.ign[1:]) + 1
        started += len(begins)
        forgot += int(part.armed[begins].sum())
    assert 0.07 < forgot / started < 0.13


def test_what_goes_wrong_goes_wrong_as_often_as_it_says() -> None:
    rates = Nuisances(duplicate=0.05, late=0.02, unlocated=0.01)
    reports = run(fleet(2000, theft_every_s=0.0, nuisances=rates), NOON, 900.0, 30.0)
    kept = len(np.unique(reports.terminal * 1_000_000 + reports.seq))
    assert 0.04 < 1 - kept / len(reports) < 0.06
    late = reports.sent - reports.t > 10
    assert 0.015 < late.mean() < 0.025
    assert 0.007 < (reports.lon == 0).mean() < 0.013
    assert (np.diff(reports.sent) >= 0).all()
    assert (np.diff(reports.t) < -10).any()


def test_thefts_come_in_turn_and_the_first_begins_at_once() -> None:
    f = fleet(600, theft_every_s=50.0)
    run(f, NOON, 420.0)
    thefts = f.take_thefts()
    assert [t.kind for t in thefts] == [str(TURN[k % 4]) for k in range(len(thefts))]
    assert thefts[0].t_start - NOON <= 2.0
    gaps = np.diff([t.t_start for t in thefts])
    assert ((gaps >= 45) & (gaps <= 60)).all()
    assert f.take_thefts() == []
    assert f.theft_count == len(thefts)


def test_no_thefts_when_none_are_asked_for() -> None:
    f = fleet(theft_every_s=0.0)
    run(f, NOON, 120.0)
    assert f.take_thefts() == []


def test_a_stolen_vehicle_reports_every_five_seconds_armed_and_without_ignition() -> None:
    f = fleet(800, theft_every_s=50.0, nuisances=NONE)
    reports = by_vehicle(run(f, NOON, 420.0))
    number = {terminal_name(k): k for k in range(800)}
    seen = defaultdict(list)
    for stolen in f.take_thefts()[:6]:
        part = reports[number[stolen.terminal]]
        part = part.take((part.t >= stolen.t_start) & (part.t < stolen.t_stop))
        assert part.t[0] == pytest.approx(stolen.t_start, abs=0.001)
        assert np.allclose(np.diff(part.t), 5.0, atol=0.002)
        assert part.armed.all()
        assert not part.ign.any()
        assert part.speed[part.t < stolen.t_moving].max() < 0.5
        x, y = metres(part.lon, part.lat)
        late = part.t > stolen.t_moving + 60
        assert np.hypot(x, y)[late].min() > 30.0
        seen[stolen.kind] += [part.speed.max()]
        if stolen.kind == TheftKind.CUT:
            assert part.alarms[0] & Alarm.VIBRATION
            assert (part.alarms & Alarm.POWER_CUT).any()
        else:
            assert not (part.alarms & (Alarm.VIBRATION | Alarm.POWER_CUT)).any()
    assert 7 < seen["drive_off"][0] < 9
    assert 10 < seen["tow"][0] < 12
    assert 1.2 < seen["push"][0] < 1.6
    assert 6 < seen["cut"][0] < 8


def test_the_first_theft_shows_within_25_seconds() -> None:
    f = fleet(2000, nuisances=NONE)
    reports = run(f, NOON, 25.0)
    (stolen,) = f.take_thefts()
    part = by_vehicle(reports)[int(stolen.terminal[2:]) - 1]
    part = part.take(part.t >= stolen.t_start)
    x, y = metres(part.lon, part.lat)
    assert len(part) == 5
    assert np.hypot(x, y)[-1] > 100.0


def test_a_stolen_vehicle_is_found_and_lives_on() -> None:
    f = fleet(600, theft_every_s=100_000.0, nuisances=NONE)
    reports = run(f, NOON, 2400.0, 30.0)
    (stolen,) = f.take_thefts()
    part = by_vehicle(reports)[int(stolen.terminal[2:]) - 1]
    stands = part.take(part.t > stolen.t_stop)
    given_back = np.flatnonzero(~stands.armed)[0]
    assert 590 < stands.t[given_back] - stolen.t_stop < 640
    assert not stands.ign[given_back]
    assert stands.armed[given_back + 2]
    slow = np.diff(stands.t[stands.t > stolen.t_stop + 70])
    assert slow.max() <= 30.01
    assert np.median(slow) == pytest.approx(30.0, abs=0.01)


def test_a_saved_fleet_goes_on_to_the_bit(tmp_path: Path) -> None:
    rates = Nuisances(jumps_per_day=40.0, late=0.05, duplicate=0.05)
    f = fleet(400, theft_every_s=20.0, nuisances=rates)
    run(f, NOON, 100.0)
    f.take_thefts()
    f.save(tmp_path / "deep" / "fleet.npz")
    again = Fleet.load(tmp_path / "deep" / "fleet.npz")
    assert again.settings == f.settings
    assert same(run(f, NOON + 100, 200.0), run(again, NOON + 100, 200.0))
    assert f.take_thefts() == again.take_thefts()
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["fleet.npz"]


def test_after_a_pause_everything_stands_where_it_was() -> None:
    f = fleet(800, theft_every_s=50.0, nuisances=NONE)
    before = by_vehicle(run(f, NOON, 200.0))
    later = NOON + 86_400
    f.resume(later, theft_every_s=0.0)
    after = by_vehicle(run(f, later, 30.0))
    assert len(after) == 800
    for number, part in after.items():
        was = before[number]
        assert part.seq[0] == was.seq[-1] + 1
        assert later <= part.t[0] <= later + 30
        x, y = metres(np.r_[was.lon[-1], part.lon[0]], np.r_[was.lat[-1], part.lat[0]])
        assert np.hypot(x, y)[1] < 60.0
        assert part.speed[0] <= 0.5


def test_the_map_is_alive_again_soon_after_a_pause() -> None:
    f = fleet(3000)
    f.due(NOON + 60)
    later = NOON + 86_400
    f.resume(later)
    assert f.moving_share() == 0.0
    f.due(later + 120)
    assert f.moving_share() > 0.08


def test_each_start_begins_with_the_kind_that_shows_soonest(tmp_path: Path) -> None:
    f = fleet(800, theft_every_s=50.0, nuisances=NONE)
    run(f, NOON, 120.0)
    assert len(f.take_thefts()) == 3
    f.save(tmp_path / "fleet.npz")
    f = Fleet.load(tmp_path / "fleet.npz")
    later = NOON + 600
    f.resume(later)
    run(f, later, 60.0)
    news = f.take_thefts()
    assert [(t.number, t.kind) for t in news] == [(3, "drive_off"), (4, "tow")]
    assert news[0].t_start <= later + 2


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04broken"])
def test_a_file_that_is_no_fleet_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "fleet.npz"
    path.write_bytes(content)
    with pytest.raises(StateError, match=r"fleet\.npz"):
        Fleet.load(path)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Fleet.load(tmp_path / "fleet.npz")


def test_payloads_are_the_native_dialect() -> None:
    f = fleet(300, nuisances=NONE)
    reports = run(f, NOON, 170.0, 10.0)
    rows = [(n, msgspec.json.decode(data), alarm) for n, data, alarm in payloads(reports)]
    assert len(rows) == len(reports)
    for number, fix, alarm in rows:
        assert 0 <= number < 300
        assert {"t", "lon", "lat", "speed", "heading", "acc", "ign", "armed", "seq"} <= set(fix)
        assert set(fix.get("alarms", [])) <= {"vibration", "power_cut", "low_battery"}
        assert alarm == bool(fix.get("alarms"))
        assert 0 <= fix["batt"] <= 100
        assert 0 <= fix["heading"] < 360
    assert any(fix.get("alarms") == ["vibration"] for _, fix, _ in rows)
