"""Looks on at every tick: keeps the truth log and the fleet, and tells the user how it goes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.live import Live

from vehicleguard.simulator import theft
from vehicleguard.simulator.fleet import Fleet
from vehicleguard.simulator.gateways import Gateways
from vehicleguard.simulator.theft import Theft

SAVE_EVERY_S = 120.0
"""A killed simulator loses at most this much of its fleet's day."""
LINE_EVERY_S = 10.0
"""How often a progress line is printed where none can be redrawn."""


@dataclass
class Watch:
    """What one run of `fleet` over `gateways` says on `console` and keeps in `state` and `truth`.

    `broker` is how the user called it; `given_up` says why the run ends early, empty while it goes
    on.
    """

    console: Console
    gateways: Gateways
    fleet: Fleet | None
    broker: str
    state: Path | None
    truth: Path | None
    retry: bool
    quiet: bool
    given_up: str = ""
    _live: Live | None = None
    _told: bool = False
    _thefts: int = 0
    _saved: float = 0.0
    _shown: float = 0.0
    _count: int = 0
    _rate: float = 0.0

    def tick(self, now_s: float) -> None:
        """Called ten times a second with the epoch seconds."""
        self._saved = self._saved or now_s
        if self.fleet is not None and (news := self.fleet.take_thefts()):
            self._thefts += len(news)
            self._keep_truth(news)
        if now_s - self._saved >= SAVE_EVERY_S:
            self._saved = now_s
            self.save()
        self._tell_trouble()
        if not self.quiet:
            self._tell_progress(now_s)

    def save(self) -> None:
        """Keep the fleet; a full disk is told, and the show goes on."""
        if self.fleet is None or self.state is None:
            return
        try:
            self.fleet.save(self.state)
        except OSError as error:
            self.console.print(f"{self.state}: the fleet could not be saved: {error}", markup=False)

    def line(self) -> str:
        """How it is going, in one line."""
        g = self.gateways
        return (
            f"simulated: {self._rate:,.0f} msg/s · {g.published:,} published · "
            f"{g.acknowledged:,} acknowledged · {g.waiting:,} waiting · {g.dropped:,} dropped · "
            f"{self._thefts} theft{'' if self._thefts == 1 else 's'}"
        )

    def _keep_truth(self, news: list[Theft]) -> None:
        if self.truth is None:
            return
        try:
            theft.append_truth(self.truth, news)
        except OSError as error:
            self.console.print(f"{self.truth}: no truth is kept: {error}", markup=False)
            self.truth = None

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Redraw the progress line in place where the terminal can."""
        if self.quiet or not self.console.is_terminal:
            yield
            return
        with Live(console=self.console, auto_refresh=False, transient=True) as self._live:
            yield
        self._live = None

    def _tell_trouble(self) -> None:
        trouble = self.gateways.trouble
        if trouble and not self.retry:
            self.given_up = trouble
        elif trouble and not self._told:
            self._told = True
            self.console.print(f"{self.broker}: no broker ({trouble}); trying on", markup=False)
        elif self._told and self.gateways.up:
            self._told = False
            self.console.print(f"{self.broker}: the broker is there")

    def _tell_progress(self, now_s: float) -> None:
        every = 1.0 if self._live else LINE_EVERY_S
        if self._shown and now_s - self._shown < every:
            return
        if self._shown:
            self._rate = (self.gateways.published - self._count) / (now_s - self._shown)
        first, self._shown, self._count = not self._shown, now_s, self.gateways.published
        if self._live:
            self._live.update(self.line(), refresh=True)
        elif not first:
            self.console.print(self.line())
