"""What vehicles, their owners and their terminals do: the behaviour behind every report.

A vehicle is only looked at when it reports; in between its path says where it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ingest.fix import Alarm
from vehicleguard.simulator import draw, habits, opening, receiver, theft, trip
from vehicleguard.simulator.habits import People, Towns
from vehicleguard.simulator.receiver import Nuisances, between
from vehicleguard.simulator.reports import Reports
from vehicleguard.simulator.settings import FleetSettings
from vehicleguard.simulator.state import Columns, Mode
from vehicleguard.simulator.theft import TheftKind
from vehicleguard.simulator.trip import LEGS, M_PER_DEG, Paths

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

REARM_S = 45.0
"""After parking or being given back a vehicle stays disarmed for this long."""
ABANDONED_S = 600.0
"""A stolen vehicle is found this long after it was put down."""
ALERT_S = 60.0
"""A terminal that was moved goes on reporting quickly for this long after it stands again."""
_PARTING_S = (1.0, 12.0)
_DAY_S = 86_400.0


class Vehicles:
    """The vehicles of one fleet: who has them (`people`) and what they do (`columns`)."""

    def __init__(self, settings: FleetSettings, people: People, columns: Columns) -> None:
        self.settings = settings
        self.people = people
        self.columns = columns

    @classmethod
    def begin(cls, settings: FleetSettings, towns: Towns, now_s: float) -> Self:
        """Vehicles in the middle of their day at epoch seconds `now_s`."""
        people = habits.settle(settings.seed, settings.n, towns)
        return cls(settings, people, opening.begin(settings, people, now_s))

    def due(self, until: float) -> list[Reports]:
        """The reports of all terminals up to epoch seconds `until`, in parts, not sorted."""
        parts = []
        while len(who := np.flatnonzero(self.columns.next <= until)):
            parts += self.report(who, self.columns.next[who])
        return parts

    def targets(self, t: float, kinds: tuple[habits.Kind, ...]) -> Int64:
        """Numbers of the vehicles of `kinds` that stand armed and alone at `t`."""
        v = self.columns
        able = (v.mode == Mode.PARKED) & v.armed & (v.jump_left == 0)
        able &= (t - v.arrived >= habits.LINGER_S) & np.isin(self.people.kind, kinds)
        return np.flatnonzero(able)

    def steal(self, who: Int64, turn: int, paths: Paths, t: float, moving: float) -> None:
        """Let `who` (one vehicle) be stolen: the first sign at `t`, the first movement later."""
        self.set_out(who, paths, np.array([moving]))
        v = self.columns
        v.mode[who], v.theft[who], v.next[who] = Mode.STOLEN, turn, t

    def stand_still(self, now_s: float) -> None:
        """All trips end where they were last reported; everybody reports anew from `now_s` on.

        Who was under way sets out again soon, so that the map does not fall asleep.
        """
        v = self.columns
        travelling = np.flatnonzero(np.isin(v.mode, (Mode.TRIP, Mode.STOLEN)))
        v.lon[travelling], v.lat[travelling], motion = self.move(travelling, v.last[travelling])
        v.heading[travelling] = motion.heading
        v.eager[travelling] = v.mode[travelling] == Mode.TRIP
        v.mode[travelling] = np.where(
            v.mode[travelling] == Mode.STOLEN, Mode.ABANDONED, Mode.PARKED
        )
        v.arrived[:] = np.minimum(v.arrived, now_s - habits.LINGER_S)
        v.armed[:] = True
        v.ign[:] = False
        v.next[:] = now_s + self.people.phase * self.settings.period_s
        v.last[:] = v.next - self.settings.period_s

    def set_out(self, who: Int64, paths: Paths, start: Float64) -> None:
        """Put `who` on `paths` (a row each) from epoch seconds `start` on."""
        v = self.columns
        v.length[who], v.ends[who] = paths.length, paths.ends
        v.cruise[who], v.accel[who], v.grid[who] = paths.cruise, paths.accel, paths.grid
        v.start[who] = start

    def move(self, who: Int64, t: Float64) -> tuple[Float64, Float64, trip.Motion]:
        """Where `who` are on their paths at epoch seconds `t`: lon, lat, and how they move."""
        v = self.columns
        paths = Paths(v.length[who], v.ends[who], v.cruise[who], v.accel[who], v.grid[who])
        motion = trip.motion(paths, t - v.start[who])
        per_lon = M_PER_DEG * np.cos(np.radians(v.lat[who]))
        return v.lon[who] + motion.east / per_lon, v.lat[who] + motion.north / M_PER_DEG, motion

    def report(self, who: Int64, t: Float64) -> list[Reports]:
        """One report of each of `who` (int64[m]) at epoch seconds `t` (float64[m])."""
        v = self.columns
        u = draw.uniforms(self.settings.seed, 3, who, v.seq[who], 22)
        since = np.clip(t - v.last[who], 0.0, 3600.0)
        lon, lat = v.lon[who], v.lat[who]
        # a receiver that stands claims a little speed now and then
        speed = np.where(u[:, 0] < 0.2, 2.0 * u[:, 0], 0.0)
        going = np.isin(v.mode[who], (Mode.TRIP, Mode.STOLEN))
        if going.any():
            movers = who[going]
            lon[going], lat[going], motion = self.move(movers, t[going])
            moves = motion.speed > 0.3
            speed[going] = motion.speed * (0.98 + 0.04 * u[going, 0])
            wobble = 8.0 * (u[going, 1] - 0.5)
            v.heading[movers] = np.where(
                moves, np.mod(motion.heading + wobble, 360.0), v.heading[movers]
            )
            self._arrive(movers[motion.done], lon[going][motion.done], lat[going][motion.done])
        self._stand(who, t, since, u)
        still = v.mode[who] == Mode.PARKED
        error = receiver.wander(
            (v.error_e[who], v.error_n[who]), since, self.people.sigma_m[who], u[:, 2:6]
        )
        v.error_e[who], v.error_n[who] = error
        jumped = self._jump(who, still, since, u)
        per_lon = M_PER_DEG * np.cos(np.radians(lat))
        seen_lon = lon + (error[0] + np.where(jumped, v.jump_e[who], 0.0)) / per_lon
        seen_lat = lat + (error[1] + np.where(jumped, v.jump_n[who], 0.0)) / M_PER_DEG
        rates = self.settings.nuisances
        lost = u[:, 12] < rates.unlocated
        acc = np.where(
            jumped, receiver.JUMP_ACC_M, self.people.sigma_m[who] * (0.7 + 0.8 * u[:, 13])
        )
        reports = Reports(
            terminal=who,
            sent=t,
            t=np.round(t, 3),
            lon=np.where(lost, 0.0, np.round(seen_lon, 7)),
            lat=np.where(lost, 0.0, np.round(seen_lat, 7)),
            speed=np.where(lost, 0.0, speed),
            heading=v.heading[who],
            acc=np.where(lost, 100.0, acc),
            ign=v.ign[who],
            armed=v.armed[who],
            alarms=self._alarms(who, t, still, since, u[:, 14]),
            batt=self._battery(who, since),
            seq=v.seq[who],
        )
        self._schedule(who, t)
        return _sendings(reports, rates, u)

    def _arrive(self, who: Int64, lon: Float64, lat: Float64) -> None:
        v = self.columns
        v.lon[who], v.lat[who] = lon, lat
        v.arrived[who] = v.start[who] + v.ends[who, -1]
        v.ign[who] = False
        stolen = v.mode[who] == Mode.STOLEN
        v.mode[who] = np.where(stolen, Mode.ABANDONED, Mode.PARKED)

    def _stand(self, who: Int64, t: Float64, since: Float64, u: Float64) -> None:
        """What owners do with vehicles that stand: take back, arm, set out."""
        v = self.columns
        stood = t - v.arrived[who]
        mode = v.mode[who]
        found = (mode == Mode.ABANDONED) & (stood >= ABANDONED_S)
        back = who[found]
        v.mode[back], v.armed[back], v.arrived[back] = Mode.PARKED, False, t[found]
        parked = (mode == Mode.PARKED) & ~found
        v.armed[who[parked & (stood >= REARM_S)]] = True
        # a first report after a long silence must not start a day's worth of trips at once
        waited = np.minimum(since, self.settings.period_s)
        usual = self.people.usual_s[who]
        wants = habits.departs(t, waited, usual, u[:, 6]) | (v.eager[who] & (u[:, 11] < 0.5))
        leaves = parked & (stood >= habits.LINGER_S) & wants
        if leaves.any():
            self._depart(who[leaves], t[leaves], u[leaves, 7:10])

    def _depart(self, who: Int64, t: Float64, u: Float64) -> None:
        v, people = self.columns, self.people
        ways = draw.uniforms(self.settings.seed, 4, who, v.seq[who], 2 * LEGS + 2)
        here = v.lon[who], v.lat[who]
        there = habits.destinations(people, who, here, t, u)
        paths = habits.way(people, who, here, there, ways[:, : 2 * LEGS])
        self.set_out(who, paths, t + between(_PARTING_S, ways[:, -1]))
        # this report already tells that the owner is there, before the vehicle moves
        v.mode[who], v.ign[who], v.eager[who] = Mode.TRIP, True, False
        v.armed[who] = ways[:, -2] < self.settings.nuisances.forget_disarm

    def _jump(self, who: Int64, still: Bool, since: Float64, u: Float64) -> Bool:
        v, rates = self.columns, self.settings.nuisances
        starts = still & (v.jump_left[who] == 0) & (u[:, 10] < rates.jumps_per_day * since / _DAY_S)
        if starts.any():
            more = draw.uniforms(self.settings.seed, 5, who[starts], v.seq[who[starts]], 3)
            far, bearing = between(receiver.JUMP_M, more[:, 0]), 2.0 * np.pi * more[:, 1]
            v.jump_e[who[starts]] = far * np.cos(bearing)
            v.jump_n[who[starts]] = far * np.sin(bearing)
            v.jump_left[who[starts]] = np.where(more[:, 2] < rates.jump_repeat, 2, 1)
        jumped: Bool = still & (v.jump_left[who] > 0)
        v.jump_left[who] = np.where(jumped, v.jump_left[who] - 1, 0)
        return jumped

    def _alarms(self, who: Int64, t: Float64, still: Bool, since: Float64, u: Float64) -> Int64:
        v = self.columns
        chance = self.settings.nuisances.vibration_per_day * since / _DAY_S
        alarms = np.where(still & v.armed[who] & (u < chance), int(Alarm.VIBRATION), 0)
        cut = (v.mode[who] == Mode.STOLEN) & (v.theft[who] == theft.TURN.index(TheftKind.CUT))
        if cut.any():
            into = t - v.start[who] + theft.MANNERS[TheftKind.CUT].prelude_s
            shaken = cut & (into < theft.CUT_VIBRATION_S)
            dark = cut & ~shaken & (into < theft.CUT_VIBRATION_S + 3 * theft.REPORT_S)
            alarms = np.where(shaken, int(Alarm.VIBRATION), alarms)
            alarms = np.where(dark, int(Alarm.POWER_CUT), alarms)
        return np.where(v.batt[who] < 10.0, alarms | int(Alarm.LOW_BATTERY), alarms)

    def _battery(self, who: Int64, since: Float64) -> Int64:
        """The terminal's own battery, per cent: it fills while the vehicle runs."""
        v = self.columns
        per_hour = np.array([-0.15, 20.0, -6.0, -0.5])[v.mode[who]]
        v.batt[who] = np.clip(v.batt[who] + per_hour * since / 3600.0, 1.0, 100.0)
        return v.batt[who].astype(np.int64)

    def _schedule(self, who: Int64, t: Float64) -> None:
        v, period = self.columns, self.settings.period_s
        mode = v.mode[who]
        alert = (mode == Mode.STOLEN) | ((mode == Mode.ABANDONED) & (t - v.arrived[who] < ALERT_S))
        offset = v.next[who] + period
        # one that reported quickly falls back into its own place in the period
        slot = self.people.phase[who] * period
        own = slot + period * np.ceil((t + 1.0 - slot) / period)
        v.next[who] = np.where(
            alert, t + theft.REPORT_S, np.where(mode == Mode.ABANDONED, own, offset)
        )
        v.last[who] = t
        v.seq[who] += 1


def _sendings(reports: Reports, rates: Nuisances, u: Float64) -> list[Reports]:
    """The reports as they are sent: some later than their fix, some a second time."""
    late = u[:, 15] < rates.late
    if late.any():
        sent = np.where(late, reports.sent + between(rates.late_s, u[:, 16]), reports.sent)
        reports = replace(reports, sent=sent)
    twice = u[:, 17] < rates.duplicate
    if not twice.any():
        return [reports]
    again = reports.take(twice)
    sent = again.sent + between(rates.duplicate_s, u[twice, 18])
    return [reports, replace(again, sent=sent)]
