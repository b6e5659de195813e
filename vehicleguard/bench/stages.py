"""Where the time of a batch goes: the parts of a step, timed in place while it runs as ever.

The functions named are replaced by ones that read the clock around them, so it is the step itself
that is measured and no copy of it.  A part's time excludes that of the parts within it.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from geofence.fences import Fences
from geofence.watch import watch
from geofence.zoneset import ZoneSet
from streams.processor import Processor
from streams.state import FleetState


class Stage(NamedTuple):
    """A part of the step: what it is called here, and the function that does it."""

    name: str
    owner: Any
    function: str


STAGES = (
    Stage("ids to rows", FleetState, "intern"),
    Stage("guarding zones", Processor, "_hits"),
    Stage("detectors", Processor, "_detect"),
    Stage("signals in words", Processor, "_signals"),
    Stage("signals in words", Processor, "_told"),
    Stage("tracks", watch, "follow"),
    Stage("signatures", ZoneSet, "signatures"),
    Stage("transitions", watch.Watch, "advance"),
    Stage("rules", Fences, "advance"),
)
REST = "the rest"
NAMES = (*dict.fromkeys(stage.name for stage in STAGES), REST)


class Clock:
    """Seconds of this thread by stage; what is in no stage counts as the rest."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(NAMES, 0.0)
        self._within: list[float] = []  # what the parts within each open one took

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, with its time counted under `name`."""

        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            self._within.append(0.0)
            began = time.thread_time()
            try:
                return function(*args, **kwargs)
            finally:
                took = time.thread_time() - began
                self.seconds[name] += took - self._within.pop()
                if self._within:
                    self._within[-1] += took

        return timed


@contextmanager
def timed_stages() -> Iterator[Clock]:
    """Within it, `Processor.step` is timed by stage."""
    clock = Clock()
    held = [(owner, name, getattr(owner, name)) for _, owner, name in STAGES]
    step = Processor.step
    try:
        for stage in STAGES:
            found = getattr(stage.owner, stage.function)
            setattr(stage.owner, stage.function, clock.around(stage.name, found))
        setattr(Processor, "step", clock.around(REST, step))  # noqa: B010 - mypy: not assignable
        yield clock
    finally:
        for owner, name, function in held:
            setattr(owner, name, function)
        setattr(Processor, "step", step)  # noqa: B010 - as above
