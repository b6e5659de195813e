"""A `Plan` of zones as SVG, through `xml.etree`, which escapes what people wrote into names."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, tostring

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geofence.zone import one_line
from vehicleguard.zone_plan import FONT, MARGIN, WIDTH, Plan

_LINE = 24.0  # height of a line of the legend
_FONTS = "Noto Sans CJK SC, Noto Sans SC, PingFang SC, Microsoft YaHei, sans-serif"
_COMPARED = "#c1121f"


def svg(plan: Plan, title: str, compared: str = "") -> str:
    """The picture as a file; `title` names the zones, `compared` those laid over them."""
    legend = _legend(plan, title, compared)
    height = plan.height + float(legend.get("data-height", 0))
    root = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {WIDTH:.0f} {height:.0f}",
            "width": f"{WIDTH:.0f}", "height": f"{height:.0f}",
            "font-family": _FONTS, "font-size": f"{FONT:.0f}",
        },
    )  # fmt: skip
    SubElement(root, "title").text = one_line(title, 200)
    SubElement(root, "rect", {"width": "100%", "height": "100%", "fill": "#ffffff"})
    if len(plan.fixes):
        dots = "".join(f"M{x:g} {y:g}h0" for x, y in plan.fixes.tolist())
        _path(root, dots, stroke="#9aa5b1", **{"stroke-width": "3", "stroke-linecap": "round"})
    for shape in plan.shapes:
        drawn = _path(
            root, _drawn(shape.outline), fill=shape.colour, stroke=shape.colour,
            **{"fill-opacity": "0.16", "fill-rule": "evenodd", "stroke-width": "1.5"},
        )  # fmt: skip
        SubElement(drawn, "title").text = shape.title
    for shape in plan.compared:
        dashed = {"stroke-dasharray": "7 5", "stroke-width": "2"}
        drawn = _path(root, _drawn(shape.outline), stroke=_COMPARED, **dashed)
        SubElement(drawn, "title").text = one_line(f"{compared}: {shape.title}", 400)
    for label in plan.labels:
        halo = {"paint-order": "stroke", "stroke": "#ffffff", "stroke-width": "3.5"}
        place = {"x": f"{label.x:g}", "y": f"{label.y + FONT * 0.35:g}", "text-anchor": "middle"}
        SubElement(root, "text", {**place, **halo, "fill": label.colour}).text = label.text
    root.append(legend)
    return str(tostring(root, "unicode")) + "\n"


def _path(parent: Element, drawn: str, **look: str) -> Element:
    return SubElement(parent, "path", {"fill": "none", **look, "d": drawn})


def _drawn(outline: BaseGeometry) -> str:
    """An outline as path data, a ring after the other."""
    rings = shapely.get_rings(shapely.get_parts(outline))
    return "".join(
        "M" + "L".join(f"{x:g} {y:g}" for x, y in np.round(shapely.get_coordinates(ring)[:-1], 1))
        + "Z"
        for ring in rings
    )  # fmt: skip


def _legend(plan: Plan, title: str, compared: str) -> Element:
    """What stands below: the scale, what each colour means, what was left out."""
    group = Element("g")
    top = plan.height + _LINE / 2
    line = {"stroke": "#222222", "stroke-width": "2"}
    left, right = WIDTH - MARGIN - plan.scale_px, WIDTH - MARGIN
    _path(
        group,
        f"M{left:g} {top - 5:g}v10M{left:g} {top:g}H{right:g}M{right:g} {top - 5:g}v10",
        **line,
    )
    length = f"{plan.scale_m:g} m" if plan.scale_m < 1000 else f"{plan.scale_m / 1000:g} km"
    _text(group, right, top + _LINE, length, anchor="end")
    rows = [(colour, f"{tag or 'no tag'} ({zones:,})") for colour, tag, zones in plan.legend]
    y = top + 5
    _text(group, MARGIN, y, title, weight="bold")
    for colour, text in rows[:12]:
        y += _LINE
        box = {"x": f"{MARGIN:g}", "y": f"{y - 12:g}", "width": "18", "height": "14"}
        SubElement(group, "rect", {**box, "fill": colour, "fill-opacity": "0.3", "stroke": colour})
        _text(group, MARGIN + 28, y, text)
    notes = [f"{len(rows) - 12} more tags"] if len(rows) > 12 else []
    if compared:
        y += _LINE
        dashed = {"stroke": _COMPARED, "stroke-dasharray": "7 5", "stroke-width": "2"}
        _path(group, f"M{MARGIN:g} {y - 5:g}h22", **dashed)
        _text(group, MARGIN + 28, y, compared)
    if len(plan.fixes):
        notes.append("grey dots: recorded fixes")
    if plan.unlabelled:
        notes.append(f"{plan.unlabelled:,} names had no room")
    if notes:
        y += _LINE
        _text(group, MARGIN, y, "; ".join(notes), colour="#666666")
    group.set("data-height", f"{y - plan.height + _LINE:g}")
    return group


def _text(
    parent: Element, x: float, y: float, text: str, *,
    anchor: str = "start", weight: str = "normal", colour: str = "#222222",
) -> None:  # fmt: skip
    look = {"text-anchor": anchor, "font-weight": weight, "fill": colour}
    SubElement(parent, "text", {"x": f"{x:g}", "y": f"{y:g}", **look}).text = one_line(text, 200)
