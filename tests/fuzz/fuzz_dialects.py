"""Every dialect under atheris: bytes that coverage leads to, and what must hold whatever they are.

`make fuzz MINUTES=10`, which is `python tests/fuzz/fuzz_dialects.py 10`.  The first two bytes say
which dialect and topic; the seeds are good messages of each.  A crash leaves its bytes in a file
`crash-…`, which the script takes instead of the minutes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

with atheris.instrument_imports(include=["ingest.dialects"]):
    from ingest.dialects import DIALECTS, router_of

import numpy as np

from ingest.jt808.frame import Frame, checksum, encode, unescape
from ingest.message import Message
from tests.jt808 import position
from tests.unit.ingest.making import FIX, NOW_MS
from tests.unit.ingest.test_axis import READ as AXIS
from tests.unit.ingest.test_every_dialect import GOOD, topics
from tests.unit.ingest.test_frigate import LPR, event
from tests.unit.ingest.test_gat1400 import motor
from tests.unit.ingest.test_native_packed import GOOD as PACKED
from tests.unit.ingest.test_native_property import sensible
from tests.unit.ingest.test_onvif import event as onvif
from tests.unit.ingest.test_plate_readers import GROUP, RESULTS, STREAM, VIAS

NAMES = sorted(DIALECTS)
ROUTER = router_of(None)
_SLICE_S = 120
_INSIDE = 0x80  # of the byte that says the topic: what follows is a frame's content
# headers and bodies of a position of 2013, one of 2019, and a batch
_HERE = position(NOW_MS / 1000, 112.35, 28.55)
FRAMES = [
    unescape(encode(Frame(kind, number, 7, body))[1:-1])[:-1]
    for kind, number, body in (
        (0x0200, "013912345678", _HERE),
        (0x0200, "00000000013912345678", _HERE),
        (0x0704, "013912345678", bytes((0, 1, 1, 0, len(_HERE))) + _HERE),
    )
]
SEEN = {
    "frigate": [event(), LPR],
    "onvif": [onvif("A12345"), onvif({"@Likelihood": "0.9", "#text": "A12345"})],
    "axis": [AXIS],
    "gat1400": [motor(SubImageList={"SubImageInfoObject": [{"Type": "01", "Data": "AAAA"}]})],
    "openalpr": [GROUP, RESULTS],
    "platerecognizer": [STREAM],
    "huawei_vias": [VIAS],
}
BESIDE = Message("vg/v1/beside/fix", json.dumps(FIX).encode(), NOW_MS)


def one_input(data: bytes) -> None:
    """Decode alone, then between two good messages through the router."""
    if len(data) < 2:
        return
    name = NAMES[data[0] % len(NAMES)]
    known = topics(name)
    payload = _framed(data[2:]) if name == "jt808" and data[1] & _INSIDE else data[2:]
    message = Message(known[data[1] % len(known)], payload, NOW_MS)
    decoded = DIALECTS[name].decode([message])
    sensible(decoded)
    assert all(r.detail and "\n" not in r.detail for r in decoded.rejects)
    among = ROUTER.decode([BESIDE, message, BESIDE])
    sensible(among)
    assert np.count_nonzero(among.source == 0) == np.count_nonzero(among.source == 2) == 1


def _framed(content: bytes) -> bytes:
    """A frame around any content: no mutation finds its checksum."""
    whole = content + bytes([checksum(content)])
    return b"\x7e" + whole.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02") + b"\x7e"


def seeds(folder: Path) -> None:
    """A good message of each dialect on each of its topics."""
    at = NAMES.index("jt808")
    for n, inside in enumerate(FRAMES):
        (folder / f"jt808-inside-{n}").write_bytes(bytes([at, _INSIDE]) + inside)
        (folder / f"jt808-{n}").write_bytes(bytes([at, 0]) + _framed(inside))
    for at, name in enumerate(NAMES):
        for topic in range(len(topics(name))):
            bodies = [
                json.dumps(body).encode() for body in (*GOOD.get(name, []), *SEEN.get(name, []))
            ]
            for n, body in enumerate(bodies or [PACKED]):
                (folder / f"{name}-{topic}-{n}").write_bytes(bytes([at, topic]) + body)


def slices(minutes: float) -> int:
    """Fuzz in processes one after the other, over one corpus; the status of the first that failed.

    One process alone would not do: what atheris notes of comparisons is never freed.
    """
    until = time.monotonic() + minutes * 60
    with tempfile.TemporaryDirectory(prefix="vg-fuzz-") as corpus:
        seeds(Path(corpus))
        while (left := until - time.monotonic()) > 0:
            limit = f"-max_total_time={max(int(min(left, _SLICE_S)), 1)}"
            command = [sys.executable, __file__, corpus, limit, "-max_len=4096"]
            status = subprocess.run(command, check=False).returncode
            if status:
                return status
    return 0


if __name__ == "__main__":
    if len(sys.argv) == 2 and sys.argv[1].replace(".", "", 1).isdigit():
        sys.exit(slices(float(sys.argv[1])))
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
