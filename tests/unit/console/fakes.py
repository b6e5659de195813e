"""The console's ports over plain memory: a ledger one can write to and a fleet that moves."""

import threading
import time
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from console.ports import (
    IllegalMoveError,
    IncidentEvent,
    IncidentFilter,
    Json,
    NoPursuitError,
    Page,
    Ports,
    UnknownIncidentError,
)
from console.settings import ConsoleSettings
from streams.pursuit import Track, pursue

TOKEN = "a token for tests"  # noqa: S105 - of fakes
T0 = 1_700_000_000.0
BOUNDS = (112.10, 28.45, 112.65, 28.75)
LEVELS = ("blue", "yellow", "red")


def settings(**changes) -> ConsoleSettings:
    return ConsoleSettings(
        **{"admin_token": TOKEN, "session_secret": "a secret for tests", "port": 0, **changes}
    )


class FakeIncidents:
    """A ledger in a list; `open`, `rise` and `act` append to it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: list[IncidentEvent] = []
        self._latest: dict[str, dict[str, object]] = {}
        self.fail = False
        self.said: dict[str, dict[str, object]] = {}
        """What the details of a signal are, where a test wants others."""

    def open(self, vehicle_id="car-1", *, level="blue", lon=112.35, lat=28.58, t=T0) -> Json:
        with self._lock:
            number = len(self._latest)
            incident = {
                "id": f"i-{number:024x}",
                "vehicle_id": vehicle_id,
                "level": level,
                "state": "reported",
                "t_opened": t - 8,
                "t_detected": t,
                "t_updated": t,
                "lon": lon,
                "lat": lat,
                "signals": [f"s-{number:022x}00"],
                "history": [
                    {
                        "t": t,
                        "level": level,
                        "reason": "Moved while armed, at 18 km/h",
                        "reason_zh": "设防后移动，时速 18 公里",
                    }
                ],
                "outcome": None,
                "word": None,
                "score": 3.2,
                "because": ["motion", "ignition"],
            }
            return self._append("opened", incident)

    def rise(self, incident_id: str, level: str, reason: str, t=T0, reason_zh=None) -> Json:
        with self._lock:
            old = self._latest[incident_id]
            why = {"reason": reason, "reason_zh": reason_zh or reason}
            history = [*old["history"], {"t": t, "level": level, **why}]
            signals = [*old["signals"], f"{old['signals'][0][:-2]}{len(history):02x}"]
            return self._append(
                "raised",
                {**old, "level": level, "history": history, "signals": signals, "t_updated": t},
            )

    def _append(self, kind: str, incident: Json) -> Json:
        seq = len(self._events) + 1
        incident = {**incident, "seq": seq}
        self._latest[incident["id"]] = incident
        self._events.append(IncidentEvent(seq, kind, incident))
        return incident

    def page(self, wanted: IncidentFilter, cursor: str | None, limit: int) -> Page[Json]:
        if self.fail:
            raise OSError("disk gone")
        if cursor is not None and not cursor.isdecimal():
            msg = f"not a cursor of this list: {cursor!r}"
            raise ValueError(msg)
        with self._lock:
            items = [
                i
                for i in reversed(self._latest.values())
                if wanted.level in {None, i["level"]}
                and wanted.state in {None, i["state"]}
                and wanted.vehicle_id in {None, i["vehicle_id"]}
            ]
        first = int(cursor or 0)
        more = len(items) > first + limit
        return Page(items[first : first + limit], str(first + limit) if more else None)

    def one(self, incident_id: str) -> Json:
        with self._lock:
            if incident_id not in self._latest:
                raise UnknownIncidentError(incident_id)
            incident = self._latest[incident_id]
            events = [e for e in self._events if e.incident["id"] == incident_id]
        return {
            **incident,
            "events": [
                {"seq": e.seq, "kind": e.kind, "t": e.incident["t_updated"]} for e in events
            ],
            "signal_details": [
                {
                    "id": signal,
                    "vehicle_id": incident["vehicle_id"],
                    "kind": "moved_while_armed",
                    "t": incident["t_opened"],
                    "t_detected": incident["t_detected"],
                    "lon": incident["lon"],
                    "lat": incident["lat"],
                    "strength": 0.8,
                    "evidence": {"moved_m": 140.0, "kinds": ["motion"]},
                    **self.said.get(signal, {}),
                }
                for signal in incident["signals"]
            ],
        }

    def act(self, incident_id, action, actor, reason, outcome=None) -> Json:
        with self._lock:
            if incident_id not in self._latest:
                raise UnknownIncidentError(incident_id)
            incident = self._latest[incident_id]
            allowed = {"reported": ("sign", "close"), "signed": ("close",), "closed": ()}
            if action not in allowed[incident["state"]]:
                msg = f"the incident is {incident['state']}: {action} is not possible any more"
                raise IllegalMoveError(msg)
            state = {"sign": "signed", "close": "closed"}[action]
            return self._append(state, {**incident, "state": state, "outcome": outcome})

    def answer(self, incident_id, word, actor, reason) -> Json:
        with self._lock:
            incident = self._open(incident_id, {"word": word})
            if incident["word"] == word:
                return incident
            changes = {"state": "closed", "outcome": "false_alarm"}
            changes = changes if word == "mine" else {"level": "red"}
            return self._append("answered", {**incident, "word": word, **changes})

    def lower(self, incident_id, level, actor, reason) -> Json:
        with self._lock:
            incident = self._open(incident_id, {})
            if LEVELS.index(level) >= LEVELS.index(incident["level"]):
                msg = f"the incident is {incident['level']}"
                raise IllegalMoveError(msg)
            return self._append("lowered", {**incident, "level": level})

    def _open(self, incident_id: str, unless: dict[str, object]) -> Json:
        if incident_id not in self._latest:
            raise UnknownIncidentError(incident_id)
        incident = self._latest[incident_id]
        same = unless and all(incident[key] == value for key, value in unless.items())
        if incident["state"] == "closed" and not same:
            raise IllegalMoveError("the incident is closed")
        return incident

    def events_after(self, seq: int, limit: int) -> Sequence[IncidentEvent]:
        with self._lock:
            return self._events[seq : seq + limit]

    def last_seq(self) -> int:
        return len(self._events)

    def latest(self) -> list[Json]:
        with self._lock:
            return list(self._latest.values())


class FakeFleet:
    """`n` vehicles around Yiyang; `move` drives a share of them on."""

    def __init__(self, n: int = 3, seed: int = 1) -> None:
        self._lock = threading.Lock()
        self._random = np.random.default_rng(seed)
        west, south, east, north = BOUNDS
        self.ids = np.array([f"car-{row + 1}" for row in range(n)])
        centre = self._random.integers(0, 6, n)
        self._lon = self._near(west, east, centre, n)
        self._lat = self._near(south, north, (centre * 5) % 6, n)
        self._t = np.full(n, T0)
        self._moving = self._random.random(n) < 0.3
        self._heading = self._random.random(n).astype(np.float32) * 360
        self.level = np.zeros(n, np.uint8)
        self._revision = 1
        self._changed = np.ones(n, np.int64)

    def _near(self, low: float, high: float, centre, n: int):
        middle = low + (high - low) * (0.15 + 0.14 * centre)
        return middle + self._random.normal(0, (high - low) / 18, n)

    def move(self, t: float, share: float = 1.0) -> None:
        with self._lock:
            rows = np.flatnonzero(self._random.random(len(self.ids)) < share)
            self._revision += 1
            self._changed[rows] = self._revision
            self._t[rows] = t
            rows = rows[self._moving[rows]]
            self._heading[rows] = (
                self._heading[rows] + self._random.normal(0, 25, len(rows))
            ) % 360
            angle = np.radians(self._heading[rows])
            self._lon[rows] += np.sin(angle) * 0.0008
            self._lat[rows] += np.cos(angle) * 0.0008

    def set_level(self, row: int, level: int) -> None:
        with self._lock:
            self._revision += 1
            self._changed[row] = self._revision
            self.level[row] = level

    def place(self, row: int) -> tuple[float, float]:
        return float(self._lon[row]), float(self._lat[row])

    def _vehicle(self, row: int) -> Json:
        level = int(self.level[row])
        moving = bool(self._moving[row])
        return {
            "id": str(self.ids[row]),
            "t": float(self._t[row]),
            "lon": float(self._lon[row]),
            "lat": float(self._lat[row]),
            "speed_mps": 6.5 if moving else 0.0,
            "heading_deg": float(self._heading[row]) if moving else None,
            "status": "moving" if moving else "parked",
            "armed": not moving,
            "ignition": moving,
            "level": LEVELS[level - 1] if level else None,
        }

    def page(self, cursor: str | None, limit: int) -> Page[Json]:
        if cursor is not None and not cursor.isdecimal():
            msg = f"not a cursor of this list: {cursor!r}"
            raise ValueError(msg)
        first = int(cursor or 0)
        last = min(first + limit, len(self.ids))
        more = str(last) if last < len(self.ids) else None
        return Page([self._vehicle(row) for row in range(first, last)], more)

    def one(self, vehicle_id: str) -> Json | None:
        rows = np.flatnonzero(self.ids == vehicle_id)
        return self._vehicle(int(rows[0])) if len(rows) else None

    def positions(self, since: int) -> tuple[int, pa.Table]:
        with self._lock:
            pick = np.flatnonzero(self._changed > since)
            moving = self._moving[pick]
            table = pa.table(
                {
                    "row": pa.array(pick.astype(np.uint32)),
                    "vehicle_id": pa.array(self.ids[pick], pa.string()),
                    "lon": pa.array(self._lon[pick]),
                    "lat": pa.array(self._lat[pick]),
                    "t": pa.array(self._t[pick]),
                    "speed_mps": pa.array(np.where(moving, 6.5, 0).astype(np.float32)),
                    "heading_deg": pa.array(
                        np.where(moving, self._heading[pick], np.nan).astype(np.float32)
                    ),
                    "status": pa.array(np.where(moving, 2, 1).astype(np.uint8)),
                    "armed": pa.array((~moving).astype(np.uint8)),
                    "level": pa.array(self.level[pick]),
                }
            )
            return self._revision, table


class FakePlaces:
    def zones(self) -> Json:
        west, south, east, north = BOUNDS
        middle = (west + east) / 2
        features = [
            {
                "type": "Feature",
                "properties": {"id": name, "name_en": name_en, "name_zh": name_zh},
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[[a, south], [b, south], [b, north], [a, north], [a, south]]],
                },
            }
            for name, name_en, name_zh, a, b in (
                ("west", "West district", "西区", west, middle),
                ("east", "East district", "东区", middle, east),
            )
        ]
        return {"type": "FeatureCollection", "features": features}

    def towns(self) -> Json:
        towns = (("Yiyang", "益阳", 112.333, 28.589), ("Lanxi", None, 112.422, 28.551))
        features = [
            {
                "type": "Feature",
                "properties": {"name_en": name_en, "name_zh": name_zh},
                "geometry": {"type": "Point", "coordinates": [lon, lat]},
            }
            for name_en, name_zh, lon, lat in towns
        ]
        return {"type": "FeatureCollection", "features": features}


class FakePipeline:
    def __init__(self, incidents: FakeIncidents, fleet: FakeFleet) -> None:
        self._incidents = incidents
        self._fleet = fleet
        self._started = time.time()
        self.not_ready = ""

    def status(self) -> Json:
        now = time.time()
        open_now = [i["level"] for i in self._incidents.latest() if i["state"] != "closed"]
        n = len(self._fleet.ids)
        return {
            "now": now,
            "started": self._started,
            "simulated": True,
            "version": "0.1.0",
            "vehicles": n,
            "fixes_total": int((now - self._started) * n / 30),
            "fixes_per_s": round(n / 30, 1),
            "rejects_total": 2,
            "lag_ms": 12.0,
            "broker": "up",
            "open_incidents": {level: open_now.count(level) for level in LEVELS},
            "bounds": list(BOUNDS),
        }

    def ready(self) -> tuple[bool, str]:
        return not self.not_ready, self.not_ready

    def rejects(self, limit: int) -> Sequence[Json]:
        rejects = [
            {
                "t": T0,
                "reason": "not_json",
                "detail": "expected an object",
                "topic": "vg/v1/car-1/fix",
                "payload": "{",
            },
            {
                "t": T0 - 5,
                "reason": "outside_earth",
                "detail": "lat: expected -90 to 90, found 280.5",
                "topic": "vg/v1/car-2/fix",
                "payload": '{"t": 1700000000, "lon": 112.3, "lat": 280.5}',
            },
        ]
        return rejects[:limit]


class FakePursuits:
    """Every red incident's vehicle was last seen 40 s ago, going east."""

    def __init__(self, incidents: FakeIncidents, fleet: FakeFleet) -> None:
        self._incidents = incidents
        self._fleet = fleet

    def of(self, incident_id: str) -> Json:
        incident = self._incidents.one(incident_id)
        if incident["level"] != "red" or incident["state"] == "closed":
            raise NoPursuitError("only an open red incident is pursued")
        now_ms = int(time.time() * 1000)
        lon, lat = incident["lon"], incident["lat"]
        track = Track.of(
            [
                (now_ms - 80_000, lon - 0.004, lat, 10.0, 90.0, 10.0),
                (now_ms - 40_000, lon, lat, 10.0, 90.0, 10.0),
            ]
        )
        wire = pursue(track, now_ms).to_wire()
        return {"incident_id": incident_id, "vehicle_id": incident["vehicle_id"], **wire}


class FakeMetrics:
    def render(self) -> tuple[bytes, str]:
        body = b"# TYPE vg_up gauge\nvg_up 1\n"
        return body, "text/plain; version=1.0.0; charset=utf-8"


def fake_ports(vehicles: int = 3) -> Ports:
    incidents, fleet = FakeIncidents(), FakeFleet(vehicles)
    return Ports(
        incidents,
        fleet,
        FakePlaces(),
        FakePipeline(incidents, fleet),
        FakeMetrics(),
        FakePursuits(incidents, fleet),
    )
