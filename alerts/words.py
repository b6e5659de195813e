"""Why, in plain words: a report as one sentence, in English and Chinese.  Pure.

A kind has templates, the fullest first; the first whose every number is in the evidence is said.
What is left of the evidence follows as clauses, in the order of `_CLAUSES`.  Numbers carry units.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from string import Formatter
from typing import Final, TypeGuard

from alerts.report import Report
from alerts.vocabulary import ALARMS, BECAUSE, KINDS, LEVELS, WHEN, Language, Name

_HEADS: Final[Mapping[str, tuple[Name, ...]]] = {
    "left_fence": (Name("Left its place, {distance_m} by now", "离开停放地 {distance_m}"),),
    "kept_moving": (Name("Kept moving, {fixes} fixes by now", "持续移动，已有 {fixes} 个定位"),),
    "vibration_then_moved": (
        Name(
            "Left its place {vibration_s} after a vibration, {distance_m} by now",
            "震动 {vibration_s}后离开停放地 {distance_m}",
        ),
        Name("Left its place {vibration_s} after a vibration", "震动 {vibration_s}后离开停放地"),
    ),
    "power_cut_then_moved": (
        Name(
            "Left its place {power_cut_s} after its power was cut, {distance_m} by now",
            "断电 {power_cut_s}后离开停放地 {distance_m}",
        ),
        Name(
            "Left its place {power_cut_s} after its power was cut", "断电 {power_cut_s}后离开停放地"
        ),
    ),
    "power_cut_then_silent": (
        Name("Silent for {silent_s} since its power was cut", "断电后失联 {silent_s}"),
    ),
    "silent": (Name("Silent for {silent_s}", "失联 {silent_s}"),),
    "reappeared": (
        Name(
            "Heard again {distance_m} away after {silent_s} of silence",
            "失联 {silent_s}后在 {distance_m}外出现",
        ),
        Name("Heard again elsewhere after {silent_s} of silence", "失联 {silent_s}后在异地出现"),
    ),
    "off_habit": (Name("Unlike its habits, at {hour}", "反常出行，时间 {hour}"),),
    "several_at_once": (Name("Left at once with {others}", "与 {others} 同时离开同一地点"),),
    "plate_elsewhere": (
        Name(
            "Plate {plate} seen {apart_m} from its tracker",
            "车牌 {plate} 在距终端 {apart_m}处出现",
        ),
        Name("Plate {plate} seen where its tracker is not", "车牌 {plate} 在终端不在之处出现"),
    ),
    "plate_in_two_places": (
        Name(
            "Plate {plate} seen in two places {apart_m} apart, which takes {needed_mps}",
            "车牌 {plate} 在相距 {apart_m}的两地出现，须{needed_mps}",
        ),
        Name("Plate {plate} seen in two places", "车牌 {plate} 在两地出现"),
    ),
    "zone_rule": (Name("{rule_name}: it {when}", "{rule_name}：{when}"),),
}

_CLAUSES: Final[Mapping[str, Name]] = {
    "distance_m": Name("{} from where it was parked", "距停放处 {}"),
    "allowed_m": Name("{} allowed", "允许 {}"),
    "fence": Name("out of zone {}", "驶出围栏 {}"),
    "apart_m": Name("{} apart", "相距 {}"),
    "speed_mps": Name("at {}", "{}"),
    "speed_kmh": Name("at {}", "{}"),
    "needed_mps": Name("which takes {}", "须{}"),
    "stayed_s": Name("stayed {}", "已停留 {}"),
    "approach_m": Name("{} away", "相距 {}"),
    "fixes": Name("seen in {} fixes", "{} 个定位证实"),
    "silent_s": Name("silent for {}", "失联 {}"),
    "usual_s": Name("usually silent for no more than {}", "平时静默不超过 {}"),
    "vibration_s": Name("{} after a vibration", "震动后 {}"),
    "power_cut_s": Name("{} after its power was cut", "断电后 {}"),
    "alarms": Name("alarm: {}", "终端报警：{}"),
    "others": Name("with {}", "同行车辆 {}"),
    "plate": Name("plate {}", "车牌 {}"),
    "camera": Name("camera {}", "摄像头 {}"),
    "cause": Name("{}", "{}"),
    "hour": Name("at {}", "时间 {}"),
    "usual_share": Name("{} of its trips are like this", "此类出行占 {}"),
    "ignition": Name("ignition {}", "钥匙{}"),
    "armed": Name("{}", "{}"),
}

_IGNITION: Final = {"on": Name("on", "开启"), "off": Name("off", "关闭")}
_ARMED: Final = {
    "by_owner": Name("armed by the owner", "由车主设防"),
    "by_itself": Name("armed by itself", "自动设防"),
    "by_schedule": Name("armed by its schedule", "按时设防"),
    "no": Name("not armed", "未设防"),
}
_CAUSES: Final = {
    "tracker_removed": Name("tracker removed, it seems", "疑似终端被拆除"),
    "cloned": Name("another vehicle under this plate, it seems", "疑似套牌车"),
}
_WORDS: Final = {"ignition": _IGNITION, "armed": _ARMED, "cause": _CAUSES}
_NAMED = 3
"""Vehicles named one by one; of more, only how many."""


def sentence(report: Report, language: Language) -> str:
    """What `report` says and on what grounds; an unknown kind is called as it calls itself."""
    said = _values(report.evidence, language)
    head, used = _head(report.kind, said, language)
    clauses = [
        name.of(language).format(said[key])
        for key, name in _CLAUSES.items()
        if key in said and key not in used
    ]
    return ("，" if language == "zh" else ", ").join([head, *clauses])


def _head(kind: str, said: Mapping[str, str], language: Language) -> tuple[str, set[str]]:
    for template in _HEADS.get(kind, ()):
        text = template.of(language)
        keys = {key for _, key, _, _ in Formatter().parse(text) if key}
        if keys <= said.keys():
            return text.format_map(said), keys
    return (KINDS[kind].of(language) if kind in KINDS else kind), set()


def _values(evidence: Mapping[str, object], language: Language) -> dict[str, str]:
    """Each value that has words, with its unit; what is unknown or of another type has none."""
    said = {}
    for key, value in evidence.items():
        text = _text(key, value, language)
        if text is not None:
            said[key] = text
    if said.get("fence") == "parking":
        del said["fence"]
    if isinstance(when := evidence.get("when"), str):
        zone = str(evidence.get("zone_name", Name("its zone", "区域").of(language)))
        said["when"] = (
            WHEN[when].of(language).format(zone=zone) if when in WHEN else f"{when} {zone}"
        )
    return said


def _text(key: str, value: object, language: Language) -> str | None:
    if isinstance(value, bool) or value is None:
        return None
    if words := _WORDS.get(key):
        return words[value].of(language) if _names(value, words) else None
    if isinstance(value, int | float):
        return _number(key, float(value), language) if math.isfinite(value) else None
    if isinstance(value, list):
        return _list(key, [str(one) for one in value], language) if value else None
    return str(value)


def _names(value: object, names: Mapping[str, Name]) -> TypeGuard[str]:
    return isinstance(value, str) and value in names


def _number(key: str, value: float, language: Language) -> str:
    for suffix, say in _UNITS.items():
        if key.endswith(suffix):
            return say(value, language)
    if key == "hour":
        return f"{value:.0f} 时" if language == "zh" else f"{value:02.0f}:00"
    if key == "usual_share":
        return f"{value * 100:.0f}%" if language == "zh" else f"{value * 100:.0f} %"
    return f"{value:g}"


def _metres(value: float, language: Language) -> str:
    if value < 1000:
        return f"{value:.0f} 米" if language == "zh" else f"{value:.0f} m"
    return f"{value / 1000:.1f} 公里" if language == "zh" else f"{value / 1000:.1f} km"


def _seconds(value: float, language: Language) -> str:
    if value < 120:
        return f"{value:.0f} 秒" if language == "zh" else f"{value:.0f} s"
    if value < 7200:
        return f"{value / 60:.0f} 分钟" if language == "zh" else f"{value / 60:.0f} min"
    return f"{value / 3600:.1f} 小时" if language == "zh" else f"{value / 3600:.1f} h"


def _kmh(value: float, language: Language) -> str:
    return f"时速 {value:.0f} 公里" if language == "zh" else f"{value:.0f} km/h"


_UNITS: Final[Mapping[str, Callable[[float, Language], str]]] = {
    "_mps": lambda value, language: _kmh(value * 3.6, language),
    "_kmh": _kmh,
    "_m": _metres,
    "_s": _seconds,
}


def _list(key: str, values: list[str], language: Language) -> str:
    names = {"alarms": ALARMS, "kinds": BECAUSE, "because": BECAUSE}.get(key, {})
    words = [names[one].of(language) if one in names else one for one in values]
    if len(words) > _NAMED and key == "others":
        more = len(words) - _NAMED
        words[_NAMED:] = [f"另 {more} 辆" if language == "zh" else f"{more} more"]
    return ("、" if language == "zh" else ", ").join(words)


ANSWERS: Final[Mapping[str, Name]] = {
    "mine": Name("the owner says: it's me", "车主称是本人用车"),
    "stolen": Name("the owner says stolen", "车主称车辆被盗"),
    "confirmed": Name("confirmed by the police", "警方核实被盗"),
}
"""What people say about an incident."""


def answered(word: str, reason: str) -> Name:
    """A person's word and what they gave for it."""
    return _because(ANSWERS[word], reason)


def lowered(level: str, reason: str) -> Name:
    """That a person lowered an incident to `level`, and why."""
    name = LEVELS[level]
    return _because(Name(f"lowered to {name.en}", f"降为{name.zh}"), reason)


def _because(said: Name, reason: str) -> Name:
    return Name(f"{said.en}: {reason}", f"{said.zh}：{reason}") if reason else said
