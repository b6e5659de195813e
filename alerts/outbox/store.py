"""Where deliveries wait: the port that the sender and the command line use."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from alerts.ledger import Entry
from alerts.outbox.schedule import Settled, Waiting
from alerts.outbox.silence import Silence

RowState = Literal["waiting", "delivered", "dead", "held"]


@dataclass(frozen=True, slots=True)
class Row:
    """A delivery as it stands, for people to read; times in epoch ms."""

    id: str
    seq: int
    incident_id: str
    destination: str
    address: str
    state: RowState
    attempts: int
    since_ms: int
    tried_ms: int
    detail: str


@dataclass(frozen=True, slots=True)
class Done:
    """One attempt that was made, and what becomes of its row."""

    row: Waiting
    settled: Settled
    at_ms: int


class OutboxStore(Protocol):
    """Deliveries, durable.  Safe from any thread."""

    def hold(self, destination: str) -> bool:
        """Be the only process that sends to `destination`, until `release` or the process's end."""
        ...

    def release(self) -> None:
        """Let others send."""
        ...

    def waiting(self, destination: str, limit: int) -> list[Waiting]:
        """Rows still to be delivered: `limit` by number and `limit` of those set aside.

        Where more than that wait, the incidents of which something urgent does come first, each
        from its earliest row on.  A row whose incident has an earlier one that is set aside is not
        among them.
        """
        ...

    def entries(self, seqs: Collection[int]) -> dict[int, Entry]:
        """The events that rows are about, by number."""
        ...

    def settle(self, destination: str, done: Sequence[Done]) -> None:
        """Write down what became of attempts, with the rows of fallbacks, in one transaction."""
        ...

    def abandon(self, known: Collection[str], at_ms: int) -> int:
        """Make dead letters of what waits for destinations that are not `known`; how many."""
        ...

    def rows(
        self, *, state: RowState | None = None, destination: str | None = None, limit: int = 100
    ) -> list[Row]:
        """The newest rows, newest first."""
        ...

    def counts(self) -> dict[tuple[str, str], int]:
        """How many rows there are by destination and state."""
        ...

    def incidents_told(self, since_ms: int) -> dict[str, int]:
        """How many incidents each destination was told something of since then."""
        ...

    def replay(self, ids: Collection[str] | None, destination: str | None, at_ms: int) -> int:
        """Let dead letters wait again, as if new: those named, of `destination`, or all."""
        ...

    def silences(self, at_ms: int) -> list[Silence]:
        """Those that are not over."""
        ...

    def silence(self, one: Silence) -> None:
        """Add one."""
        ...
