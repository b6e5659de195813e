"""Every dialect under atheris: bytes that coverage leads to, and what must hold whatever they are.

`make fuzz MINUTES=…`, or `python tests/fuzz/fuzz_dialects.py -max_total_time=60`.  The first two
bytes choose dialect and topic; the seeds are good messages of each.  A crash leaves its bytes in a
file `crash-…`, which the same command takes as an argument.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

with atheris.instrument_imports(include=["ingest.dialects"]):
    from ingest.dialects import DIALECTS, router_of

import numpy as np

from ingest.message import Message
from tests.unit.ingest.making import FIX, NOW_MS
from tests.unit.ingest.test_every_dialect import GOOD, topics
from tests.unit.ingest.test_native_packed import GOOD as PACKED
from tests.unit.ingest.test_native_property import sensible

NAMES = sorted(DIALECTS)
ROUTER = router_of(None)
BESIDE = Message("vg/v1/beside/fix", json.dumps(FIX).encode(), NOW_MS)


def one_input(data: bytes) -> None:
    """Decode alone, then between two good messages through the router."""
    if len(data) < 2:
        return
    name = NAMES[data[0] % len(NAMES)]
    known = topics(name)
    message = Message(known[data[1] % len(known)], data[2:], NOW_MS)
    decoded = DIALECTS[name].decode([message])
    sensible(decoded)
    assert all(r.detail and "\n" not in r.detail for r in decoded.rejects)
    among = ROUTER.decode([BESIDE, message, BESIDE])
    sensible(among)
    assert np.count_nonzero(among.source == 0) == np.count_nonzero(among.source == 2) == 1


def seeds(folder: Path) -> None:
    """A good message of each dialect on each of its topics."""
    for at, name in enumerate(NAMES):
        for topic in range(len(topics(name))):
            bodies = [json.dumps(body).encode() for body in GOOD.get(name, [])]
            for n, body in enumerate(bodies or [PACKED]):
                (folder / f"{name}-{topic}-{n}").write_bytes(bytes([at, topic]) + body)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="vg-fuzz-") as temporary:
        seeds(Path(temporary))
        atheris.Setup([*sys.argv, temporary, "-max_len=4096"], one_input)
        atheris.Fuzz()
