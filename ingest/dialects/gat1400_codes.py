"""The code tables of GA/T 1400.3 and of GA 24 that sightings need, as words and degrees.

A code that stands in no table stays as it is: the camera's own word.
"""

from __future__ import annotations

import math

_COLORS = {
    "1": "black",
    "2": "white",
    "3": "gray",
    "4": "red",
    "5": "blue",
    "6": "yellow",
    "7": "orange",
    "8": "brown",
    "9": "green",
    "10": "purple",
    "11": "cyan",
    "12": "pink",
    "13": "transparent",
}
"""ColorType (GA/T 1400.3, annex B); 99 is "other" and says nothing."""

_BODY_COLORS = {
    "A": "white",
    "B": "gray",
    "C": "yellow",
    "D": "pink",
    "E": "red",
    "F": "purple",
    "G": "green",
    "H": "blue",
    "I": "brown",
    "J": "black",
}
"""Colours of vehicles in GA 24.8, which some platforms pass on."""

_DIRECTIONS = {
    "1": 90.0,
    "2": 270.0,
    "3": 180.0,
    "4": 0.0,
    "5": 45.0,
    "6": 225.0,
    "7": 135.0,
    "8": 315.0,
}
"""HDirectionType (GA/T 1400.3, annex B): 1 from west to east, 2 east to west, 3 north to south,
4 south to north, 5 to the north-east, 6 to the south-west, 7 to the south-east, 8 to the
north-west; 9 is "other".  Degrees that the vehicle drives to."""

_CLASSES = {
    "K1": "bus",
    "K2": "bus",
    "K3": "car",
    "K4": "car",
    "H": "truck",
    "Q": "truck",
    "M1": "tricycle",
    "M2": "motorcycle",
    "N": "tricycle",
    "D": "bus",
}
"""Beginnings of VehicleClass (GA 24.4, vehicle types): passenger vehicles by size, lorries and
tractors, motorcycles with three and two wheels, tricycles, trolley buses."""

_PLATE_CLASSES = {"07": "motorcycle", "08": "motorcycle"}
"""Kinds of plates (GA 24.7) that tell the vehicle's class."""

_NOTHING = frozenset({"99", "0", ""})

FACES = frozenset({"04", "05", "10", "11"})
"""Types of pictures (GA/T 1400.3, ImageType) of drivers, passengers, people and faces."""

PREFERRED = ("09", "12", "01", "08", "14", "100", "07", "02", "03", "06", "13")
"""Types of pictures, that of the vehicle alone first: close-up, bicycle, large, composed, scene,
any, offence, plate in colour, plate in black and white, badge, thing."""


def color(code: str | None) -> str | None:
    """The colour in a word; None where the code says nothing."""
    plain = (code or "").lstrip("0") or "0"
    return None if plain in _NOTHING else _COLORS.get(plain) or _BODY_COLORS.get(plain, code)


def direction_deg(code: str | None) -> float:
    """Where the vehicle drives to, 0 = north, clockwise; NaN = not told."""
    return _DIRECTIONS.get((code or "").lstrip("0"), math.nan)


def vehicle_class(code: str | None, plate_class: str | None) -> str | None:
    """The vehicle's class in a word, by its own code or by that of its plate."""
    told = (code or "").upper()
    by_plate = _PLATE_CLASSES.get((plate_class or "").zfill(2))
    if told.lstrip("0") in _NOTHING:
        return by_plate
    return _CLASSES.get(told[:2]) or _CLASSES.get(told[:1]) or by_plate or code
