"""Every metric there is, on a registry that is handed in."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

_FAST = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
_ALERT = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10, 30, 60, 120, 300, 600)


class Metrics:
    """The metrics of one process; each is named and explained in docs/administrator.md."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        r = self.registry
        self.messages = Counter("vg_messages", "Messages taken from the transport.", registry=r)
        self.accepted = Counter("vg_fixes_accepted", "Fixes written to the log.", registry=r)
        self.rejects = Counter(
            "vg_rejects", "Payloads, rows and fixes refused.", ["reason", "dialect"], registry=r
        )
        self.sightings = Counter(
            "vg_sightings_accepted", "Sightings written to the log.", registry=r
        )
        self.repeated = Counter(
            "vg_sightings_repeated", "Sightings that were there already.", registry=r
        )
        self.unplaced = Counter(
            "vg_sightings_unplaced",
            "Sightings without a place, of cameras that are not registered.",
            registry=r,
        )
        self.straightened = Counter(
            "vg_sightings_straightened",
            "Sightings whose pass time was put right, since their camera's clock is off.",
            registry=r,
        )
        self.cameras = Gauge("vg_cameras", "Cameras by condition.", ["condition"], registry=r)
        self.inbox = Gauge(
            "vg_inbox_messages", "Messages received and not yet worked on.", registry=r
        )
        self.oldest = Gauge(
            "vg_inbox_lag_seconds", "Age of the oldest message not yet durable.", registry=r
        )
        self.broker = Gauge("vg_broker_up", "1 while connected to the broker.", registry=r)
        self.jt808 = Gauge("vg_jt808_connections", "Open JT/T 808 connections.", registry=r)
        self.jt808_ended = Counter(
            "vg_jt808_ended", "JT/T 808 connections closed from here.", ["why"], registry=r
        )
        self.commands = Counter(
            "vg_commands", "Commands to terminals, by how they ended.", ["state"], registry=r
        )
        self.durable = Histogram(
            "vg_block_seconds",
            "From taking messages to their fixes being durable.",
            buckets=_FAST,
            registry=r,
        )
        self.acknowledged = Counter(
            "vg_messages_acknowledged", "Messages acknowledged after the durable write.", registry=r
        )
        self.log_errors = Counter(
            "vg_log_errors",
            "Writes to the durable log that failed and were tried again.",
            registry=r,
        )
        self.rules = Gauge(
            "vg_rules_version",
            "Published version of the rules in use; 0 = the rules file of the settings.",
            registry=r,
        )
        self.fates = Counter(
            "vg_fixes", "What became of the fixes in detection.", ["fate"], registry=r
        )
        self.step = Histogram(
            "vg_step_seconds", "Detection over one block.", buckets=_FAST, registry=r
        )
        self.signals = Counter("vg_signals", "Signals raised.", ["kind"], registry=r)
        self.incidents = Counter(
            "vg_incident_levels", "Levels reached by incidents.", ["level"], registry=r
        )
        self.dispatches = Counter(
            "vg_dispatches", "Incidents given to a unit, or to another one.", ["kind"], registry=r
        )
        self.unit_states = Counter(
            "vg_unit_states", "What units said of themselves, by result.", ["result"], registry=r
        )
        self.clocks = Counter(
            "vg_clock_events", "What clocks of incidents had to say.", ["kind"], registry=r
        )
        self.open = Gauge("vg_incidents_open", "Incidents not closed.", ["level"], registry=r)
        self.fix_to_incident = Histogram(
            "vg_fix_to_incident_seconds",
            "From the event time of the fix that raised a signal to the incident being durable.",
            buckets=_ALERT,
            registry=r,
        )
        self.receive_to_incident = Histogram(
            "vg_receive_to_incident_seconds",
            "From the arrival of the fix that raised a signal to the incident being durable.",
            buckets=_ALERT,
            registry=r,
        )
        self.vehicles = Gauge("vg_vehicles", "Vehicles ever heard of.", registry=r)
        self.snapshot = Histogram(
            "vg_snapshot_seconds", "Taking and storing a snapshot.", buckets=_FAST, registry=r
        )
        self.deliveries = Counter(
            "vg_deliveries",
            "Attempts to tell a destination of an event, by what became of them.",
            ["destination", "result"],
            registry=r,
        )
        self.delivery = Histogram(
            "vg_delivery_seconds",
            "From an event being filed to a destination having taken it.",
            ["destination"],
            buckets=_ALERT,
            registry=r,
        )
        self.outbox = Gauge(
            "vg_outbox_rows",
            "Deliveries that wait, are dead letters, or were held back.",
            ["destination", "state"],
            registry=r,
        )
        self.desk = Gauge(
            "vg_desk_incidents",
            "Incidents that a destination was told something of within ten minutes; a person "
            "can heed about one.",
            ["destination"],
            registry=r,
        )
        self.replies = Counter(
            "vg_replies",
            "What receivers and owners said of incidents, by status as in HTTP.",
            ["source", "status"],
            registry=r,
        )
        self.listeners = Gauge("vg_stream_listeners", "Open event streams.", registry=r)

    def render(self) -> tuple[bytes, str]:
        """Body and content type of the metrics page."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST
