"""A chart as SVG, through `xml.etree`: a frame with axes, and lines, bars and words in it."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

FONT = 13.0
INK, FAINT, GRID = "#222222", "#666666", "#e3e6ea"
_FONTS = "Noto Sans, DejaVu Sans, Helvetica, Arial, sans-serif"


class Picture:
    """A sheet of so many pixels, white."""

    def __init__(self, width: float, height: float, title: str) -> None:
        self._root = Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": f"0 0 {width:g} {height:g}",
                "width": f"{width:g}",
                "height": f"{height:g}",
                "font-family": _FONTS,
                "font-size": f"{FONT:g}",
            },
        )
        SubElement(self._root, "title").text = title
        SubElement(self._root, "rect", {"width": "100%", "height": "100%", "fill": "#ffffff"})
        self.words(16, 26, title, weight="bold")

    def __str__(self) -> str:
        return str(tostring(self._root, "unicode")) + "\n"

    def words(
        self, x: float, y: float, text: str, *, anchor: str = "start", colour: str = INK,
        weight: str = "normal",
    ) -> None:  # fmt: skip
        """Text at a place; `anchor` is start, middle or end."""
        look = {"text-anchor": anchor, "fill": colour, "font-weight": weight}
        SubElement(self._root, "text", {"x": f"{x:.1f}", "y": f"{y:.1f}", **look}).text = text

    def box(
        self, x: float, y: float, width: float, height: float, *, colour: str, about: str
    ) -> None:
        """A filled rectangle; `about` shows under a pointer."""
        place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{width:.1f}"}
        size = {"height": f"{height:.1f}", "fill": colour}
        SubElement(SubElement(self._root, "rect", {**place, **size}), "title").text = about

    def line(
        self, points: Sequence[tuple[float, float]], colour: str, *, width: float = 2.0,
        dashes: str = "none",
    ) -> None:  # fmt: skip
        """A line through all points."""
        drawn = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        look = {"fill": "none", "stroke": colour, "stroke-width": f"{width:g}"}
        SubElement(self._root, "path", {"d": drawn, "stroke-dasharray": dashes, **look})

    def legend(self, x: float, y: float, entries: Sequence[tuple[str, str]]) -> None:
        """Colours and what they mean, in a row."""
        for colour, text in entries:
            self.box(x, y - 10, 12, 12, colour=colour, about=text)
            self.words(x + 17, y, text, colour=FAINT)
            x += 17 + 0.58 * FONT * len(text) + 20


class Panel:
    """A frame on a picture, and the scale of its two axes."""

    def __init__(
        self, picture: Picture, at: tuple[float, float, float, float],
        x_range: tuple[float, float], y_range: tuple[float, float],
    ) -> None:  # fmt: skip
        self._picture = picture
        self._left, self._top, self._width, self._height = at
        self._x_range, self._y_range = x_range, y_range

    def x(self, value: float) -> float:
        """The pixel of a value."""
        low, high = self._x_range
        return self._left + (value - low) / (high - low) * self._width

    def y(self, value: float) -> float:
        """The pixel of a value."""
        low, high = self._y_range
        return self._top + self._height - (value - low) / (high - low) * self._height

    def axes(
        self, x_ticks: Sequence[tuple[float, str]], y_ticks: Sequence[tuple[float, str]], name: str
    ) -> None:
        """Ticks with their words, a grid for the upright one, and what the level one is."""
        right, bottom = self._left + self._width, self._top + self._height
        for value, text in y_ticks:
            y = self.y(value)
            self._picture.line([(self._left, y), (right, y)], GRID, width=1)
            self._picture.words(self._left - 8, y + 4.5, text, anchor="end", colour=FAINT)
        for value, text in x_ticks:
            x = self.x(value)
            self._picture.line([(x, bottom), (x, bottom + 4)], FAINT, width=1)
            self._picture.words(x, bottom + 19, text, anchor="middle", colour=FAINT)
        self._picture.line([(self._left, bottom), (right, bottom)], FAINT, width=1)
        middle = self._left + self._width / 2
        self._picture.words(middle, bottom + 38, name, anchor="middle", colour=FAINT)

    def curve(self, points: Sequence[tuple[float, float]], colour: str) -> None:
        """A line through values."""
        self._picture.line([(self.x(x), self.y(y)) for x, y in points], colour)

    def mark(self, value: float, text: str) -> None:
        """An upright dashed line at a value of the level axis."""
        x, bottom = self.x(value), self._top + self._height
        self._picture.line([(x, self._top), (x, bottom)], INK, width=1, dashes="4 4")
        self._picture.words(x, self._top - 6, text, anchor="middle", colour=INK)
