"""Serve the console over fakes: vehicles that move, incidents that open, rise and are closed.

For work on the page without a pipeline:

    python tests/unit/console/fake_console.py --port 0 --vehicles 30000
"""

import argparse
import random
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from console.app import create_app
from console.notify import Notifier
from console.ports import Ports
from console.server import ConsoleServer
from tests.unit.console import fakes


def live(ports: Ports, notifier: Notifier, stop: threading.Event) -> None:
    """Something happens about every 100 ms until `stop`: a thirtieth of the fleet per second."""
    choice = random.Random(1)
    ports.fleet.move(time.time())
    for tick in range(sys.maxsize):
        now = time.time()
        ports.fleet.move(now, 1 / 300)
        if tick % 60 == 0:
            happen(ports, choice, now)
            notifier.wake()
        if stop.wait(0.1):
            return


def happen(ports: Ports, choice: random.Random, now: float) -> None:
    """One step in the life of an incident; about five stay open."""
    rows = {str(vehicle_id): row for row, vehicle_id in enumerate(ports.fleet.ids)}
    opened = [i for i in ports.incidents.latest() if i["state"] != "closed"]
    incident = choice.choice(opened) if opened else None
    step = choice.choice(("open", "rise", "sign", "close" if len(opened) > 4 else "open"))
    if incident is None or step == "open":
        row = choice.randrange(len(rows))
        lon, lat = ports.fleet.place(row)
        vehicle_id = str(ports.fleet.ids[row])
        incident = ports.incidents.open(vehicle_id, lon=lon, lat=lat, t=now)
    elif step == "rise" and incident["level"] != "red":
        level = fakes.LEVELS[fakes.LEVELS.index(incident["level"]) + 1]
        incident = ports.incidents.rise(incident["id"], level, "left its fence", now)
    elif step == "close" or incident["state"] == "signed":
        incident = ports.incidents.act(incident["id"], "close", "fake", "found", "recovered")
    else:
        incident = ports.incidents.act(incident["id"], "sign", "fake", "on the way")
    level = 0 if incident["state"] == "closed" else 1 + fakes.LEVELS.index(incident["level"])
    ports.fleet.set_level(rows[incident["vehicle_id"]], level)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--vehicles", type=int, default=30_000)
    arguments.add_argument("--token", default=fakes.TOKEN)
    given = arguments.parse_args()
    ports, notifier, stop = fakes.fake_ports(given.vehicles), Notifier(), threading.Event()
    app = create_app(ports, fakes.settings(admin_token=given.token), notifier)
    server = ConsoleServer(app, "127.0.0.1", given.port)
    print(server.start(), f"token: {given.token}", flush=True)  # noqa: T201 - for whoever runs it
    try:
        live(ports, notifier, stop)
    except KeyboardInterrupt:
        pass
    finally:
        server.stop()


if __name__ == "__main__":
    main()
