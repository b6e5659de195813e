"""The outbox as a whole, at an idempotent receiver: one effect each, and nothing is lost."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from alerts.event import Word
from alerts.outbox.destination import Destination
from alerts.outbox.routes import Routes
from alerts.outbox.schedule import ASIDE
from alerts.outbox.sender import Sender, Worker
from alerts.outbox.silence import Silence
from alerts.outbox.sqlite_outbox import SqliteOutbox
from alerts.sqlite_ledger import SqliteLedger
from tests.unit.alerts.acting import answer, step
from tests.unit.alerts.outbox.receivers import Receiver
from tests.unit.alerts.reports import report

DESK = Destination("desk", "system", fallback="siren", deadline_s=60, keep_s=3600)
SIREN = Destination("siren", "system")
ROUTES = Routes((DESK, SIREN), only_fallbacks=frozenset({"siren"}))


class Clock:
    def __init__(self) -> None:
        self.ms = 1_700_000_000_000

    def __call__(self) -> int:
        return self.ms


class Scene:
    """A store and its workers, run by hand; `crash` leaves the attempts of a round unwritten."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "store"
        self.clock = Clock()
        self.desk, self.siren = Receiver(), Receiver()
        self.ledger = SqliteLedger(self.path, routes=ROUTES)
        self.begin()

    def begin(self) -> None:
        self.outbox = SqliteOutbox(self.path)
        others: dict[str, Worker] = {}
        for one, channel in ((DESK, self.desk), (SIREN, self.siren)):
            others[one.name] = Worker(
                self.outbox, one, channel, self.clock, lambda *_: None, others
            )
        self.workers = others

    def open(self, vehicle: str = "v", level: str = "red") -> str:
        known = report(level=level, vehicle=vehicle, t=self.clock.ms / 1000)
        return self.ledger.receive([known], self.clock.ms)[0].incident.id

    def run(self, seconds: float = 0) -> None:
        """Work until nothing is due, for so long."""
        end = self.clock.ms + round(1000 * seconds)
        while True:
            waits = [worker.work() for worker in self.workers.values()]
            if min(waits) <= 0:
                continue
            if self.clock.ms >= end:
                return
            self.clock.ms = min(end, self.clock.ms + max(1, round(1000 * min(waits))))

    def restart(self) -> None:
        self.outbox.disconnect()
        self.begin()

    def disconnect(self) -> None:
        self.outbox.disconnect()
        self.ledger.disconnect()

    def states(self) -> dict[str, str]:
        return {row.id: row.state for row in self.outbox.rows(limit=10_000)}


@pytest.fixture
def scene(tmp_path: Path):
    one = Scene(tmp_path)
    yield one
    one.disconnect()


def test_what_is_filed_is_delivered_once_and_in_order(scene: Scene) -> None:
    incident = scene.open()
    step(scene.ledger, incident, "signed", at_ms=scene.clock.ms)
    scene.run()
    assert [n.entry.event.kind for n in scene.desk.asked] == ["opened", "signed"]
    assert set(scene.states().values()) == {"delivered"}
    scene.run(100)
    assert len(scene.desk.effects) == 2


def test_filing_a_report_again_delivers_nothing_again(scene: Scene) -> None:
    known = report(level="red")
    scene.ledger.receive([known], scene.clock.ms)
    scene.ledger.receive([known], scene.clock.ms)
    scene.run()
    assert len(scene.desk.asked) == 1


def test_a_receiver_that_answers_500_hears_it_again_and_the_fallback_at_the_deadline(
    scene: Scene,
) -> None:
    scene.desk.mood = lambda _: "500"
    scene.open()
    scene.run(59)
    assert len(scene.desk.asked) > ASIDE
    assert scene.siren.asked == []
    scene.run(20)
    (heard,) = scene.siren.asked
    assert (heard.instead_of, heard.entry.event.kind) == ("desk", "opened")
    scene.desk.mood = lambda _: "yes"
    scene.run(20)
    assert len(scene.desk.effects) == 1  # it is told all the same, once it is back
    assert len(scene.siren.asked) == 1


def test_a_destination_away_for_ten_minutes_misses_nothing(scene: Scene) -> None:
    scene.desk.mood = lambda _: "500"
    opened = [scene.open(f"v{n}") for n in range(20)]
    scene.run(600)
    asked = len(scene.desk.asked)
    assert asked < 60  # the circuit is broken: it is asked once in 15 s
    scene.desk.mood = lambda _: "yes"
    scene.run(60)
    incidents = [n.entry.incident.id for n in scene.desk.asked[asked:]]
    assert sorted(set(incidents)) == sorted(opened)
    assert len(scene.desk.effects) == 20


def test_a_refused_one_is_a_dead_letter_at_once_and_is_delivered_when_replayed(
    scene: Scene,
) -> None:
    scene.desk.mood = lambda _: "400"
    scene.open()
    scene.run()
    (dead,) = scene.outbox.rows(state="dead")
    assert (dead.destination, dead.detail, dead.attempts) == ("desk", "400", 1)
    assert len(scene.siren.effects) == 1
    scene.desk.mood = lambda _: "yes"
    scene.run(100)
    assert scene.desk.effects == []
    assert scene.outbox.replay([dead.id], None, scene.clock.ms) == 1
    scene.run()
    assert scene.desk.effects == [dead.id]
    assert scene.outbox.replay(None, None, scene.clock.ms) == 0


def test_what_is_never_taken_is_a_dead_letter_when_its_time_is_over(scene: Scene) -> None:
    scene.desk.mood = lambda _: "500"
    scene.open()
    scene.run(3700)
    assert [row.destination for row in scene.outbox.rows(state="dead")] == ["desk"]


def test_a_message_that_its_receiver_chokes_on_does_not_stand_before_the_others(
    scene: Scene,
) -> None:
    poison = scene.open("poison")
    scene.desk.mood = lambda n: "500" if n.entry.incident.id == poison else "yes"
    scene.run(40)
    step(scene.ledger, poison, "signed", at_ms=scene.clock.ms)
    for n in range(200):
        scene.open(f"v{n}")
    scene.run(16)
    assert len(scene.desk.effects) == 200
    kinds = {n.entry.event.kind for n in scene.desk.asked if n.entry.incident.id == poison}
    assert kinds == {"opened"}  # its own next event waits for it


def test_a_bug_in_a_channel_ends_no_worker(scene: Scene) -> None:
    scene.desk.mood = lambda _: "bug"
    scene.open()
    scene.run(5)
    scene.desk.mood = lambda _: "yes"
    scene.run(30)
    assert len(scene.desk.effects) == 1


def test_what_is_held_back_is_written_down_and_never_sent(scene: Scene) -> None:
    until = scene.clock.ms + 60_000
    scene.outbox.silence(Silence("desk", "a fair", until))
    scene.open(level="blue")
    scene.run(100)
    (row,) = scene.outbox.rows()
    assert (row.state, row.detail, scene.desk.asked) == ("held", "silenced", [])
    assert scene.outbox.silences(scene.clock.ms) == []


def test_what_waits_for_a_destination_that_is_no_more_is_a_dead_letter(scene: Scene) -> None:
    scene.open()
    assert scene.outbox.abandon(["desk", "siren"], scene.clock.ms) == 0
    assert scene.outbox.abandon(["siren"], scene.clock.ms) == 1
    assert "no such destination" in scene.outbox.rows(state="dead")[0].detail


def test_only_what_is_over_is_forgotten(scene: Scene) -> None:
    scene.open("a")
    scene.run()
    scene.desk.mood = lambda _: "400"
    scene.open("b")
    scene.run()
    assert scene.outbox.prune(scene.clock.ms + 1, 100) == 2  # "a" at the desk, "b" at the siren
    assert [row.state for row in scene.outbox.rows()] == ["dead"]


def test_in_a_storm_red_goes_before_the_rest_and_each_incident_in_its_order(scene: Scene) -> None:
    for n in range(300):
        scene.open(f"blue{n}", "blue")
    was_blue = scene.open("risen", "blue")
    answer(scene.ledger, was_blue, Word.STOLEN, "", at_ms=scene.clock.ms)
    red = scene.open("red", "red")
    scene.run()
    heard = [(n.entry.incident.id, n.entry.event.kind) for n in scene.desk.asked]
    assert heard[:3] == [(was_blue, "opened"), (was_blue, "answered"), (red, "opened")]
    assert len(heard) == 303


def test_otherwise_red_waits_for_its_turn(scene: Scene) -> None:
    order = [scene.open(f"v{n}", level) for n, level in enumerate(["blue", "red", "blue", "red"])]
    scene.run()
    assert [n.entry.incident.id for n in scene.desk.asked] == order


def test_how_much_a_desk_has_to_heed_is_counted_by_incident(scene: Scene) -> None:
    began = scene.clock.ms
    first = scene.open("a")
    step(scene.ledger, first, "signed", at_ms=scene.clock.ms)
    scene.open("b")
    scene.run()
    assert scene.outbox.incidents_told(began - 1) == {"desk": 2}
    scene.run(601)
    assert scene.outbox.incidents_told(scene.clock.ms - 600_000) == {}
    assert scene.outbox.counts() == {}


def test_two_processes_never_send_to_one_destination(scene: Scene) -> None:
    other = SqliteOutbox(scene.path)
    assert scene.outbox.hold("desk")
    assert scene.outbox.hold("desk")
    assert not other.hold("desk")
    assert other.hold("siren")
    scene.outbox.release()
    assert other.hold("desk")
    other.disconnect()


def test_a_slow_destination_delays_nobody_else(
    tmp_path: Path,
) -> None:
    path = tmp_path / "store"
    both = (Destination("slow", "system"), Destination("fast", "system"))
    ledger = SqliteLedger(path, routes=Routes(both))
    outbox = SqliteOutbox(path)
    let_go, heard = threading.Event(), threading.Event()

    def hangs(_: object) -> str:
        let_go.wait(60)
        return "yes"

    def answers(_: object) -> str:
        heard.set()
        return "yes"

    slow, fast = Receiver(hangs), Receiver(answers)
    sender = Sender(outbox, [(both[0], slow), (both[1], fast)], lambda: time.time_ns() // 10**6)
    sender.start()
    try:
        ledger.receive([report(level="red")], time.time_ns() // 10**6)
        sender.wake()
        assert heard.wait(30)
        assert slow.effects == []
    finally:
        let_go.set()
        sender.stop()
    assert len(slow.effects) == 1
    outbox.disconnect()
    ledger.disconnect()


class Outbox(RuleBasedStateMachine):
    """Events, crashes in mid-round, moods and clock jumps, in any order; then all calms down."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.scene = Scene(Path(self.folder.name))
        self.filed: list[str] = []
        self.vehicles = 0

    @rule(level=st.sampled_from(["blue", "yellow", "red"]))
    def an_incident(self, level: str) -> None:
        self.vehicles += 1
        self.filed.append(self.scene.open(f"v{self.vehicles}", level))

    @rule(data=st.data())
    def somebody_acts(self, data: st.DataObject) -> None:
        if self.filed:
            one = data.draw(st.sampled_from(self.filed))
            step(self.scene.ledger, one, "supervised", at_ms=self.scene.clock.ms, reason="why")

    @rule(mood=st.sampled_from(["yes", "500", "bug", "reset", "twice"]))
    def the_receiver_changes(self, mood: str) -> None:
        self.scene.desk.mood = lambda _: mood

    @rule(jump_s=st.integers(-7200, 600))
    def the_clock_is_set(self, jump_s: int) -> None:
        self.scene.clock.ms += 1000 * jump_s

    @rule(seconds=st.sampled_from([0, 1, 20, 70]))
    def time_goes_by(self, seconds: int) -> None:
        self.scene.run(seconds)

    @rule(at=st.sampled_from(["before", "after"]))
    def the_process_dies_while_it_writes(self, at: str) -> None:
        store, settle = self.scene.outbox, self.scene.outbox.settle

        def dies(*said: object) -> None:
            if at == "after":
                settle(*said)
            raise MemoryError("killed")

        store.settle = dies
        try:
            for worker in self.scene.workers.values():
                worker.work()
        except MemoryError:
            pass
        self.scene.restart()

    @invariant()
    def nobody_acts_twice(self) -> None:
        for receiver in (self.scene.desk, self.scene.siren):
            assert len(set(receiver.effects)) == len(receiver.effects)

    def teardown(self) -> None:
        scene = self.scene
        scene.desk.mood = lambda _: "yes"
        scene.restart()
        scene.run(1000)
        rows = scene.outbox.rows(limit=10_000)
        by_desk = [row for row in rows if row.destination == "desk"]
        assert len(by_desk) == scene.ledger.last_seq()
        assert {row.state for row in rows} <= {"delivered", "dead"}
        dead = scene.outbox.replay(None, None, scene.clock.ms)
        scene.run(100)
        assert sorted(scene.desk.effects) == sorted(row.id for row in by_desk)
        # of one incident in the order of its events
        order: dict[str, list[int]] = {}
        first: set[str] = set()
        for notice in scene.desk.asked:
            if notice.id in scene.desk.effects and notice.id not in first:
                first.add(notice.id)
                order.setdefault(notice.entry.incident.id, []).append(notice.entry.seq)
        assert dead or all(seqs == sorted(seqs) for seqs in order.values())
        scene.disconnect()
        self.folder.cleanup()


Outbox.TestCase.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
TestOutbox: Callable[..., object] = Outbox.TestCase
