"""Terminals as they should behave: one numbered fix under way, repeated until it is answered."""

from __future__ import annotations

import json
import math
import threading
import time

import paho.mqtt.client as mqtt

from tests.timeline import Track

_REPEAT_S = 3.0


class Terminals:
    """Sends the fixes of `told` in their order over MQTT, each vehicle as fast as it is answered.

    The answers are the application's own, on `vg/v1/{terminal}/ack`.
    """

    def __init__(self, port: int, told: list[Track]) -> None:
        self.payloads = {
            track.vehicle: [payload(track, n) for n in range(len(track.rows))] for track in told
        }
        self.total = sum(len(track.rows) for track in told)
        self._next = dict.fromkeys(self.payloads, 0)
        self._sent_at = dict.fromkeys(self.payloads, 0.0)
        self._lock = threading.Lock()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="terminals")
        self._client.on_connect = self._connected
        self._client.on_message = self._answered
        self._client.reconnect_delay_set(1, 1)
        self._client.connect_async("127.0.0.1", port)
        self._client.loop_start()
        self._stop = threading.Event()
        self._repeater = threading.Thread(target=self._repeat, daemon=True)
        self._repeater.start()

    def acknowledged(self) -> int:
        with self._lock:
            return sum(self._next.values())

    def wait(self, seconds: float) -> None:
        """Until everything is acknowledged; fails when it takes longer."""
        deadline = time.monotonic() + seconds
        while self.acknowledged() < self.total and time.monotonic() < deadline:
            time.sleep(0.1)
        assert self.acknowledged() == self.total

    def close(self) -> None:
        self._stop.set()
        self._repeater.join()
        self._client.disconnect()
        self._client.loop_stop()

    def _waiting(self) -> list[str]:
        return [t for t, n in self._next.items() if n < len(self.payloads[t])]

    def _connected(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe("vg/v1/+/ack", qos=1)
        with self._lock:
            waiting = self._waiting()
        for terminal in waiting:
            self._send(terminal)

    def _answered(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        terminal = message.topic.split("/")[2]
        answer = json.loads(message.payload)
        assert "rejected" not in answer, answer
        with self._lock:
            if answer["seq"] != self._next[terminal]:
                return
            self._next[terminal] += 1
            more = self._next[terminal] < len(self.payloads[terminal])
        if more:
            self._send(terminal)

    def _send(self, terminal: str) -> None:
        with self._lock:
            n = self._next[terminal]
            self._sent_at[terminal] = time.monotonic()
        self._client.publish(f"vg/v1/{terminal}/fix", self.payloads[terminal][n], qos=1)

    def _repeat(self) -> None:
        while not self._stop.wait(0.5):
            if not self._client.is_connected():
                continue
            now = time.monotonic()
            with self._lock:
                late = [t for t in self._waiting() if now - self._sent_at[t] > _REPEAT_S]
            for terminal in late:
                self._send(terminal)


def payload(track: Track, n: int) -> bytes:
    """Fix `n` of a track in the native dialect, numbered `n`."""
    row = track.rows[n]
    body = {
        "t": int(str(row["t_ms"])) / 1000,
        "lon": row["lon"],
        "lat": row["lat"],
        "speed": row["speed_mps"],
        "acc": row["accuracy_m"],
        "armed": track.armed,
        "ign": track.ignition,
        "seq": n,
    }
    known = {
        key: value
        for key, value in body.items()
        if value is not None and not (isinstance(value, float) and math.isnan(value))
    }
    return json.dumps(known).encode()
