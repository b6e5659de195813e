"""Reading a stream of server-sent events the way a browser does (WHATWG HTML, 9.2.6)."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field


@dataclass
class Reader:
    """`last_id` is what a browser would send as `Last-Event-ID` if it were cut off now."""

    last_id: str = ""
    seen: list[tuple[str, str, object]] = field(default_factory=list)

    def read(self, lines: Iterable[str]) -> Iterator[tuple[str, str, object]]:
        """Events as (name, id, data); one that is not finished when the lines end is dropped."""
        name, data, last_id = "", [], self.last_id
        for line in lines:
            key, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if not line:
                self.last_id = last_id
                if data:
                    event = (name or "message", last_id, json.loads("\n".join(data)))
                    self.seen.append(event)
                    yield event
                name, data = "", []
            elif key == "event":
                name = value
            elif key == "data":
                data.append(value)
            elif key == "id":
                last_id = value
