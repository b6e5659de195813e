"""Openly licensed places, outlines, fences and traces for the demonstration and the tests.

Shipped in the wheel; `ATTRIBUTION.md` beside them names origin and licence of each, and
`deploy/sample/build.py` makes them.  The outlines are illustrative, not official borders.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

TOWNS = "towns.geojson"
"""Points: `name_en`, and where known `name_zh`, `town_code`, `county_adcode`, `county_zh`."""
JURISDICTIONS = "jurisdictions.geojson"
"""Zones: `id`, `name`, `name_en`, `level` (county or township), `county_adcode`, `county`; as areas
of `alerts.jurisdiction` they have `code` and `parent`, too."""
FENCES = "fences.geojson"
"""Zones: `id`, `name`, `name_en`, `tags`, `role`; circles, corridors and a polygon with a hole."""
AUSTIN_BUS = "austin_bus.parquet"
"""Fixes of 60 buses over four hours: `vehicle_id`, `t`, `lon`, `lat`, `speed_mps`."""
PLATFORMS, POSTS, UNITS = "platforms.csv", "posts.csv", "units.csv"
"""Invented forces around the towns, as `alerts.force` reads them."""
ATTRIBUTION = "ATTRIBUTION.md"

NAMES = (
    TOWNS, JURISDICTIONS, FENCES, AUSTIN_BUS, PLATFORMS, POSTS, UNITS, ATTRIBUTION,
)  # fmt: skip


def path(name: str) -> Path:
    """Where the file `name` of the sample lies.  Raises `ValueError` for a name not in `NAMES`."""
    if name not in NAMES:
        msg = f"sample: expected one of {', '.join(NAMES)}, got {name!r}"
        raise ValueError(msg)
    return Path(str(resources.files(__name__) / name))
