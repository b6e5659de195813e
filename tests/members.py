"""Processes that make messages durable (`tests.intake_process`), seen from outside."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

from ingest import sqlite
from ingest.store import block
from tests.running import ROOT


class Member:
    """One such process over several lives; its session and its store outlive it."""

    def __init__(self, folder: Path, name: str, **settings: object) -> None:
        self.store = folder / f"{name}.sqlite"
        self._settings = {"host": "127.0.0.1", "client_id": name, **settings}
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.intake_process"),
                *(json.dumps(self._settings), str(self.store)),
            ],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def wait_ready(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def end(self, how: signal.Signals | None = None) -> None:
        """Kindly, or by `how`."""
        if self._process is None:
            return
        if how is not None:
            self._process.send_signal(how)
        self._process.communicate(timeout=30)
        self._process = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def stored(self) -> Counter[tuple[str, int]]:
        """Terminal and number of all fixes in its log."""
        return Counter(row for block_ in self.blocks() for row in block_)

    def blocks(self) -> list[list[tuple[str, int]]]:
        """The same, block by block in the order of the log."""
        db = sqlite.connect(self.store)
        bodies = db.execute("SELECT body FROM blocks ORDER BY number").fetchall()
        db.close()
        batches = [block.decode(body) for (body,) in bodies]
        return [
            [(b.ids[code], int(seq)) for code, seq in zip(b.vehicle, b.seq, strict=True)]
            for b in batches
        ]
