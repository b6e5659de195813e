"""The cameras as a list for people: how each is, since when, and why."""

from __future__ import annotations

import math

import numpy as np

from ingest.cameras.habit import HOUR_MS, HOURS, expected
from ingest.cameras.health import CameraHealth, Condition
from ingest.cameras.register import Cameras


def listed(health: CameraHealth, cameras: Cameras, now_ms: int) -> list[dict[str, object]]:
    """A mapping each, the gravest first; times in epoch seconds, None = unknown."""
    told = health.judge(now_ms)
    lag, spread, many = health.lags()
    rows = health.rows
    hour = now_ms // HOUR_MS
    begin = np.full(len(rows), hour * HOUR_MS, np.int64)
    wanted = expected(rows, begin, begin + HOUR_MS)
    out = []
    for at, name in enumerate(health.ids):
        row, condition = rows[at], Condition(int(told[at]))
        knows_lag = many[at] > 0
        out.append(
            {
                "camera": name,
                "condition": condition.name.lower(),
                "since": _seconds(row["since_ms"]) if condition != Condition.NEVER else None,
                "reason": _reason(condition, row, float(lag[at]), now_ms),
                "heard": _seconds(row["heard_ms"]),
                "seen": _seconds(row["seen_ms"]),
                "lag_s": round(float(lag[at]), 1) if knows_lag else None,
                "lag_spread_s": round(float(spread[at]), 1) if knows_lag else None,
                "reads": int(row["reads"]),
                "reads_this_hour": int(row["count"]) if row["hour"] == hour else 0,
                "usual_this_hour": round(float(wanted[at]), 1),
                "is_registered": name in cameras,
            }
        )
    order = np.argsort(-told.astype(np.int64), kind="stable")
    return [out[at] for at in order.tolist()]


def _seconds(ms: np.integer) -> float | None:
    return int(ms) / 1000 if ms else None


def _reason(condition: Condition, row: np.void, lag_s: float, now_ms: int) -> str:
    """Why, in a few words with its figures."""
    ago_min = max(now_ms - int(row["heard_ms"]), 0) / 60_000
    where = "behind" if lag_s > 0 else "ahead"
    return {
        Condition.NEVER: "registered, never heard of",
        Condition.GOOD: "",
        Condition.LEARNING: f"{np.count_nonzero(row['days'])} of {HOURS} hours learned",
        Condition.LATE: f"its reads arrive {lag_s:.0f} s late, some more than others",
        Condition.BLINDED: _dimmed(row),
        Condition.CLOCK_OFF: f"its clock is {abs(lag_s):.0f} s {where}",
        Condition.SILENT: f"no read for {ago_min:.0f} min",
        Condition.DOWN: "it keeps alive no more"
        if row["is_up"]
        else "it, or its server, says that it is down",
    }[condition]


def _dimmed(row: np.void) -> str:
    told = row["sure"][~np.isnan(row["sure"])]
    median = float(np.median(told)) if len(told) else math.nan
    if median < float(row["used_to"]) - 0.1:
        return f"confidence {median:.2f}, used to {row['used_to']:.2f}"
    return f"{row['before']} reads in an hour, then {row['count']}; used to many more"
