"""Reports as they travel, for the tests of this room."""

from alerts.report import Report


def report(
    kind: str = "left_fence",
    *,
    t: float = 1000.0,
    vehicle: str = "v",
    level: str | None = "",
    episode: float | None = None,
) -> Report:
    """A report of its kind's usual level, of another one, or of none."""
    kinds = {"left_fence": ["place"], "moved_while_armed": ["motion"], "silent": ["silence"]}[kind]
    if level == "":
        level = {"left_fence": "blue", "moved_while_armed": "red", "silent": None}[kind]
    episode = t if episode is None else episode
    evidence = {
        "kinds": kinds,
        "episode": episode,
        "armed": "by_owner",
        "ignition": "off",
        "distance_m": 200.0,
        **({} if level is None else {"level": level}),
    }
    return said(kind, evidence, t=t, vehicle=vehicle, episode=episode)


def said(
    kind: str,
    evidence: dict[str, object],
    *,
    t: float = 1000.0,
    vehicle: str = "v",
    episode: float | None = None,
) -> Report:
    """A report of any kind with exactly this evidence."""
    episode = t if episode is None else episode
    return Report.from_wire(
        {
            "id": f"s-{vehicle}-{kind}-{episode}",
            "vehicle_id": vehicle,
            "kind": kind,
            "t": episode,
            "t_detected": t,
            "lon": 112.3,
            "lat": 28.5,
            "strength": 0.9,
            "evidence": evidence,
        }
    )
