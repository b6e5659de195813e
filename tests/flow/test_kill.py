"""kill -9 at random moments under load: what was acknowledged is stored, every theft found once.

The expected incidents come from the same fixes run through the core without any interruption.
"""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from alerts.sqlite_ledger import SqliteLedger
from ingest import sqlite
from ingest.store import block
from streams.processor import step
from streams.rules import RuleFile, Rules
from streams.state import FleetState
from tests.running import Running, free_port
from tests.terminals import Terminals
from tests.timeline import HOME, Track, batch_of, offset

FIXES = 60
STOLEN_OF = 5  # every fifth terminal is stolen on the way
RULES = """
[plausibility]
back_fill_after_s = 86400
"""


def tracks(terminals: int, start_ms: int) -> list[Track]:
    told = []
    for n in range(terminals):
        track = Track(
            f"K{n:04d}", armed=True, ignition=False, t_ms=start_ms, at=offset(HOME, 400 * n, 0)
        )
        if n % STOLEN_OF == 0:
            away = 10 + n % 20
            track.park(away, every_s=60).ride(FIXES - away)
        else:
            track.park(FIXES, every_s=60)
        told.append(track)
    return told


def expected(told: list[Track], rules: Rules) -> dict[str, set[str]]:
    """Signals by vehicle, from a run that nothing interrupted."""
    rows = [row for track in told for row in track.rows]
    signals: dict[str, set[str]] = {}
    for found in step(batch_of(rows), FleetState(), rules, 0):
        signals.setdefault(found.vehicle_id, set()).add(found.id)
    return signals


@pytest.mark.service
@pytest.mark.timeout(3600)
def test_nothing_acknowledged_is_lost_and_no_theft_is_doubled(
    tmp_path: Path, kills: int, seed: int
) -> None:
    rng = random.Random(seed)
    (tmp_path / "rules.toml").write_text(RULES)
    rules = Rules(RuleFile.read(tmp_path / "rules.toml").thresholds())
    told = tracks(max(40, 12 * kills), int(time.time() * 1000) - 6 * 3_600_000)
    wanted = expected(told, rules)
    assert set(wanted) == {track.vehicle for track in told[::STOLEN_OF]}

    port = free_port()
    run = Running(
        tmp_path,
        f"""
        [ingest]
        port = {port}
        [streams]
        rules = "{tmp_path / "rules.toml"}"
        snapshot_s = 1
        """,
    )
    run.start()
    terminals = Terminals(port, told)
    try:
        done = 0
        while done < kills:
            # half of the kills fall into start-up and catching up, half into the work
            time.sleep(rng.uniform(0.1, 2.5))
            run.kill(signal.SIGKILL)
            done += 1
            run.start(wait=rng.random() < 0.7)
        run.wait_ready()
        terminals.wait(240)
    finally:
        terminals.close()
        run.stop()

    stored: Counter[tuple[str, int]] = Counter()
    db = sqlite.connect(tmp_path / "data" / "vehicleguard.sqlite")
    for (body,) in db.execute("SELECT body FROM blocks"):
        batch = block.decode(body)
        stored.update(
            (batch.ids[code], int(seq)) for code, seq in zip(batch.vehicle, batch.seq, strict=True)
        )
    db.close()
    sent = {(track.vehicle, n) for track in told for n in range(FIXES)}
    assert sent <= set(stored), f"lost: {sorted(sent - set(stored))[:5]}"

    ledger = SqliteLedger(tmp_path / "data" / "vehicleguard.sqlite")
    entries = ledger.entries_after(0, 1_000_000)
    ledger.disconnect()
    opened = Counter(e.incident.vehicle_id for e in entries if e.event.kind == "opened")
    assert opened == dict.fromkeys(wanted, 1)
    final = {e.incident.vehicle_id: e.incident for e in entries}
    assert {v: {r.id for r in i.reports} for v, i in final.items()} == wanted
    assert all(len(i.reports) == len({r.id for r in i.reports}) for i in final.values())
    print(  # noqa: T201 - the ledger of this proof
        f"\nkills {kills}, fixes acknowledged {terminals.total}, stored {len(stored)} "
        f"(repeats {stored.total() - len(stored)}), lost 0, "
        f"thefts {len(wanted)}, incidents {len(opened)}, doubled 0"
    )
