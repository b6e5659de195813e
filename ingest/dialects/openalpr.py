"""OpenALPR's agent: results and groups of them, as it posts them (doc.openalpr.com, "Web hooks").

A camera is `<site_id>/<camera_id>`, since every agent counts its cameras anew.  Confidence comes in
per cent, times in seconds or milliseconds.  A heartbeat tells of each camera whether it streams.
"""

from __future__ import annotations

from typing import Any

from ingest.dialects import leaf
from ingest.dialects.passed_on import PassedOn
from ingest.dialects.seen import Seen, Sightings
from ingest.reject import RejectReason

_MILLISECONDS_FROM = 1e11  # as seconds this is the year 5138


def _read(out: Sightings, n: int, body: dict[str, Any]) -> None:
    if body.get("data_type") == "heartbeat":
        _heartbeat(out, n, body)
    elif isinstance(body.get("best_plate"), dict):
        _add(out, n, body, body["best_plate"])
    elif isinstance(body.get("results"), list):
        _results(out, n, body)
    else:
        detail = "expected results, best_plate or a heartbeat, found none"
        out.refuse(n, RejectReason.MISSING_FIELD, detail)


def _heartbeat(out: Sightings, n: int, body: dict[str, Any]) -> None:
    out.kind(n, "heartbeat")
    for stream in leaf.many(body.get("video_streams")):
        if isinstance(stream, dict):
            out.notice(n, _camera(body, stream), is_up=stream.get("is_streaming") is True)


def _results(out: Sightings, n: int, body: dict[str, Any]) -> None:
    results = [one for one in body["results"] if isinstance(one, dict)]
    if not results:
        out.kind(n, "empty")
    for result in results:
        _add(out, n, body, result)


def _add(out: Sightings, n: int, body: dict[str, Any], told: dict[str, Any]) -> None:
    read = leaf.text(told.get("plate"))
    uuid = leaf.text(body.get("uuid")) or leaf.text(body.get("best_uuid"))
    each, whole = told.get("epoch_time"), body.get("epoch_time", body.get("epoch_start"))
    t_s = leaf.seconds(whole if each is None else each)
    vehicle = body.get("vehicle")
    out.add(
        n,
        Seen(
            camera=_camera(body, body),
            t_s=t_s / 1000 if t_s >= _MILLISECONDS_FROM else t_s,
            plate=read,
            confidence=leaf.number(told.get("confidence"), 0, 100) / 100,
            vehicle_class=_likeliest(vehicle, "body_type"),
            vehicle_color=_likeliest(vehicle, "color"),
            read_id=f"{uuid}/{read}" if uuid else None,
        ),
    )


def _camera(body: dict[str, Any], told: dict[str, Any]) -> str | None:
    site, camera = leaf.text(body.get("site_id")), leaf.text(told.get("camera_id"))
    return f"{site}/{camera}" if site and camera else camera


def _likeliest(vehicle: Any, name: str) -> str | None:
    """The first of the candidates, which come in order of confidence."""
    candidates = leaf.many(leaf.inner(vehicle).get(name))
    return leaf.text(leaf.inner(candidates[0]).get("name")) if candidates else None


OPENALPR = PassedOn("openalpr", _read)
