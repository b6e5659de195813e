"""What the bytes of JT/T 808 mean: message numbers, status bits, alarm bits.

Whoever reads or writes frames takes the numbers from here; nothing here reads or writes.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from ingest.fix import Alarm, UInt32

DELIMITER = 0x7E
ESCAPE = 0x7D  # 7D 02 stands for 7E, 7D 01 for 7D
MAX_BODY = 0x3FF
MAX_FRAME = 2 + 2 * (21 + MAX_BODY + 1)
"""Bytes of the longest frame: every byte of header, body and checksum escaped."""


class Kind(IntEnum):
    """Numbers of the messages that are spoken of here."""

    TERMINAL_ANSWER = 0x0001
    HEARTBEAT = 0x0002
    LOGOUT = 0x0003
    REGISTRATION = 0x0100
    AUTHENTICATION = 0x0102
    PARAMETERS = 0x0104
    ATTRIBUTES = 0x0107
    POSITION = 0x0200
    POSITION_ANSWER = 0x0201
    CONTROL_ANSWER = 0x0500
    BATCH = 0x0704
    MULTIMEDIA_EVENT = 0x0800
    MULTIMEDIA = 0x0801
    PASS_THROUGH = 0x0900

    PLATFORM_ANSWER = 0x8001
    REGISTRATION_ANSWER = 0x8100
    SET_PARAMETERS = 0x8103
    TRACKING = 0x8202
    CONFIRM_ALARM = 0x8203
    SET_CIRCLES = 0x8600
    DELETE_CIRCLES = 0x8601
    SET_RECTANGLES = 0x8602
    DELETE_RECTANGLES = 0x8603
    SET_POLYGON = 0x8604
    DELETE_POLYGONS = 0x8605
    SET_ROUTE = 0x8606
    DELETE_ROUTES = 0x8607


POSITIONED = frozenset({Kind.POSITION, Kind.POSITION_ANSWER, Kind.CONTROL_ANSWER, Kind.BATCH})
"""Messages that hold positions."""

NAMES = {int(kind): kind.name.lower() for kind in Kind}

ALARM_OF_BIT = {
    0: Alarm.SOS,
    1: Alarm.OVERSPEED,
    4: Alarm.GNSS_FAULT,
    5: Alarm.ANTENNA,  # not connected or cut
    6: Alarm.ANTENNA,  # short circuit
    7: Alarm.LOW_BATTERY,  # main supply below its voltage
    8: Alarm.POWER_CUT,
    20: Alarm.ZONE,
    21: Alarm.ZONE,  # route
    26: Alarm.STOLEN,
    27: Alarm.ILLEGAL_IGNITION,
    28: Alarm.ILLEGAL_DISPLACEMENT,
    29: Alarm.COLLISION,
    30: Alarm.ROLLOVER,
    31: Alarm.ILLEGAL_DOOR,
}
"""Alarm bits of a position that mean an alarm of ours; fatigue, cameras and the like mean none."""

ALARMS: UInt32 = np.array([int(ALARM_OF_BIT.get(bit, 0)) for bit in range(32)], np.uint32)
"""The same, uint32[32], for the compiled pass."""

# status bits
ACC = 1 << 0
LOCATED = 1 << 1
SOUTH = 1 << 2
WEST = 1 << 3
ENCRYPTED = 1 << 5  # coordinates are shifted by a plug-in: they say no place
MOVING = 1 << 22  # since 2019


def name(kind: int) -> str:
    """What a message is called, `message 0x6006` for one without a name."""
    return NAMES.get(kind) or f"message 0x{kind:04x}"
