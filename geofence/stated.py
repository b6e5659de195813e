"""Which datum a zone file's coordinates refer to: what it says, and what is said of it.

A fence on the wrong datum is in the wrong street and looks right in the file.  So at every edge
where people hand in zones (command line, settings, API) a datum has to be stated, in the file or
beside it; the file's own word cannot be overruled by a default.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from geofence.datum import Datum
from geofence.zone import ZoneError, shown

Path = str | os.PathLike[str] | None

_CRS = {
    "CRS84": Datum.WGS84,
    "EPSG::4326": Datum.WGS84,
    "EPSG:4326": Datum.WGS84,
    # CGCS2000, the datum of official Chinese surveys: within centimetres of WGS-84
    "EPSG::4490": Datum.WGS84,
    "EPSG:4490": Datum.WGS84,
}
WHY = (
    "nothing says what the coordinates refer to, and GCJ-02 of Chinese map services lies about "
    "650 m from WGS-84 in Yiyang; "
    'write "datum": "wgs84" (or "gcj02", "bd09") beside "features"'
)


def known(name: object, key: str = "datum", path: Path = None) -> Datum:
    """The datum of that name.  Raises `ZoneError`."""
    try:
        return Datum(name)  # type: ignore[arg-type]  # anything may come in; what is none raises
    except ValueError:
        raise ZoneError(
            key, f"expected one of {', '.join(Datum)}, got {shown(name)}", path
        ) from None


def stated(document: Mapping[str, object], path: Path = None) -> Datum | None:
    """What a FeatureCollection says itself: its member `datum`, or the `crs` of older files.

    Raises `ZoneError` for a datum or a reference system that is not known, and when the two differ.
    """
    crs, datum = document.get("crs"), document.get("datum")
    by_crs = None if crs is None else _of_crs(crs, path)
    if datum is None:
        return by_crs
    said = known(datum, "datum", path)
    if by_crs not in {None, said}:
        raise ZoneError("datum", f"expected what crs says, {by_crs}, got {said}", path)
    return said


def settled(document: Mapping[str, object], asked: Datum | None, path: Path = None) -> Datum:
    """The datum of a file of which `asked` is said beside it, for the edges.

    Raises `ZoneError` when neither says anything, and when they contradict each other.
    """
    said = stated(document, path)
    if said is None and asked is None:
        raise ZoneError("datum", WHY, path)
    if said is not None and asked is not None and said is not asked:
        raise ZoneError("datum", f"expected {asked}, as asked for, the file says {said}", path)
    return said or asked or Datum.WGS84


def _of_crs(crs: object, path: Path) -> Datum:
    properties = crs.get("properties") if isinstance(crs, Mapping) else None
    name = properties.get("name") if isinstance(properties, Mapping) else None
    for ending, datum in _CRS.items():
        if isinstance(name, str) and name.endswith(ending):
            return datum
    raise ZoneError("crs", f"expected longitude and latitude (CRS84), got {shown(crs)}", path)
