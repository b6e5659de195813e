"""Times as other systems write them: ISO-8601 with its zone, or Java's epoch milliseconds."""

from __future__ import annotations

from datetime import datetime


def epoch_s(date: str | float) -> float | None:
    """Epoch seconds of a date, None for what is none.

    A number counts milliseconds.  A text without a zone is refused: local time that was taken for
    UTC is eight hours off in China, and nobody would notice.
    """
    if isinstance(date, int | float):
        return date / 1000 if -1e15 < date < 1e15 else None
    try:
        moment = datetime.fromisoformat(date)
        return moment.timestamp() if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
