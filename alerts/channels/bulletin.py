"""An incident as other systems read it, and as people do, with what they may not read covered.

One mapping for all channels that carry JSON (docs/channels.md names every field); the words are
those that were recorded with the event, in both languages.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Final

from alerts.channels.channel import Notice
from alerts.channels.veil import Veil, plates_of
from alerts.incident import Incident
from alerts.vocabulary import LEVELS, Language, Name
from alerts.words import sentence

Json = dict[str, object]

_MOST_SIGNALS: Final = 20
"""Newest signals that are told; a vehicle that moves for a day has hundreds."""

KINDS: Final = {
    "opened": Name("new", "新警情"),
    "joined": Name("new evidence", "新证据"),
    "raised": Name("raised", "升级"),
    "lowered": Name("lowered", "降级"),
    "answered": Name("answered", "已答复"),
    "linked": Name("linked", "关联"),
    "absorbed": Name("merged", "并案"),
    "split": Name("split", "分案"),
    "undone": Name("step taken back", "撤销"),
    "clocked": Name("clock started", "开始计时"),
    "warned": Name("time is running out", "时限预警"),
    "breached": Name("overdue", "超时"),
    "escalated": Name("nobody came: passed on", "超时上报"),
    "accepted": Name("accepted", "受理"),
    "assigned": Name("assigned", "分派"),
    "returned": Name("returned", "退回"),
    "reassigned": Name("reassigned", "转派"),
    "supervised": Name("supervised", "督办"),
    "passed_up": Name("passed up", "上报"),
    "assigned_down": Name("assigned down", "下派"),
    "taken_back": Name("taken back", "收回"),
    "signed": Name("signed", "签收"),
    "departed": Name("departed", "出警"),
    "on_scene": Name("on scene", "到场"),
    "contained": Name("contained", "控制"),
    "feedback": Name("feedback", "反馈"),
    "closed": Name("closed", "办结"),
    "rated": Name("rated", "评价"),
    "reopened": Name("reopened", "重开"),
}
"""What events are called in headings."""

_DRILL: Final = Name("EXERCISE: ", "【演练】")
_HEAD: Final = Name(
    "{drill}[{level}] vehicle {vehicle}: {kind}", "{drill}【{level}】车辆 {vehicle}：{kind}"
)
_PLACE: Final = Name(
    "At {lat:.5f}, {lon:.5f} (WGS-84), {t:%H:%M:%S} UTC+8",
    "位置 {lat:.5f}，{lon:.5f}（WGS-84），{t:%H:%M:%S}",
)
_CHINA: Final = timezone(timedelta(hours=8))
_INSTEAD: Final = Name("{0} could not be reached", "{0} 未能送达")


def veil_of(notice: Notice) -> Veil:
    """What `notice` has to cover at its destination."""
    to = notice.destination
    return Veil(plates_of(notice.entry.incident), plates=to.plates, phones=to.phones)


def body_of(notice: Notice) -> Json:
    """The mapping: the event, and the incident as it stood after it; times in epoch seconds."""
    event, veil = notice.entry.event, veil_of(notice)
    reason, reason_zh = veil.over(event.reason), veil.over(event.reason_zh or event.reason)
    return {
        "event": {
            "seq": notice.entry.seq,
            "kind": event.kind,
            "t": event.t,
            "at": event.at_ms / 1000,
            "actor": veil.over(event.actor),
            "reason": reason,
            "reason_zh": reason_zh,
            "level": event.level.label if event.level else None,
            "outcome": str(event.outcome) if event.outcome else None,
            "party": event.party,
            "other": event.other,
        },
        "incident": _incident(notice.entry.incident, veil),
        "instead_of": notice.instead_of,
    }


def _incident(incident: Incident, veil: Veil) -> Json:
    course, newest = incident.course, incident.reports[-1]
    goals = incident.clock.goals if incident.clock else ()
    return {
        "id": incident.id,
        "vehicle_id": incident.vehicle_id,
        "vehicles": list(incident.vehicles),
        "level": incident.level.label,
        "state": str(course.state),
        "outcome": str(course.outcome) if course.outcome else None,
        "word": str(incident.word) if incident.word else None,
        "drill": incident.drill,
        "t_opened": incident.t_opened,
        "t_detected": incident.t_detected,
        "datum": "wgs84",
        "lon": incident.lon,
        "lat": incident.lat,
        "last": {"t": newest.t_detected, "lon": newest.lon, "lat": newest.lat},
        "party": course.party,
        "supervised": course.supervised,
        "deadlines": [
            {"name": goal.name, "moment": goal.moment, "t": goal.due_ms / 1000} for goal in goals
        ],
        "stamps": {stamp.moment: stamp.t for stamp in course.stamps},
        "evidence": [
            {
                "signal": report.id,
                "kind": report.kind,
                "t": report.t_detected,
                "text": veil.over(sentence(report, "en")),
                "text_zh": veil.over(sentence(report, "zh")),
            }
            for report in incident.reports[-_MOST_SIGNALS:]
        ],
        "merged_into": incident.merged_into,
    }


def heading(notice: Notice, language: Language) -> str:
    """One line: level, vehicle, what happened; of a drill, that it is one."""
    incident = notice.entry.incident
    return _HEAD.of(language).format(
        drill=_DRILL.of(language) if incident.drill else "",
        level=LEVELS[incident.level.label].of(language),
        vehicle=notice.address if notice.destination.role == "owner" else incident.vehicle_id,
        kind=KINDS[notice.entry.event.kind].of(language),
    )


def paragraph(notice: Notice, language: Language) -> str:
    """Why, where, and in whose stead; a line each."""
    event, incident, veil = notice.entry.event, notice.entry.incident, veil_of(notice)
    newest = incident.reports[-1]
    said = event.reason_zh or event.reason if language == "zh" else event.reason
    place = _PLACE.of(language).format(
        lat=newest.lat, lon=newest.lon, t=datetime.fromtimestamp(newest.t_detected, _CHINA)
    )
    instead = _INSTEAD.of(language).format(notice.instead_of) if notice.instead_of else ""
    return "\n".join(line for line in (veil.over(said), place, instead) if line)
