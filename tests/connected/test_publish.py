"""`MqttSource.publish` on real brokers: it reaches who listens, from any thread, or says no."""

from __future__ import annotations

import queue
import threading

import paho.mqtt.client as mqtt
import pytest

from tests.connected.conftest import PATIENCE_S, Broker
from tests.connected.test_mqtt import source

pytestmark = pytest.mark.service


def test_what_is_published_from_any_thread_reaches_who_listens(broker: tuple[Broker, int]) -> None:
    one, version = broker
    heard: queue.Queue[tuple[str, bytes, int]] = queue.Queue()
    ready = threading.Event()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="T1")
    client.on_connect = lambda c, *_: c.subscribe("vg/v1/+/cmd", qos=1)
    client.on_subscribe = lambda *_: ready.set()
    client.on_message = lambda _c, _d, m: heard.put((m.topic, m.payload, m.qos))
    client.connect("127.0.0.1", one.port)
    client.loop_start()
    try:
        assert ready.wait(PATIENCE_S)
        with source(one.port, version) as held:
            said = []
            threads = [
                threading.Thread(
                    target=lambda n=n: said.append(
                        held.source.publish(f"vg/v1/T{n}/cmd", b"%d" % n)
                    )
                )
                for n in range(10)
            ]
            for thread in threads:
                thread.start()
            found = sorted(heard.get(timeout=PATIENCE_S) for _ in range(10))
            for thread in threads:
                thread.join(PATIENCE_S)
    finally:
        client.disconnect()
        client.loop_stop()
    assert said == [True] * 10
    assert found == sorted((f"vg/v1/T{n}/cmd", b"%d" % n, 1) for n in range(10))


def test_nothing_is_published_while_there_is_no_connection(broker: tuple[Broker, int]) -> None:
    one, version = broker
    with source(one.port, version) as held:
        one.stop()
        held.wait(up=False)
        assert not held.source.publish("vg/v1/T1/cmd", b"")
        one.start()
        held.wait(up=True)
        assert held.source.publish("vg/v1/T1/cmd", b"")
