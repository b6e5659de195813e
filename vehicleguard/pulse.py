"""How the run is doing, sampled: what the console's lamp and counters show."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field


@dataclass
class Pulse:
    """Figures that the pipeline's thread sets and the console's threads read.

    Single numbers are replaced whole, so no reader sees half of one.
    """

    fixes: int = 0
    rejects: int = 0
    lag_ms: int = 0
    broker_up: bool = False
    trouble: str = ""
    catching_up: bool = True
    _seen: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=20))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fixes_per_s(self) -> float:
        """Fixes a second over the last few readings of this figure."""
        now = time.monotonic()
        with self._lock:
            while len(self._seen) > 1 and now - self._seen[0][0] > 5:
                self._seen.popleft()
            self._seen.append((now, self.fixes))
            (t0, n0), (t1, n1) = self._seen[0], self._seen[-1]
        return round((n1 - n0) / (t1 - t0), 1) if t1 > t0 else 0.0

    def ready(self) -> tuple[bool, str]:
        """Whether fixes are being taken, and if not why."""
        if self.trouble:
            return False, self.trouble
        if self.catching_up:
            return False, "working through what was stored before the start"
        if not self.broker_up:
            return False, "no connection to the broker"
        return True, "ok"
