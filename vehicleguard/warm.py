"""Compile the kernels once, so that no first fix waits for it: `python -m vehicleguard.warm`."""

from __future__ import annotations

import sys
import time

import numpy as np

from ingest.fix import COLUMNS, FixBatch, Flag
from streams.processor import Processor
from streams.rules import Rules
from streams.state import FleetState


def warm() -> float:
    """Run every compiled kernel over one fix; seconds it took (the cache makes it quick)."""
    started = time.perf_counter()
    columns = {
        name: np.zeros(1, dtype) for name, dtype in COLUMNS.items() if name not in {"vehicle", "flags"}
    }
    batch = FixBatch(
        ids=("warm",),
        vehicle=np.zeros(1, np.int32),
        flags=np.array([Flag.LOCATED], np.uint32),
        **columns,
    )
    Processor(Rules()).step(batch, FleetState(1))
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.stderr.write("compiling kernels … ")
    sys.stderr.flush()
    sys.stderr.write(f"{warm():.1f} s\n")
