"""What the detectors go by: thresholds and the table of fusion, from a rules file.

Validated once, then immutable.  `PARAMETERS` and `WEIGHTS` are the same numbers as the kernel reads
them.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from streams.signal import Evidence, SignalKind


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Arming(_Section):
    """When a vehicle counts as parked, and when it arms itself."""

    parked_after_s: float = Field(
        120, ge=0, le=86_400, description="Seconds at one place after which a vehicle is parked."
    )
    self_after_s: float = Field(
        600,
        ge=0,
        le=86_400,
        description="Seconds at one place after which a vehicle whose terminal never says whether "
        "it is armed arms itself; ignition on disarms it.",
    )
    dwell_radius_m: float = Field(
        60, gt=0, le=1000, description="How far fixes may lie apart and still be one place."
    )
    schedule: str | None = Field(
        None,
        description="Name of a `[schedules.NAME]` in whose hours parked vehicles are armed at "
        "once, as if by their owner; the key does not disarm them then.",
    )
    groups: tuple[str, ...] = Field(
        (), description="Groups of vehicles that the schedule is about; none named: all."
    )
    lapse_s: float = Field(
        5400,
        ge=60,
        le=2_592_000,
        description="Silence after which a vehicle that armed itself, and whose key is not known, "
        "is no longer taken to be armed.",
    )


class LeftFence(_Section):
    """The vehicle is no longer where it was parked."""

    radius_m: float = Field(
        130, gt=0, le=10_000, description="Radius of the fence around the place it was parked at."
    )
    zone_band_m: float = Field(
        50,
        ge=1,
        le=10_000,
        description="A fix outside the zone that it was parked in counts only this far from the "
        "place itself.",
    )
    far: float = Field(
        2,
        ge=1,
        le=100,
        description="Two fixes this many radii away show that it left; nearer, or less than "
        "`whole_after_s` apart, it takes more.",
    )
    whole_after_s: float = Field(
        10,
        ge=0,
        le=600,
        description="Fixes closer in time count in proportion: their errors agree.",
    )


class MovedWhileArmed(_Section):
    """The vehicle keeps moving although it is armed."""

    speed_mps: float = Field(
        2.0, gt=0, le=50, description="Speed from which a fix counts as moving."
    )
    from_m: float = Field(
        40, gt=0, le=10_000, description="Nearer to its place than this, nothing counts as moving."
    )
    confirm_fixes: int = Field(2, ge=1, le=100, description="Moving fixes that confirm it.")
    kept_fixes: int = Field(
        4,
        ge=1,
        le=1000,
        description="Moving fixes after which the motion is sustained "
        "(one less when the receiver says its speed) ...",
    )
    kept_m: float = Field(400, gt=0, le=100_000, description="... when it also made this much way.")
    pushed_m: float = Field(
        70, gt=0, le=10_000, description="Way at walking speed after which it is pushed."
    )


class Silence(_Section):
    """Silence against the vehicle's own habit."""

    least_s: float = Field(600, ge=10, le=86_400, description="Shorter silence is never one.")
    of_usual: float = Field(
        6, ge=1, le=1000, description="So many times its usual interval while parked ..."
    )
    of_longest: float = Field(
        3, ge=1, le=100, description="... and so many times its longest one of late."
    )
    watched_min: float = Field(
        360, ge=1, le=43_200, description="Minutes of parked reports before its habit is known."
    )
    after_cut_s: float = Field(
        600,
        ge=10,
        le=86_400,
        description="Silence after a main power cut that is none of its habits.",
    )
    outage_s: float = Field(
        300, ge=10, le=86_400, description="When nobody is heard for this long, nobody is silent."
    )


class Warnings(_Section):
    """How long what happened before a departure belongs to it."""

    vibration_s: float = Field(600, ge=1, le=86_400, description="Vibration before it left.")
    power_cut_s: float = Field(1800, ge=1, le=86_400, description="Main power cut before it left.")


class Fusion(_Section):
    """The table from evidence to a score, and from the score to blue, yellow and red."""

    half_life_s: float = Field(
        1800, ge=60, le=604_800, description="Time after which evidence counts half."
    )
    blue: float = Field(1.0, ge=0, le=1000, description="Score of a blue incident.")
    yellow: float = Field(3.0, ge=0, le=1000, description="Score of a yellow one, with two kinds.")
    red: float = Field(5.0, ge=0, le=1000, description="Score of a red one, with two kinds.")
    armed_by_owner: float = Field(
        1.3, ge=0, le=10, description="Evidence counts so many times when the owner armed it."
    )
    key_on: float = Field(
        0.4, ge=0, le=10, description="... with the key on: an owner who forgot to disarm."
    )
    habitual: float = Field(
        0.1,
        ge=0,
        le=10,
        description="... of a vehicle that armed itself, says nothing of its key, and left its "
        "places before without anybody asking.",
    )
    hardly_known: float = Field(
        0.8,
        ge=0,
        le=10,
        description="... of one that did not, and was not watched for long: nothing tells its "
        "owner from a thief, so that it comes to yellow and not to red.",
    )
    watched_min: float = Field(
        60,
        ge=0,
        le=43_200,
        description="Minutes of parked reports before a vehicle that armed itself, and says "
        "nothing of its key, is taken for one that stays.",
    )
    weights: dict[SignalKind, Annotated[float, Field(ge=0, le=1000)]] = Field(
        default_factory=dict,
        description="Score that a signal of a kind adds, where it is not the default.",
    )
    ignition_off: float = Field(
        2.0, ge=0, le=100, description="Added once when it moves and its key is known to be off."
    )
    alone: tuple[SignalKind, ...] = Field(
        (SignalKind.TAMPERED, SignalKind.TERMINAL_STOLEN, SignalKind.STARTED_WITHOUT_KEY),
        description="Kinds that make an incident yellow by themselves.",
    )


class Plausibility(_Section):
    """What a receiver may say and be believed."""

    max_speed_mps: float = Field(
        70, gt=0, le=400, description="Faster between two fixes is a receiver's jump."
    )
    jump_fixes: int = Field(
        3, ge=2, le=100, description="Fixes that must agree before a jump is believed after all."
    )
    max_accuracy_m: float = Field(
        200, gt=0, le=100_000, description="A fix less accurate than this proves no movement."
    )
    accuracy_factor: float = Field(
        3, ge=0, le=20, description="A fence is widened by so many times the fix's accuracy."
    )
    back_fill_after_s: float = Field(
        300,
        ge=1,
        le=86_400,
        description="A fix older than this on arrival is back-fill: history, never an alert.",
    )
    future_after_s: float = Field(
        120,
        ge=1,
        le=86_400,
        description="A fix further ahead of its arrival than this is taken at its arrival.",
    )


DEFAULT_WEIGHTS = {
    SignalKind.LEFT_FENCE: 2.0,
    SignalKind.MOVED_WHILE_ARMED: 2.0,
    SignalKind.KEPT_MOVING: 1.5,
    SignalKind.TOWED: 1.0,
    SignalKind.PUSHED: 1.5,
    SignalKind.STARTED_WITHOUT_KEY: 3.5,
    SignalKind.TERMINAL_STOLEN: 3.5,
    SignalKind.TERMINAL_DISPLACED: 1.5,
    SignalKind.SOS: 3.0,
    SignalKind.VIBRATION_THEN_MOVED: 1.0,
    SignalKind.POWER_CUT_THEN_MOVED: 2.5,
    SignalKind.POWER_CUT_THEN_SILENT: 3.2,
    SignalKind.SILENT: 0.8,
    SignalKind.JAMMING: 1.5,
    SignalKind.REAPPEARED: 1.2,
    SignalKind.TAMPERED: 3.0,
    SignalKind.OFF_HABIT: 0.5,
}
"""Score that a signal adds; what is not here (zones, plates, company) is weighed elsewhere."""

OF_KIND = {
    SignalKind.LEFT_FENCE: Evidence.PLACE,
    SignalKind.MOVED_WHILE_ARMED: Evidence.MOTION,
    SignalKind.KEPT_MOVING: Evidence.MOTION,
    SignalKind.TOWED: Evidence.MOTION,
    SignalKind.PUSHED: Evidence.MOTION,
    SignalKind.STARTED_WITHOUT_KEY: Evidence.TERMINAL,
    SignalKind.TERMINAL_STOLEN: Evidence.TERMINAL,
    SignalKind.TERMINAL_DISPLACED: Evidence.TERMINAL,
    SignalKind.SOS: Evidence.PERSON,
    SignalKind.VIBRATION_THEN_MOVED: Evidence.VIBRATION,
    SignalKind.POWER_CUT_THEN_MOVED: Evidence.POWER,
    SignalKind.POWER_CUT_THEN_SILENT: Evidence.POWER | Evidence.SILENCE,
    SignalKind.SILENT: Evidence.SILENCE,
    SignalKind.JAMMING: Evidence.TAMPER,
    SignalKind.REAPPEARED: Evidence.SILENCE,
    SignalKind.TAMPERED: Evidence.TAMPER,
    SignalKind.OFF_HABIT: Evidence.HABIT,
}
"""The kinds of evidence that a signal brings, beside the key (`Evidence.IGNITION`)."""


class Thresholds(_Section):
    """Everything a rules file can say of detection; every key has a default."""

    arming: Arming = Arming()
    left_fence: LeftFence = LeftFence()
    moved_while_armed: MovedWhileArmed = MovedWhileArmed()
    silence: Silence = Silence()
    warnings: Warnings = Warnings()
    fusion: Fusion = Fusion()
    plausibility: Plausibility = Plausibility()

    def parameters(self) -> NDArray[np.void]:
        """For the kernel: one record of `PARAMETERS`, shape (1,), times in ms."""
        out = np.zeros(1, PARAMETERS)
        for name, (section, key, factor) in _FROM.items():
            out[name] = getattr(getattr(self, section), key) * factor
        alone = 0
        for kind in self.fusion.alone:
            alone |= 1 << kind.number
        out["alone"] = alone
        return out

    def weights(self) -> NDArray[np.void]:
        """`WEIGHTS`[number of signal kinds], by `SignalKind.number`."""
        out = np.zeros(len(SignalKind), WEIGHTS)
        for kind in SignalKind:
            given = self.fusion.weights.get(kind, DEFAULT_WEIGHTS.get(kind, 0.0))
            out[kind.number] = (given, int(OF_KIND.get(kind, 0)))
        return out


WEIGHTS = np.dtype([("score", "f8"), ("evidence", "u4")], align=True)
"""What one kind of signal brings: score, and bits of `Evidence`."""

_FROM: dict[str, tuple[str, str, float]] = {
    "parked_after_ms": ("arming", "parked_after_s", 1000),
    "self_after_ms": ("arming", "self_after_s", 1000),
    "dwell_radius_m": ("arming", "dwell_radius_m", 1),
    "lapse_ms": ("arming", "lapse_s", 1000),
    "fence_radius_m": ("left_fence", "radius_m", 1),
    "zone_band_m": ("left_fence", "zone_band_m", 1),
    "far": ("left_fence", "far", 1),
    "whole_after_ms": ("left_fence", "whole_after_s", 1000),
    "moving_mps": ("moved_while_armed", "speed_mps", 1),
    "moving_from_m": ("moved_while_armed", "from_m", 1),
    "moving_fixes": ("moved_while_armed", "confirm_fixes", 1),
    "kept_fixes": ("moved_while_armed", "kept_fixes", 1),
    "kept_m": ("moved_while_armed", "kept_m", 1),
    "pushed_m": ("moved_while_armed", "pushed_m", 1),
    "silent_ms": ("silence", "least_s", 1000),
    "of_usual": ("silence", "of_usual", 1),
    "of_longest": ("silence", "of_longest", 1),
    "watched_ms": ("silence", "watched_min", 60_000),
    "after_cut_ms": ("silence", "after_cut_s", 1000),
    "outage_ms": ("silence", "outage_s", 1000),
    "vibration_ms": ("warnings", "vibration_s", 1000),
    "power_cut_ms": ("warnings", "power_cut_s", 1000),
    "half_life_ms": ("fusion", "half_life_s", 1000),
    "blue": ("fusion", "blue", 1),
    "yellow": ("fusion", "yellow", 1),
    "red": ("fusion", "red", 1),
    "armed_by_owner": ("fusion", "armed_by_owner", 1),
    "key_on": ("fusion", "key_on", 1),
    "habitual": ("fusion", "habitual", 1),
    "hardly_known": ("fusion", "hardly_known", 1),
    "guard_ms": ("fusion", "watched_min", 60_000),
    "ignition_off": ("fusion", "ignition_off", 1),
    "max_mps": ("plausibility", "max_speed_mps", 1),
    "jump_fixes": ("plausibility", "jump_fixes", 1),
    "max_accuracy_m": ("plausibility", "max_accuracy_m", 1),
    "accuracy_factor": ("plausibility", "accuracy_factor", 1),
    "back_fill_after_ms": ("plausibility", "back_fill_after_s", 1000),
    "future_after_ms": ("plausibility", "future_after_s", 1000),
}
_WHOLE = ("_ms", "_fixes")

PARAMETERS = np.dtype(
    [(name, "i8" if name.endswith(_WHOLE) else "f8") for name in _FROM] + [("alone", "u4")],
    align=True,
)
"""Layout of the thresholds as the kernel reads them."""
