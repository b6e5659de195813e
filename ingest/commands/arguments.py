"""What may be asked of a terminal, and what has to be said with it.

One model a kind of command, the same for every transport; `ingest.commands.command` reads words
from outside by them.  Angles are degrees WGS-84, longitude first.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Seconds = Annotated[int, Field(ge=1, le=86_400)]
Lon = Annotated[float, Field(ge=-180, le=180)]
Lat = Annotated[float, Field(ge=-90, le=90)]
Area = Annotated[int, Field(ge=1, le=0xFFFFFFFF)]
Way = Literal["enter", "exit"]
Points = Annotated[tuple[tuple[Lon, Lat], ...], Field(max_length=500)]


class CommandKind(StrEnum):
    """What may be asked of a terminal."""

    PURSUIT = "pursuit"
    INTERVAL = "interval"
    CONFIRM_ALARM = "confirm_alarm"
    SET_CIRCLE = "set_circle"
    SET_RECTANGLE = "set_rectangle"
    SET_POLYGON = "set_polygon"
    SET_ROUTE = "set_route"
    DELETE_CIRCLES = "delete_circles"
    DELETE_RECTANGLES = "delete_rectangles"
    DELETE_POLYGONS = "delete_polygons"
    DELETE_ROUTES = "delete_routes"


class _Arguments(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Pursuit(_Arguments):
    """Report every `every_s` seconds for `for_s` seconds; `every_s` 0 ends it."""

    every_s: int = Field(ge=0, le=0xFFFF)
    for_s: int = Field(0, ge=0, le=7 * 86_400)

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.every_s and not self.for_s:
            msg = "for_s has to say how long"
            raise ValueError(msg)
        return self


class Interval(_Arguments):
    """Seconds between reports from now on: as a rule, asleep, and while an alarm lasts."""

    default_s: Seconds | None = None
    asleep_s: Seconds | None = None
    alarm_s: Seconds | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.default_s is self.asleep_s is self.alarm_s is None:
            msg = "expected one of default_s, asleep_s, alarm_s"
            raise ValueError(msg)
        return self


class ConfirmAlarm(_Arguments):
    """Alarms that a person has seen, so that the terminal need not cry on."""

    alarms: tuple[Literal["sos", "zone", "illegal_ignition", "illegal_displacement"], ...] = Field(
        min_length=1
    )


class _AreaArguments(_Arguments):
    area: Area
    alarm: tuple[Way, ...] = ("enter", "exit")


class SetCircle(_AreaArguments):
    """A circle that the terminal watches itself; degrees WGS-84, metres."""

    lon: Lon
    lat: Lat
    radius_m: int = Field(ge=1, le=100_000)


class SetRectangle(_AreaArguments):
    """A rectangle along the meridians."""

    west: Lon
    south: Lat
    east: Lon
    north: Lat

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.west >= self.east or self.south >= self.north:
            msg = "expected west below east and south below north"
            raise ValueError(msg)
        _one_quarter((self.west, self.south), (self.east, self.north))
        return self


class SetPolygon(_AreaArguments):
    """A polygon of 3 corners or more, the last not the first again."""

    points: Annotated[Points, Field(min_length=3)]

    @model_validator(mode="after")
    def _is_in_one_quarter(self) -> Self:
        _one_quarter(*self.points)
        return self


class SetRoute(_AreaArguments):
    """A route of 2 turning points or more, so wide in all."""

    points: Annotated[Points, Field(min_length=2)]
    width_m: int = Field(ge=1, le=255)


class DeleteAreas(_Arguments):
    """Areas of one shape by number; none = all of them."""

    areas: tuple[Area, ...] = Field((), max_length=125)


Arguments = (
    Pursuit | Interval | ConfirmAlarm | SetCircle | SetRectangle | SetPolygon | SetRoute
    | DeleteAreas
)  # fmt: skip

ARGUMENTS: dict[CommandKind, type[Arguments]] = {
    CommandKind.PURSUIT: Pursuit,
    CommandKind.INTERVAL: Interval,
    CommandKind.CONFIRM_ALARM: ConfirmAlarm,
    CommandKind.SET_CIRCLE: SetCircle,
    CommandKind.SET_RECTANGLE: SetRectangle,
    CommandKind.SET_POLYGON: SetPolygon,
    CommandKind.SET_ROUTE: SetRoute,
    CommandKind.DELETE_CIRCLES: DeleteAreas,
    CommandKind.DELETE_RECTANGLES: DeleteAreas,
    CommandKind.DELETE_POLYGONS: DeleteAreas,
    CommandKind.DELETE_ROUTES: DeleteAreas,
}


def _one_quarter(*points: tuple[float, float]) -> None:
    """A terminal is told the signs once for a whole area."""
    if len({(lon < 0, lat < 0) for lon, lat in points}) > 1:
        msg = "expected all points on one side of equator and prime meridian"
        raise ValueError(msg)
