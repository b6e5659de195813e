"""Exercises: made-up thefts that go the whole way, and touch nothing that is real."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.clock import Clockwork
from alerts.dispatch.choosing import straight
from alerts.dispatch.dispatcher import Dispatcher
from alerts.dispatch_settings import DispatchSettings
from alerts.force import Duty, Rank, Unit
from alerts.incident import fold
from alerts.settings import ClockSettings
from alerts.sqlite_ledger import SqliteLedger
from tests.unit.alerts.acting import action, close
from tests.unit.alerts.jurisdiction.areas import incident
from tests.unit.alerts.reports import report
from vehicleguard.cli import main
from vehicleguard.drill import PREFIX, Drill, Exercise
from vehicleguard.embedded import STORE
from vehicleguard.simulator.officers import Officer

T0 = 1_800_000_000_000
HERE = (112.36, 28.57)
UNITS = {name: Unit(name, name, Rank.STATION, "p", HERE) for name in "abcdef"}


def drill_in(ledger: SqliteLedger, thefts: int = 4, start_ms: int = T0, seed: int = 1) -> Drill:
    duty, plain = Duty(UNITS), DispatchSettings()
    router = straight(plain)
    dispatcher = Dispatcher(ledger, duty, router, plain, only=lambda one: one.drill)
    exercise = Exercise([HERE], start_ms, thefts, seed=seed)
    return Drill(exercise, ledger, duty, dispatcher, router)


def run_through(drill: Drill, ledger: SqliteLedger, start_ms: int = T0) -> int:
    """Seconds until it is done."""
    for second in range(7200):
        ledger.tick(start_ms + 1000 * second, 100)
        drill.step(start_ms + 1000 * second)
        if drill.done:
            return second
    raise AssertionError("not done in two hours")


def test_every_theft_of_an_exercise_is_signed_reached_and_closed_and_marked_a_drill() -> None:
    ledger = SqliteLedger(":memory:", Clockwork(ClockSettings()))
    drill = drill_in(ledger)
    run_through(drill, ledger)
    assert len(drill.opened) == 4
    for one in drill.incidents():
        assert one.drill
        assert one.vehicle_id.startswith(PREFIX)
        assert one.state == "closed"
        assert [stamp.moment for stamp in one.course.stamps] == [
            "alerted", "dispatched", "signed", "departed", "on_scene", "contained", "feedback",
            "closed",
        ]  # fmt: skip
        assert one.clock is not None
        arrived = one.course.stamp("on_scene")
        assert arrived is not None
        assert arrived.by == "position"


def test_the_same_seed_gives_the_same_exercise() -> None:
    def told(seed: int) -> list[tuple[str, str, float]]:
        ledger = SqliteLedger(":memory:", Clockwork(ClockSettings()))
        run_through(drill_in(ledger, seed=seed), ledger)
        return [(e.event.kind, e.event.party, e.event.t) for e in ledger.entries_after(0, 1000)]

    assert told(1) == told(1)
    assert told(1) != told(2)


def test_an_exercise_touches_no_real_incident() -> None:
    ledger = SqliteLedger(":memory:", Clockwork(ClockSettings()))
    ledger.receive([report(level="red", t=T0 / 1000)], at_ms=T0)
    real = f"i-v-left_fence-{T0 / 1000}"
    before = [entry.event for entry in ledger.incident(real)[1]]
    drill = drill_in(ledger)
    for second in range(600):
        drill.step(T0 + 1000 * second)
    assert [entry.event for entry in ledger.incident(real)[1]] == before
    assert not ledger.incident(real)[0].drill


def test_a_drill_that_a_person_closes_is_left_alone() -> None:
    ledger = SqliteLedger(":memory:")
    drill = drill_in(ledger, thefts=1)
    drill.step(T0)
    close(ledger, drill.opened[0], None, at_ms=T0 + 1)
    before = ledger.last_seq()
    drill.step(T0 + 600_000)
    assert drill.done
    assert ledger.last_seq() == before


def test_a_drill_goes_on_after_a_restart_as_it_would_have(tmp_path: Path) -> None:
    def told(restart_at_s: int | None) -> list[tuple[str, str]]:
        path = tmp_path / f"{restart_at_s}.sqlite"
        ledger = SqliteLedger(path)
        drill = drill_in(ledger, thefts=2)
        for second in range(1500):
            if second == restart_at_s:
                ledger.disconnect()
                ledger = SqliteLedger(path)
                opened, drill = drill.opened, drill_in(ledger, thefts=2)
                drill.opened = opened
            drill.step(T0 + 1000 * second)
        assert drill.done
        found = [(e.event.kind, e.event.party) for e in ledger.entries_after(0, 1000)]
        ledger.disconnect()
        return found

    assert told(restart_at_s=25) == told(restart_at_s=None)


@settings(deadline=None)
@given(st.integers(0, 2**32), st.floats(0, 3600))
def test_an_officer_never_acts_before_what_it_follows(seed: int, way_s: float) -> None:
    held = incident()
    asked = action.step(held, "assigned", "desk", "", 2_000_000, action.Said(party="a"))
    assert asked is not None
    held, last_ms, kinds = fold(held, asked), 2_000_000, []
    while (act := Officer("a", seed).next_act(held, way_s)) is not None:
        assert act.at_ms >= last_ms
        last_ms = act.at_ms
        kinds.append(act.kind)
        said = action.Said(by=act.by, t=act.at_ms / 1000)
        event = action.step(held, act.kind, "a", "drill", act.at_ms, said)
        assert event is not None
        held = fold(held, event)
    way = ["signed", "departed", "on_scene", "contained", "feedback", "closed"]
    assert kinds in ([], way)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


def test_simulate_drill_prints_its_report_and_needs_nothing() -> None:
    result = run("simulate", "--drill", "--drill-thefts", 2)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("EXERCISE: 2 made-up thefts, 184 simulated units")
    assert "seconds since alerted" in result.stdout
    assert "on scene" in result.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[alerts.force]\nplatforms = 'nowhere.csv'\n", "alerts.force.platforms"),
        ("[alerts.force]\ntime_zone = 'Mars'\n", "expected a time zone such as Asia/Shanghai"),
    ],
)
def test_a_drill_without_usable_settings_is_refused_in_one_line(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text, "utf-8")
    result = run("simulate", "--drill", "--settings", path)
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_drill_through_a_store_that_is_none_is_refused(tmp_path: Path) -> None:
    result = run("simulate", "--drill", "--drill-store", tmp_path)
    assert result.exit_code == 2
    assert "no such store" in result.stderr


def test_a_drill_through_the_store_of_a_run_is_in_its_ledger_and_in_its_report_of_drills(
    tmp_path: Path,
) -> None:
    ledger = SqliteLedger(tmp_path / STORE)
    ledger.receive([report(level="red")], at_ms=T0)
    result = run(
        "simulate", "--drill", "--drill-thefts", 1, "--drill-store", tmp_path, "--duration", 1.5
    )
    assert result.exit_code == 0, result.output
    drills = [entry for entry in ledger.entries_after(0, 100) if entry.incident.drill]
    assert drills[-1].event.reason == "the exercise has ended"
    assert not drills[-1].incident.is_open
    assert [entry.event.kind for entry in drills][:3] == ["opened", "clocked", "assigned"]
    ledger.disconnect()
    assert "red incidents, seconds since alerted" in run("report", "--data", tmp_path).stdout
    assert "drills, seconds since alerted" in run("report", "--drills", "--data", tmp_path).stdout
