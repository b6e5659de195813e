"""Commands in the words of JT/T 808: a message number and a body; pure.

Layouts (2011 and 2013; what 2019 adds stands beside): parameters 0x8103 count B, then id D, length
B, value; tracking 0x8202 period W, validity D; confirmation 0x8203 serial W, alarms D; areas 0x8600
to 0x8607 as at each function.  Angles are D in 1e-6 degrees without sign; bits 6 and 7 of an area's
attribute say south and west.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

from ingest.commands import arguments
from ingest.commands.arguments import CommandKind
from ingest.commands.command import Command
from ingest.jt808.layout import Kind

_DEFAULT_S, _ASLEEP_S, _ALARM_S = 0x0029, 0x0027, 0x0028
_APPEND = 1  # of 0x8600 and 0x8602: beside the areas that the terminal has
_ENTER, _EXIT = 1 << 3, 1 << 5  # tell the platform
_SOUTH, _WEST = 1 << 6, 1 << 7
_SEGMENT_SOUTH, _SEGMENT_WEST = 1 << 2, 1 << 3
_CONFIRMS = {
    "sos": 1 << 0,
    "zone": 1 << 20 | 1 << 21,
    "illegal_ignition": 1 << 27,
    "illegal_displacement": 1 << 28,
}
_NAMED = frozenset({Kind.SET_CIRCLES, Kind.SET_RECTANGLES, Kind.SET_POLYGON, Kind.SET_ROUTE})
_NO_NAME = struct.pack(">H", 0)  # since 2019 an area ends with the length of its name, and the name

Message = tuple[Kind, bytes]


def written(command: Command, *, is_2019: bool) -> Message:
    """The message that says `command` to a terminal of that edition."""
    kind, write = _WRITERS[command.kind]
    body = write(command.arguments)
    return kind, body + _NO_NAME if is_2019 and kind in _NAMED else body


def _pursuit(said: arguments.Pursuit) -> bytes:
    if not said.every_s:
        return struct.pack(">H", 0)  # nothing follows a period of 0
    return struct.pack(">HI", said.every_s, said.for_s)


def _interval(said: arguments.Interval) -> bytes:
    values = ((_ASLEEP_S, said.asleep_s), (_ALARM_S, said.alarm_s), (_DEFAULT_S, said.default_s))
    told = [struct.pack(">IBI", number, 4, value) for number, value in values if value is not None]
    return bytes((len(told),)) + b"".join(told)


def _confirm(said: arguments.ConfirmAlarm) -> bytes:
    bits = 0
    for name in said.alarms:
        bits |= _CONFIRMS[name]
    return struct.pack(">HI", 0, bits)  # serial 0: every alarm of these kinds


def _circle(said: arguments.SetCircle) -> bytes:
    """Setting B, count B; id D, attribute W, centre, radius D."""
    head = struct.pack(">BBIH", _APPEND, 1, said.area, _attribute(said, [(said.lon, said.lat)]))
    return head + _place(said.lon, said.lat) + struct.pack(">I", said.radius_m)


def _rectangle(said: arguments.SetRectangle) -> bytes:
    """As a circle, with the north-west and the south-east corner."""
    corners = [(said.west, said.north), (said.east, said.south)]
    head = struct.pack(">BBIH", _APPEND, 1, said.area, _attribute(said, corners))
    return head + b"".join(_place(*corner) for corner in corners)


def _polygon(said: arguments.SetPolygon) -> bytes:
    """Id D, attribute W, count W, corners."""
    count = len(said.points)
    head = struct.pack(">IHH", said.area, _attribute(said, said.points), count)
    return head + b"".join(_place(*point) for point in said.points)


def _route(said: arguments.SetRoute) -> bytes:
    """Id D, attribute W, count W; turning point D, segment D, place, width B, attribute B each."""
    parts = [struct.pack(">IHH", said.area, _ways(said), len(said.points))]
    for number, (lon, lat) in enumerate(said.points, start=1):
        signs = (_SEGMENT_SOUTH if lat < 0 else 0) | (_SEGMENT_WEST if lon < 0 else 0)
        parts += [
            struct.pack(">II", number, number),
            _place(lon, lat),
            struct.pack(">BB", said.width_m, signs),
        ]
    return b"".join(parts)


def _delete(said: arguments.DeleteAreas) -> bytes:
    """Count B (0 = all), ids D."""
    return struct.pack(f">B{len(said.areas)}I", len(said.areas), *said.areas)


def _place(lon: float, lat: float) -> bytes:
    return struct.pack(">II", round(abs(lat) * 1e6), round(abs(lon) * 1e6))


def _ways(said: Any) -> int:
    return (_ENTER if "enter" in said.alarm else 0) | (_EXIT if "exit" in said.alarm else 0)


def _attribute(said: Any, points: Sequence[tuple[float, float]]) -> int:
    lon, lat = points[0]
    return _ways(said) | (_SOUTH if lat < 0 else 0) | (_WEST if lon < 0 else 0)


_WRITERS: dict[CommandKind, tuple[Kind, Callable[[Any], bytes]]] = {
    CommandKind.PURSUIT: (Kind.TRACKING, _pursuit),
    CommandKind.INTERVAL: (Kind.SET_PARAMETERS, _interval),
    CommandKind.CONFIRM_ALARM: (Kind.CONFIRM_ALARM, _confirm),
    CommandKind.SET_CIRCLE: (Kind.SET_CIRCLES, _circle),
    CommandKind.SET_RECTANGLE: (Kind.SET_RECTANGLES, _rectangle),
    CommandKind.SET_POLYGON: (Kind.SET_POLYGON, _polygon),
    CommandKind.SET_ROUTE: (Kind.SET_ROUTE, _route),
    CommandKind.DELETE_CIRCLES: (Kind.DELETE_CIRCLES, _delete),
    CommandKind.DELETE_RECTANGLES: (Kind.DELETE_RECTANGLES, _delete),
    CommandKind.DELETE_POLYGONS: (Kind.DELETE_POLYGONS, _delete),
    CommandKind.DELETE_ROUTES: (Kind.DELETE_ROUTES, _delete),
}
