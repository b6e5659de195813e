"""The compiled evidence against the same rule, told slowly in plain Python."""

import numpy as np
from hypothesis import given

from geofence.watch import Kind, Presence, Watch
from geofence.watch.margin import Margins
from geofence.watch.track import Use
from geofence.watch.transition import TransitionParameters
from tests.unit.geofence.make import PATIENT
from tests.unit.geofence.watch.test_watch import NET, batch_of_walk, walks

P = TransitionParameters()


class Slow:
    """One vehicle and one zone."""

    def __init__(self, *, inside: bool) -> None:
        self.inside, self.evidence, self.first_ms = inside, 0.0, 0

    def see(self, margin, deep_m, widened_m, step) -> tuple | None:
        into = min(max(P.entry_band_m, widened_m), deep_m)
        out = max(P.exit_band_m, widened_m)
        deep, band, home_band = (-margin, out, into) if self.inside else (margin, into, out)
        at_rest = step["resting"] and not step["departing"]
        weight = np.float32(step["weight"])
        if deep > band:
            if self.evidence == 0:
                self.first_ms = int(step["t_ms"])
            self.evidence += weight * min(1.0, max(P.least, deep / P.alone_m))
        elif deep > 0:
            if self.evidence > 0 and not at_rest:
                self.evidence += weight * 0.25 * P.least
        elif deep < 0:
            less = 0.5 * P.least
            if -deep > home_band:
                less = min(1.0, max(P.least, -deep / P.alone_m))
            self.evidence = max(0.0, self.evidence - weight * less)
        self.evidence = float(np.float32(self.evidence))
        if self.evidence < 1 or step["departing"]:
            return None
        self.inside, self.evidence = not self.inside, 0.0
        return (Kind.ENTER if self.inside else Kind.EXIT, self.first_ms, int(step["t_ms"]))


@PATIENT
@given(walks)
def test_evidence_is_what_the_slow_rule_says(walk) -> None:
    if not walk:
        return
    batch = batch_of_walk(walk)
    got, steps = Watch(NET).advance(Presence.over(NET), batch, batch.vehicle)
    margins = Margins.of(NET.zones)
    held = set(zip(*(column.tolist() for column in NET.match(batch.lon, batch.lat)), strict=True))
    pairs: dict[tuple[int, int], Slow] = {}
    want = []
    for fix in range(len(batch)):
        step = steps[fix]
        if step["use"] == Use.NONE:
            continue
        vehicle = int(batch.vehicle[fix])
        for zone in range(len(NET)):
            key = (vehicle, zone)
            if step["first"]:
                pairs[key] = Slow(inside=(fix, zone) in held)
                continue
            at_rest = step["resting"] and not step["departing"]
            x = step["rest_lon"] if at_rest else batch.lon[fix]
            y = step["rest_lat"] if at_rest else batch.lat[fix]
            slow = pairs[key]
            if step["returned"]:
                slow.evidence = 0.0
            # a zone is in question when a fix lies elsewhere than the vehicle is believed to be
            if slow.evidence == 0 and slow.inside == ((fix, zone) in held):
                continue
            margin = margins.margin_m(
                np.array([x]), np.array([y]), np.array([zone]), P.cap_m
            )[0]  # fmt: skip
            accuracy = batch.accuracy_m[fix]
            widened = 0.0 if np.isnan(accuracy) else P.accuracy_factor * float(accuracy)
            told = slow.see(margin, margins.deep_m[zone], widened, step)
            if told:
                want.append((fix, zone, *told))
    columns = ("fix", "zone", "kind", "t_ms", "t_detected_ms")
    assert [tuple(int(t[name]) for name in columns) for t in got if t["kind"]] == want
