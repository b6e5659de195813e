"""What a unit says of itself over MQTT: `vg/v1/unit/{id}/state`, a JSON object.

`lon` and `lat` (WGS-84 degrees) together, or `status` (free, busy, off), or all three; `t` is when,
epoch seconds, now where it is missing.  Whose it is the topic says, which the broker guards.
"""

from __future__ import annotations

import math
import re
from typing import Annotated, Final

import msgspec

from alerts.force.duty import Moved, Told
from alerts.force.member import Status

STATES: Final = "vg/v1/unit/+/state"
MAX_BYTES: Final = 4096
_STATE: Final = re.compile(r"vg/v1/unit/([^/+#]{1,64})/state")
_Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e11)]


class _State(msgspec.Struct, forbid_unknown_fields=False):
    t: _Seconds | None = None
    lon: float | None = None
    lat: float | None = None
    status: Status | None = None


_decode = msgspec.json.Decoder(_State).decode


def is_state(topic: str) -> bool:
    """Whether a unit says on `topic` how it stands."""
    return _STATE.fullmatch(topic) is not None


def read(topic: str, payload: bytes, now_ms: int) -> list[Moved | Told] | str:
    """What is said, one event or two; a text where it cannot be read, which says why."""
    match = _STATE.fullmatch(topic)
    if match is None:
        return "no topic of a unit's state"
    if len(payload) > MAX_BYTES:
        return f"more than {MAX_BYTES:,} bytes"
    try:
        state = _decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return str(error)[:200]
    if state.t is not None and not math.isfinite(state.t):
        return "t: expected a number"
    t_ms = now_ms if state.t is None else round(1000 * state.t)
    events: list[Moved | Told] = []
    if state.lon is not None and state.lat is not None:
        events.append(Moved(match[1], t_ms, state.lon, state.lat))
    elif state.lon is not None or state.lat is not None:
        return "expected lon and lat together"
    if state.status is not None:
        events.append(Told(match[1], t_ms, state.status))
    return events or "expected lon and lat, or status"
