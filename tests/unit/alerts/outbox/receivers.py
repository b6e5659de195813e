"""A receiver that knows what it has had, behind a channel that breaks in every way there is."""

from __future__ import annotations

from collections.abc import Callable

from alerts.channels.channel import Notice
from alerts.outbox.result import Delivered, Refused, Result, Retry


class Receiver:
    """Idempotent: `effects` are the notices it acted on, in order; `asked` every attempt."""

    def __init__(self, mood: Callable[[Notice], str] = lambda _: "yes") -> None:
        self.mood = mood
        self.effects: list[str] = []
        self.asked: list[Notice] = []

    def deliver(self, notice: Notice) -> Result:
        self.asked.append(notice)
        mood = self.mood(notice)
        if mood == "500":
            return Retry("500")
        if mood == "400":
            return Refused("400")
        if mood == "bug":
            raise RuntimeError("a bug of the channel")
        if notice.id not in self.effects:
            self.effects.append(notice.id)
        if mood == "twice":
            return self.deliver(notice) if len(self.asked) % 2 else Delivered()
        return Retry("reset after it was taken") if mood == "reset" else Delivered()

    def disconnect(self) -> None:
        pass
