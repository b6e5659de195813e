"""`vehicleguard decode`: what a dialect makes of payloads, one a line."""

from __future__ import annotations

import json
import math
import os
import sys
import time

import click
import numpy as np

from ingest.dialects import DIALECTS, Decoded, Dialect
from ingest.fix import alarm_names, flag_names
from ingest.message import Message
from ingest.reject import Reject
from ingest.settings import IngestSettings


def _known(value: np.floating) -> float | None:
    # the shortest figures that mean this value: 5.2 rather than the 5.1999998 of a float32
    return None if math.isnan(value) else float(str(value))


def _fixes(decoded: Decoded) -> list[dict[str, object]]:
    fixes = decoded.fixes
    return [
        {
            "terminal": fixes.ids[fixes.vehicle[n]],
            "t": fixes.t_ms[n].item() / 1000,
            "lon": fixes.lon[n].item(),
            "lat": fixes.lat[n].item(),
            "speed_mps": _known(fixes.speed_mps[n]),
            "heading_deg": _known(fixes.heading_deg[n]),
            "altitude_m": _known(fixes.altitude_m[n]),
            "accuracy_m": _known(fixes.accuracy_m[n]),
            "flags": flag_names(int(fixes.flags[n])),
            "alarms": alarm_names(int(fixes.alarms[n])),
        }
        for n in range(len(fixes))
    ]


def _sightings(decoded: Decoded) -> list[dict[str, object]]:
    seen = decoded.sightings
    return [
        {
            "camera": seen.camera[n],
            "t": seen.t_ms[n].item() / 1000,
            "plate": seen.plate[n],
            "confidence": _known(seen.confidence[n]),
            "lon": _known(seen.lon[n]),
            "lat": _known(seen.lat[n]),
            "direction_deg": _known(seen.direction_deg[n]),
            "plate_color": seen.plate_color[n],
            "vehicle_class": seen.vehicle_class[n],
            "vehicle_color": seen.vehicle_color[n],
            "image": seen.image[n],
            "image_sha256": seen.image_sha256[n],
            "read_id": seen.read_id[n],
        }
        for n in range(len(seen))
    ]


def _reject(reject: Reject) -> dict[str, object]:
    return {"reject": str(reject.reason), "detail": reject.detail}


def answer(dialect: Dialect, payload: bytes, topic: str, received_ms: int) -> dict[str, object]:
    """What one payload holds, in the shape of DESIGN §3."""
    limit = IngestSettings().max_payload_bytes
    if len(payload) > limit:
        return {
            "reject": "too_large",
            "detail": f"expected at most {limit} bytes, found {len(payload)}",
        }
    decoded = dialect.decode([Message(topic, payload, received_ms)])
    body: dict[str, object] = {}
    if len(decoded.fixes) or not len(decoded.sightings):
        body["fixes"] = _fixes(decoded)
    if len(decoded.sightings):
        body["sightings"] = _sightings(decoded)
    if decoded.rejects:
        if not len(decoded.fixes) and not len(decoded.sightings):
            return _reject(decoded.rejects[0])
        body["rejects"] = [_reject(reject) for reject in decoded.rejects]
    if decoded.kinds:
        body["kind"] = decoded.kinds[0]
    return body


@click.command()
@click.option(
    "--dialect", required=True, help=f"What the payloads are: {', '.join(sorted(DIALECTS))}."
)
@click.option("--topic", help="Topic that they came on (it names the terminal).")
def decode(dialect: str, topic: str | None) -> None:
    """Decode payloads: one a line on standard input, a JSON line each on standard output.

    Payloads of binary dialects are written in hexadecimal.  A payload that cannot be read answers
    {"reject": reason, "detail": text}.
    """
    chosen = DIALECTS.get(dialect)
    if chosen is None:
        known = ", ".join(sorted(DIALECTS))
        click.echo(f"vehicleguard decode: --dialect {dialect}: expected one of {known}", err=True)
        sys.exit(2)
    try:
        for line in sys.stdin.buffer:
            payload = line.rstrip(b"\r\n")
            body: dict[str, object]
            try:
                raw = bytes.fromhex(payload.decode("ascii")) if chosen.binary else payload
            except ValueError as error:
                body = {"reject": "bad_value", "detail": f"expected hexadecimal: {error}"}
            else:
                body = answer(chosen, raw, topic or chosen.default_topic, time.time_ns() // 10**6)
            sys.stdout.write(json.dumps(body, ensure_ascii=False) + "\n")
            sys.stdout.flush()
    except BrokenPipeError:
        # whoever read us has left; Python would complain once more when it closes the stream
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
