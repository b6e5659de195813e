"""The run of the simulator: asks the fleet and the traces what is due and hands it to the broker.

The shell around the pure model: here are the clock and the waiting, nowhere else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from vehicleguard.simulator.fleet import Fleet
from vehicleguard.simulator.gateways import Gateways, Outgoing
from vehicleguard.simulator.reports import payloads, terminal_name, topic_of

TICK_S = 0.1
"""How often the sources are asked."""
PUMP_S = 0.02
"""How often the connections are serviced: five times a tick, which spreads its messages."""
PAUSE_S = 120.0
"""A machine that slept longer than this resumes the fleet instead of catching up."""
GOODBYE_S = 2.0
"""How long the end waits for the broker's last acknowledgements."""


class Source(Protocol):
    """Something that has messages to send."""

    @property
    def rate(self) -> float:
        """Mean messages per second."""
        ...

    def due(self, now_s: float) -> Iterable[Outgoing]:
        """What is to be sent up to epoch seconds `now_s` and was not handed out before."""
        ...


class FleetFeeder:
    """A `Fleet` as a source of messages."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self._topics = [topic_of(terminal_name(k)) for k in range(len(fleet))]
        self._last: float | None = None

    @property
    def rate(self) -> float:
        """Mean messages per second."""
        return len(self.fleet) / self.fleet.settings.period_s

    def due(self, now_s: float) -> Iterable[Outgoing]:
        """See `Source`."""
        if self._last is not None and now_s - self._last > PAUSE_S:
            self.fleet.resume(now_s)
        self._last = now_s
        topics = self._topics
        for number, payload, urgent in payloads(self.fleet.due(now_s)):
            yield Outgoing(topics[number], payload, urgent)


class FleetPublisher:
    """Publishes what `sources` have due, steadily, until told to stop.

    `gateways` counts what was published and acknowledged.
    """

    def __init__(self, gateways: Gateways, sources: Sequence[Source]) -> None:
        self.gateways = gateways
        self._sources = sources

    def run(
        self,
        stop: Callable[[], bool],
        wait: Callable[[float], object],
        each_tick: Callable[[float], None],
    ) -> None:
        """Run until `stop()`; `wait(seconds)` sleeps; `each_tick(now_s)` is called every tick.

        The clock is read once and goes on monotonically, so a clock that is set does not tear a
        hole into the fleet's day.
        """
        begun, epoch = time.monotonic(), time.time()
        next_tick = begun
        while not stop():
            now = time.monotonic()
            if now >= next_tick:
                now_s = epoch + now - begun
                for source in self._sources:
                    self.gateways.offer(source.due(now_s))
                each_tick(now_s)
                # after a stall the next tick asks for everything at once; the gateways pace it
                next_tick = max(next_tick + TICK_S, now)
            self.gateways.pump(now)
            wait(max(0.0, min(PUMP_S, PUMP_S - (time.monotonic() - now))))
        self._goodbye(wait)

    def _goodbye(self, wait: Callable[[float], object]) -> None:
        """Give the broker a moment to acknowledge what was sent; what waits is dropped."""
        end = time.monotonic() + GOODBYE_S
        while self.gateways.outstanding and self.gateways.up and time.monotonic() < end:
            self.gateways.drain(time.monotonic())
            wait(PUMP_S)
        self.gateways.close()
