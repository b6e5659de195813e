"""What signals, evidence and alarms are called, in English and Chinese.

`streams` raises them and this room may not know it; a test compares these names with its own.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Language = Literal["en", "zh"]


class Name(NamedTuple):
    """One thing in both languages."""

    en: str
    zh: str

    def of(self, language: Language) -> str:
        """The name in `language`."""
        return self.zh if language == "zh" else self.en


KINDS: Final = {
    "left_fence": Name("Left its place", "离开停放地"),
    "moved_while_armed": Name("Moved while armed", "设防后移动"),
    "kept_moving": Name("Kept moving while armed", "持续移动"),
    "towed": Name("Towed away", "被拖运"),
    "pushed": Name("Pushed away", "被推走"),
    "started_without_key": Name("Started without its key", "非法点火"),
    "terminal_stolen": Name("The terminal says it is stolen", "终端报被盗"),
    "terminal_displaced": Name("The terminal says it was displaced", "终端报非法位移"),
    "sos": Name("Call for help", "紧急求助"),
    "vibration_then_moved": Name("Vibration, then moved", "震动后移动"),
    "power_cut_then_moved": Name("Power cut, then moved", "断电后移动"),
    "power_cut_then_silent": Name("Power cut, then silent", "断电后失联"),
    "silent": Name("Unusually silent", "异常失联"),
    "jamming": Name("Radio jamming", "信号干扰"),
    "reappeared": Name("Reappeared elsewhere after silence", "失联后异地出现"),
    "tampered": Name("Terminal tampered with", "终端被拆"),
    "off_habit": Name("Unlike its habits", "反常出行"),
    "several_at_once": Name("Several vehicles of one place at once", "同地多车"),
    "plate_elsewhere": Name("Plate seen elsewhere", "车牌异地出现"),
    "plate_in_two_places": Name("One plate in two places", "一牌两地"),
    "zone_rule": Name("Zone rule", "区域规则"),
}
"""Kinds of signals."""

BECAUSE: Final = {
    "place": Name("place", "位置"),
    "motion": Name("motion", "移动"),
    "ignition": Name("ignition", "钥匙"),
    "power": Name("power", "电源"),
    "vibration": Name("vibration", "震动"),
    "tamper": Name("tampering", "拆动"),
    "terminal": Name("terminal", "终端报警"),
    "silence": Name("silence", "失联"),
    "plate": Name("plate", "车牌"),
    "company": Name("company", "多车"),
    "habit": Name("habit", "习惯"),
    "person": Name("a person's word", "人员确认"),
}
"""Kinds of evidence that are independent of each other."""

ALARMS: Final = {
    "sos": Name("call for help", "紧急求助"),
    "vibration": Name("vibration", "震动"),
    "power_cut": Name("power cut", "断电"),
    "low_battery": Name("low battery", "低电量"),
    "stolen": Name("stolen", "被盗"),
    "illegal_ignition": Name("illegal ignition", "非法点火"),
    "illegal_displacement": Name("illegal displacement", "非法位移"),
    "tamper": Name("tampering", "拆动"),
    "jamming": Name("jamming", "信号干扰"),
    "antenna": Name("antenna", "天线异常"),
    "overspeed": Name("overspeed", "超速"),
    "gnss_fault": Name("receiver fault", "定位模块故障"),
    "collision": Name("collision", "碰撞"),
    "rollover": Name("rollover", "侧翻"),
    "illegal_door": Name("illegal door opening", "非法开门"),
    "zone": Name("zone", "区域"),
}
"""Alarms of terminals (`ingest.fix.Alarm`)."""

LEVELS: Final = {
    "blue": Name("blue", "蓝色"),
    "yellow": Name("yellow", "黄色"),
    "red": Name("red", "红色"),
}

WHEN: Final = {
    "enter": Name("entered {zone}", "驶入{zone}"),
    "exit": Name("left {zone}", "驶出{zone}"),
    "inside": Name("was inside {zone}", "位于{zone}"),
    "outside": Name("was outside of its zones", "位于区域之外"),
    "cross": Name("crossed {zone}", "穿过{zone}"),
    "dwell": Name("stayed in {zone}", "滞留于{zone}"),
    "approach": Name("approached {zone}", "接近{zone}"),
    "speeding": Name("was too fast in {zone}", "在{zone}超速"),
}
"""What rules about zones watch for; `{zone}` is the zone's name."""
