"""Why it is this unit, in words: how soon it is there, and who was nearer but stays.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from alerts.dispatch.fitness import Fitness, Task, Why
from alerts.vocabulary import Name

_NEARER = 3  # units told one by one; of more, only how many


class Passed(NamedTuple):
    """A unit that was nearer and does not go.

    It cannot (`why`), goes to `elsewhere`, or counts as further away for what else weighs.
    """

    fitness: Fitness
    arrive_s: float
    why: Why | None
    elsewhere: str | None


WHYS: Final = {
    Why.OFF_SHIFT: Name("off shift", "不当班"),
    Why.OFF: Name("off duty", "已离岗"),
    Why.BUSY: Name("busy", "正忙"),
    Why.LACKS: Name("without the means needed", "不具备所需装备"),
    Why.TRIED: Name("asked already", "已询问过"),
    Why.NO_WAY: Name("without a way there", "无路可达"),
    Why.TOO_FAR: Name("too far away", "距离过远"),
}


def duration(seconds: float) -> Name:
    """A time of way: "2 min 10 s"."""
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    if not minutes:
        return Name(f"{rest} s", f"{rest} 秒")
    if not rest:
        return Name(f"{minutes} min", f"{minutes} 分")
    return Name(f"{minutes} min {rest} s", f"{minutes} 分 {rest} 秒")


def explained(task: Task, picks: Sequence[tuple[Fitness, float]], passed: Sequence[Passed]) -> Name:
    """Why `picks` (unit, seconds) go, given who was nearer, the nearest first."""
    parts = [_picked(one, arrive_s, task, is_nearest=not passed) for one, arrive_s in picks]
    if not picks:
        parts = [_nobody(passed)]
    else:
        parts += [_passed(one, task) for one in passed[:_NEARER]]
        if (more := len(passed) - _NEARER) > 0:
            parts.append(Name(f"{more} more were nearer", f"另有 {more} 个更近"))
        if (lacking := task.units - len(picks)) > 0:
            parts.append(Name(f"{lacking} wanted, none left", f"尚缺 {lacking} 个警力"))
    return Name("; ".join(part.en for part in parts), "；".join(part.zh for part in parts))


def _picked(one: Fitness, arrive_s: float, task: Task, *, is_nearest: bool) -> Name:
    name, way = one.unit.name, duration(arrive_s)
    en, zh = f"{name}: nearest free unit, {way.en}", f"{name}：最近的空闲警力，{way.zh}"
    if is_nearest:
        en, zh = f"{name}: nearest unit, {way.en}", f"{name}：最近的警力，{way.zh}"
    if one.at.by == "home":
        en, zh = f"{en}, reckoned from its post", f"{zh}（按驻地估算）"
    elif one.at.by == "stale":
        age = duration(one.at.age_s or 0)
        en, zh = f"{en}, its position is {age.en} old", f"{zh}（位置为 {age.zh}前）"
    if not one.belongs(task):
        en, zh = f"{en}, of another jurisdiction", f"{zh}，属其他辖区"
    return Name(en, zh)


def _passed(one: Passed, task: Task) -> Name:
    unit, way = one.fitness.unit.name, duration(one.arrive_s)
    if one.why is not None:
        why = WHYS[one.why]
    elif one.elsewhere is not None:
        why = Name(f"goes to {one.elsewhere}", f"派往 {one.elsewhere}")
    else:
        why = _weighed(one, task)
    return Name(f"{unit} was nearer ({way.en}) but {why.en}", f"{unit}更近（{way.zh}），但{why.zh}")


def _weighed(one: Passed, task: Task) -> Name:
    """What counted as further away."""
    fitness = one.fitness
    if fitness.load:
        return Name("has an incident already", "已有任务")
    if not fitness.belongs(task):
        return Name("of another jurisdiction", "属其他辖区")
    if fitness.at.by != "fresh":
        return Name("its position is not certain", "位置不确定")
    return Name("was not needed", "无需再派")


def _nobody(passed: Sequence[Passed]) -> Name:
    """Why nobody goes."""
    if not passed:
        return Name("no unit is known", "没有登记的警力")
    counts = Counter(one.why for one in passed if one.why is not None)
    en = [f"{n} {WHYS[why].en}" for why, n in counts.most_common()]
    zh = [f"{n} 个{WHYS[why].zh}" for why, n in counts.most_common()]
    if away := sum(one.why is None for one in passed):
        en, zh = [*en, f"{away} sent elsewhere"], [*zh, f"{away} 个派往他处"]
    return Name(
        f"no unit can go; of the nearest, {', '.join(en)}", f"无可派警力；最近者中{'、'.join(zh)}"
    )
