"""How evidence adds up, what it makes of an episode, and that a slow oracle agrees."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.fix import Alarm
from streams.rules import Rules, Thresholds
from streams.signal import Evidence, Signal, SignalKind
from streams.thresholds import DEFAULT_WEIGHTS, OF_KIND, Fusion
from tests.timeline import NO_ALARM, Track
from tests.unit.streams.told import kinds, levels, the, told

K = SignalKind
NOTHING = Evidence(0)
ORDER = (None, "blue", "yellow", "red")


def parked(*, armed: bool | None = True, ignition: bool | None = False) -> Track:
    return Track(armed=armed, ignition=ignition).park(10)


def score(signal: Signal) -> float:
    return float(str(signal.evidence["score"]))


def because(signal: Signal) -> set[str]:
    names = signal.evidence["because"]
    assert isinstance(names, list)
    return set(names)


def test_evidence_halves_with_every_half_life() -> None:
    track = parked().fix(speed=0.0, alarms=Alarm.JAMMING)
    track.park(14.5).fix(speed=0.0, alarms=Alarm.TAMPER)
    first, second = told(track)
    assert score(first) == pytest.approx(1.3 * 1.5, abs=0.01)
    assert score(second) == pytest.approx(1.3 * (1.5 * 2**-0.5 + 3.0), abs=0.01)


def test_a_shorter_half_life_forgets_sooner() -> None:
    track = parked().fix(speed=0.0, alarms=Alarm.JAMMING)
    track.park(14.5).fix(speed=0.0, alarms=Alarm.TAMPER)
    rules = Rules(Thresholds(fusion=Fusion(half_life_s=450)))
    assert score(told(track, rules=rules)[1]) == pytest.approx(1.3 * (1.5 / 4 + 3.0), abs=0.01)


def test_levels_of_an_episode_never_fall_though_its_score_does() -> None:
    track = parked().fix(speed=0.0, alarms=Alarm.TAMPER).park(25)
    signals = told(track.fix(speed=0.0, alarms=Alarm.JAMMING))
    assert score(signals[1]) < 2.0 + score(signals[0])
    assert levels(signals) == ["yellow", "yellow"]


def test_the_key_counts_once_and_only_with_motion() -> None:
    signals = told(parked().ride(20))
    assert score(signals[-1]) == pytest.approx(
        1.3
        * (
            2.0 + sum(DEFAULT_WEIGHTS[kind] for kind in kinds(signals))  # 2.0: `ignition_off`
        ),
        rel=0.03,
    )
    assert because(signals[-1]) == {"place", "motion", "ignition"}
    assert "ignition" not in because(told(parked().fix(speed=0.0, alarms=Alarm.TAMPER))[0])


def test_place_and_motion_are_red_only_when_the_motion_is_sustained() -> None:
    signals = told(parked().ride(20))
    before = signals[: kinds(signals).index(K.KEPT_MOVING)]
    assert {K.LEFT_FENCE, K.MOVED_WHILE_ARMED} <= set(kinds(before))
    assert score(before[-1]) >= Fusion().red
    assert levels(before)[-1] == "yellow"
    assert the(K.KEPT_MOVING, signals).evidence["level"] == "red"


@pytest.mark.parametrize("alarm", [Alarm.VIBRATION, Alarm.POWER_CUT, Alarm.TAMPER])
def test_with_more_than_the_receivers_word_it_is_red_sooner(alarm: Alarm) -> None:
    signals = told(parked().fix(speed=0.0, alarms=alarm).ride(20, alarms=alarm))
    assert "red" in levels(signals[: kinds(signals).index(K.KEPT_MOVING)])


def test_without_a_place_that_it_left_nothing_is_red() -> None:
    alarms = Alarm.TAMPER | Alarm.JAMMING | Alarm.STOLEN | Alarm.ILLEGAL_IGNITION
    signals = told(parked().fix(speed=0.0, alarms=alarms))
    assert score(signals[-1]) > Fusion().red
    assert set(levels(signals)) == {"yellow"}


def test_a_key_that_was_on_in_the_episode_tells_an_owner_even_after_it_is_off() -> None:
    track = parked()
    track.ignition = True
    track.ride(30)
    track.ignition = False
    signals = told(track.ride(30))
    assert set(levels(signals)) <= {None, "blue"}
    assert all("ignition" not in because(signal) for signal in signals)


def test_kinds_that_suffice_alone_are_a_matter_of_the_rules() -> None:
    track = parked().fix(speed=0.0, alarms=Alarm.TAMPER)
    assert levels(told(track)) == ["yellow"]
    alone = Rules(Thresholds(fusion=Fusion(alone=(K.JAMMING,))))
    assert levels(told(track, rules=alone)) == ["blue"]
    track = parked().fix(speed=0.0, alarms=Alarm.JAMMING)
    assert levels(told(track)) == ["blue"]
    assert levels(told(track, rules=alone)) == ["yellow"]


@pytest.mark.parametrize("armed", [True, False, None])
@pytest.mark.parametrize("ignition", [True, False, None])
def test_a_persons_word_is_red_whatever_else_is_known(
    *, armed: bool | None, ignition: bool | None
) -> None:
    track = parked(armed=armed, ignition=ignition).fix(speed=0.0, alarms=Alarm.SOS)
    assert levels(told(track)) == ["red"]


def test_a_weight_of_the_rules_file_replaces_the_default() -> None:
    rules = Rules(Thresholds(fusion=Fusion(weights={K.JAMMING: 0.5})))
    track = parked().fix(speed=0.0, alarms=Alarm.JAMMING)
    (signal,) = told(track, rules=rules)
    assert score(signal) == pytest.approx(0.65, abs=0.01)
    assert "level" not in signal.evidence


def test_every_kind_with_a_weight_says_what_evidence_it_is() -> None:
    assert set(DEFAULT_WEIGHTS) == set(OF_KIND)


ALARMS = {
    Alarm.SOS: K.SOS,
    Alarm.STOLEN: K.TERMINAL_STOLEN,
    Alarm.ILLEGAL_IGNITION: K.STARTED_WITHOUT_KEY,
    Alarm.ILLEGAL_DISPLACEMENT: K.TERMINAL_DISPLACED,
    Alarm.TAMPER: K.TAMPERED,
    Alarm.ANTENNA: K.TAMPERED,
    Alarm.JAMMING: K.JAMMING,
}
"""In the order in which one fix tells of them."""


@dataclass
class Oracle:
    """The table in plain Python, of a parked vehicle that only cries alarms."""

    armed: bool
    table: Fusion = field(default_factory=Fusion)
    alarms: Alarm = NO_ALARM
    raised: set[K] = field(default_factory=set)
    because: Evidence = NOTHING
    key_was_on: bool = False
    score: np.float32 = field(default_factory=lambda: np.float32(0))
    told_s: int = 0
    level: int = 0

    def hear(self, t_s: int, alarms: Alarm, *, ignition: bool | None) -> list[tuple[K, str, float]]:
        if not self.armed:
            alarms &= ~Alarm.ILLEGAL_IGNITION
        out = []
        for alarm, kind in ALARMS.items():
            guarded = self.armed or kind in {K.SOS, K.TERMINAL_STOLEN}
            if alarms & ~self.alarms & alarm and guarded and kind not in self.raised:
                self._add(t_s, kind, ignition=ignition)
                out.append((kind, ORDER[self.level], round(float(self.score), 2)))
        self.alarms = alarms
        if self.raised and t_s - self.told_s >= 1800:
            self.raised, self.because, self.key_was_on = set(), NOTHING, False
            self.score, self.level = np.float32(0), 0
        return out

    def _add(self, t_s: int, kind: K, *, ignition: bool | None) -> None:
        self.raised.add(kind)
        self.key_was_on |= ignition is True
        trust = 1.3 if self.armed else 1.0
        if self.key_was_on:
            trust = self.table.key_on
        if OF_KIND[kind] & Evidence.TERMINAL:
            trust = max(trust, 1.0)
        elif OF_KIND[kind] & Evidence.TAMPER:
            trust = max(trust, 0.6)
        if self.score > 0:
            age_s = t_s - self.told_s
            self.score = np.float32(float(self.score) * 2 ** (-age_s / self.table.half_life_s))
        self.score = np.float32(float(self.score) + DEFAULT_WEIGHTS[kind] * trust)
        self.told_s, self.because = t_s, self.because | OF_KIND[kind]
        level = int(self.score >= self.table.blue)
        counted = (self.because & ~Evidence.PERSON).bit_count()
        if self.raised & set(self.table.alone) or (self.score >= self.table.yellow and counted > 1):
            level = 2
        self.level = max(self.level, 3 if self.because & Evidence.PERSON else level)


EVENTS = st.lists(
    st.tuples(
        st.integers(1, 1500),
        st.sets(st.sampled_from(list(ALARMS)), max_size=3),
        st.sampled_from([None, True, False]),
    ),
    max_size=12,
)


@settings(max_examples=80, deadline=None)
@given(events=EVENTS, armed=st.booleans())
def test_the_kernel_fuses_as_the_oracle_does(
    *, events: list[tuple[int, set[Alarm], bool | None]], armed: bool
) -> None:
    track = Track(armed=armed, ignition=False).park(120, every_s=60)
    oracle, expected, ignition = Oracle(armed), [], False
    for after_s, alarms, said in events:
        bits = NO_ALARM
        for alarm in alarms:
            bits |= alarm
        track.ignition = said
        ignition = ignition if said is None else said
        track.fix(after_s=after_s, speed=0.0, alarms=bits)
        expected += oracle.hear(track.t_ms // 1000, bits, ignition=ignition)
    signals = told(track)
    found = [(s.kind, s.evidence.get("level"), score(s)) for s in signals]
    assert [one[:2] for one in found] == [one[:2] for one in expected]
    assert [one[2] for one in found] == pytest.approx([one[2] for one in expected], abs=0.011)
