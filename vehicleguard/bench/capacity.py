"""What a fleet needs, computed from what was measured: docs/capacity.md holds the numbers.

Pure arithmetic; a test reads the page's inputs, computes, and compares with the page's answers.
"""

from __future__ import annotations

import math
from typing import NamedTuple

_DAY_S = 86_400
_TCP_IP = 52  # bytes of headers a segment: IPv4 20, TCP 20, its time stamps 12
_TLS = 29  # bytes a record: header 5, nonce 8, tag 16 (TLS 1.2, AES-GCM)
_ACK = 34  # bytes of a PUBLISH with an answer: topic of 18, body of 12


class Inputs(NamedTuple):
    """What is assumed of the fleet, and what was measured on one machine.

    `interval_s`: seconds between two fixes of a vehicle, the mean over parked and driven.
    `payload_bytes`: a fix as JSON.  `topic_bytes`: its topic.  `log_bytes`: a fix on disk.
    `broker_us`, `intake_us`: microseconds of a core a message, answers included.
    `packed`: fixes in one message of a gateway; `packed_broker_us`: the broker's, for such a one.
    `load`: share of a core that may be used on average.  `kept_days`: how long fixes are kept.
    """

    interval_s: float
    payload_bytes: float
    topic_bytes: float
    log_bytes: float
    broker_us: float
    intake_us: float
    packed: float
    packed_broker_us: float
    load: float
    kept_days: float


class Needs(NamedTuple):
    """What `vehicles` need.

    `broker_cores` and `intake_cores`: cores, of which a broker like mosquitto and an intake process
    use one each.  `packed_broker_cores`: the broker's where gateways pack.  `disk_mb_s` and
    `disk_tb`: what is written, and what lies there.  `terminals_mbit_s`: between terminals and
    broker, over TLS, both ways.  `intake_mbit_s`: between broker and intake, both ways.
    """

    messages_per_s: float
    broker_cores: float
    packed_broker_cores: float
    intake_cores: float
    intake_processes: int
    disk_mb_s: float
    disk_tb: float
    terminals_mbit_s: float
    intake_mbit_s: float


def needs(inputs: Inputs, vehicles: int) -> Needs:
    """What that many vehicles need, each formula as it stands on the page."""
    messages = vehicles / inputs.interval_s
    intake_cores = messages * inputs.intake_us / 1e6 / inputs.load
    publish = 7 + inputs.topic_bytes + inputs.payload_bytes
    puback = 4
    # a segment each: the fix, its PUBACK, its answer, and a TCP acknowledgement of that
    own_line = publish + puback + _ACK + 4 * _TCP_IP + 3 * _TLS
    # in bulk: the headers are shared by many
    shared_line = publish + puback + _ACK
    stored = messages * inputs.log_bytes
    return Needs(
        messages_per_s=messages,
        broker_cores=messages * inputs.broker_us / 1e6 / inputs.load,
        packed_broker_cores=messages / inputs.packed * inputs.packed_broker_us / 1e6 / inputs.load,
        intake_cores=intake_cores,
        intake_processes=math.ceil(intake_cores),
        disk_mb_s=stored / 1e6,
        disk_tb=stored * _DAY_S * inputs.kept_days / 1e12,
        terminals_mbit_s=messages * own_line * 8 / 1e6,
        intake_mbit_s=messages * shared_line * 8 / 1e6,
    )
