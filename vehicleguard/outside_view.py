"""People and systems without a login as the ledger sees them: owners' links, signed callbacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from alerts import action, ledger, reply
from alerts.channels.link import Links
from alerts.event import Event, Word
from alerts.incident import Incident
from alerts.sqlite_ledger import SqliteLedger
from console.ports import IllegalMoveError, Question, UnknownIncidentError
from vehicleguard.metrics import Metrics


class OutsideView:
    """`console.ports.Outside`; `secrets` are those of the channels that call back, by name.

    `changed` hears of every incident that somebody outside moved.
    """

    def __init__(  # noqa: PLR0917 - what the run has
        self,
        kept: SqliteLedger,
        links: Links | None,
        secrets: Mapping[str, str],
        changed: Callable[[Incident], None],
        metrics: Metrics,
        clock_ms: Callable[[], int],
    ) -> None:
        self._ledger = kept
        self._links = links
        self._webhooks = {name: Webhook(secret) for name, secret in secrets.items()}
        self._changed = changed
        self._metrics = metrics
        self._clock_ms = clock_ms

    def question(self, token: str) -> Question | None:
        """What the link with `token` asks; None when it is forged or its time is over."""
        asked = self._links.question(token, self._clock_ms() / 1000) if self._links else None
        if asked is None:
            return None
        try:
            incident, _ = self._ledger.incident(asked.incident_id)
        except ledger.UnknownIncidentError:
            return None
        return Question(asked.vehicle_id, incident.t_opened, incident.is_open, incident.level.label)

    def answer(self, token: str, word: str) -> str:
        """File `mine` or `stolen`, and say in one line how the incident stands.

        Raises `UnknownIncidentError` for a link that is none, and `IllegalMoveError`.
        """
        now_ms = self._clock_ms()
        asked = self._links.question(token, now_ms / 1000) if self._links else None
        if asked is None:
            raise UnknownIncidentError(token)

        def decide(held: Incident) -> Event | None:
            if word == Word.MINE and set(held.vehicles) != {asked.vehicle_id}:
                # one owner's word must not close what others' vehicles are in
                msg = f"{held.id} is about other vehicles, too"
                raise action.IllegalMoveError(msg)
            who = f"owner:{asked.vehicle_id}"
            return action.answer(held, who, Word(word), "by the link", now_ms)

        try:
            entry = self._ledger.act(asked.incident_id, decide)
        except ledger.UnknownIncidentError as error:
            raise UnknownIncidentError(asked.incident_id) from error
        except action.IllegalMoveError as error:
            self._metrics.replies.labels("owner", "409").inc()
            raise IllegalMoveError(str(error)) from error
        self._metrics.replies.labels("owner", "200").inc()
        self._changed(entry.incident)
        if word == Word.MINE:
            return "Thank you: the alert is closed. 谢谢，预警已解除。"
        return "The police have been told. 已通知公安。"

    def callback(self, name: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
        """What the platform behind channel `name` did: status as in HTTP, and why."""
        status, detail = self._callback(name, headers, body)
        source = name if name in self._webhooks else "unknown"
        self._metrics.replies.labels(source, str(status)).inc()
        return status, detail

    def _callback(self, name: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
        webhook = self._webhooks.get(name)
        if webhook is None:
            return 404, f"no channel {name!r} takes callbacks"
        try:
            webhook.verify(body, dict(headers), json_parse=False)
        except (WebhookVerificationError, ValueError, OverflowError):
            # it raises ValueError for signatures that are none, and for what is not UTF-8
            return 401, "the signature is not that of this body, or is older than 5 minutes"
        said = reply.read(body)
        if isinstance(said, reply.Answer):
            return said
        answer, entry = reply.file(self._ledger, said, name, self._clock_ms())
        if entry is not None:
            self._changed(entry.incident)
        return answer
