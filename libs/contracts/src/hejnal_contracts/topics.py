"""Every topic, declared once: its key, its types, who writes and reads it, how it is kept.

The local start and the Helm chart create topics from this declaration; the brokers' auto-creation is off.
"""

from dataclasses import dataclass
from typing import Literal

from hejnal_contracts import alerts, announcements, audit, cameras, deliveries, media, probes, recordings, residents
from hejnal_contracts.base import Fact

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
DLQ_SUFFIX = ".dlq"

Stage = Literal["live", "declared"]


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. `key` is the field of the fact that becomes the Kafka key: one key, one ordered story."""

    name: str
    key: str
    types: tuple[type[Fact], ...]
    summary: str
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    retention_ms: int | None
    """None: kept for ever (compacted topics)."""
    compacted: bool = False
    partitions: int = 12
    stage: Stage = "live"
    """live: written and read by the services today; declared: a contract that no service writes yet."""

    @property
    def dlq(self) -> str:
        """Where messages go that can never be handled."""
        return self.name + DLQ_SUFFIX

    def config(self) -> dict[str, str]:
        """Broker-side topic settings."""
        if self.compacted:
            policy = "compact" if self.retention_ms is None else "compact,delete"
        else:
            policy = "delete"
        settings = {"cleanup.policy": policy, "retention.ms": str(-1 if self.retention_ms is None else self.retention_ms)}
        if self.compacted:
            settings |= {"min.cleanable.dirty.ratio": "0.1", "delete.retention.ms": str(7 * DAY_MS)}
            # What a tombstone erased must be gone from the log soon, not when a segment of a gigabyte is full (KIP-354).
            settings |= {"max.compaction.lag.ms": str(DAY_MS)}
        return settings


DLQ_RETENTION_MS = 30 * DAY_MS

TOPICS: tuple[Topic, ...] = (
    Topic(
        "cameras",
        "camera_id",
        (cameras.CameraRegistered, cameras.CameraChanged, cameras.CameraRemoved),
        "The camera registry: the whole state of each camera.",
        ("operator-gateway",),
        ("ingest", "recorder", "citizen-api", "operator-gateway"),
        None,
        compacted=True,
        partitions=24,
    ),
    Topic(
        "camera-status",
        "camera_id",
        (cameras.CameraStatusReported,),
        "State, health figures, relay address and lease epoch of each camera.",
        ("ingest",),
        ("operator-gateway", "ingest"),
        7 * DAY_MS,
        compacted=True,
    ),
    Topic(
        "camera-media",
        "camera_id",
        (media.RunStarted, media.FragmentWritten, media.RunEnded),
        "One ordered story per camera: runs and their fragments.",
        ("ingest",),
        ("recorder",),
        48 * HOUR_MS,
    ),
    Topic(
        "camera-events",
        "camera_id",
        (
            cameras.CameraTampered,
            cameras.MotionDetected,
            cameras.StreamFaulted,
            cameras.CameraClockSet,
            probes.CameraProbed,
        ),
        "Tamper, motion, stream faults, clocks set and conformance cards.",
        ("ingest",),
        ("operator-gateway", "recorder"),
        30 * DAY_MS,
    ),
    Topic(
        "recordings",
        "camera_id",
        (
            recordings.SegmentStored,
            recordings.SegmentDeleted,
            recordings.GapOpened,
            recordings.GapClosed,
            recordings.HoldPlaced,
            recordings.HoldReleased,
            recordings.ExportFinished,
        ),
        "What the archive holds and lacks.",
        ("recorder",),
        ("operator-gateway", "recorder"),
        30 * DAY_MS,
    ),
    Topic(
        "alerts",
        "alert_id",
        (
            alerts.AlertRaised,
            alerts.AlertRepeated,
            alerts.AlertAcknowledged,
            alerts.AlertAssigned,
            alerts.AlertEscalated,
            alerts.AlertResolved,
        ),
        "The dispatchers' topic, a public contract.",
        ("operator-gateway",),
        ("operator-gateway",),
        90 * DAY_MS,
    ),
    Topic(
        "alert-requests",
        "source_id",
        (alerts.AlertRequested,),
        "A trusted outside system asks for an alert.",
        (),
        ("operator-gateway",),
        7 * DAY_MS,
    ),
    Topic(
        "vehicle-positions",
        "vehicle_id",
        (alerts.VehiclePositionReported,),
        "Where patrol cars are.",
        (),
        ("operator-gateway",),
        24 * HOUR_MS,
        stage="declared",
    ),
    Topic(
        "announcements",
        "announcement_id",
        (announcements.AnnouncementIssued, announcements.AnnouncementUpdated, announcements.AnnouncementCancelled),
        "What the town tells residents, whole versions.",
        ("citizen-api",),
        ("notifier",),
        365 * DAY_MS,
    ),
    Topic(
        "subscriptions",
        "resident_id",
        (residents.SubscriptionChanged,),
        "What each resident wants and how to reach them; a tombstone means erased.",
        ("citizen-api",),
        ("notifier",),
        None,
        compacted=True,
    ),
    Topic(
        "reports",
        "report_id",
        (residents.ReportSubmitted, residents.ReportRouted, residents.ReportAnswered, residents.ReportClosed),
        "Residents' reports and the town's answers.",
        ("citizen-api",),
        ("operator-gateway",),
        365 * DAY_MS,
    ),
    Topic(
        "deliveries",
        "announcement_id",
        (deliveries.DeliveryProgressed, deliveries.ContactFailed),
        "Progress and outcomes of sending.",
        ("notifier",),
        ("citizen-api",),
        30 * DAY_MS,
    ),
    Topic(
        "inbound-sms",
        "phone",
        (residents.SmsReceived,),
        "SMS from residents that citizen-api has to act upon.",
        ("notifier",),
        ("citizen-api",),
        7 * DAY_MS,
    ),
    Topic(
        "shown-messages",
        "resident_id",
        (deliveries.MessageShown,),
        "Which notifications devices have shown: an SMS that waited for it is spared.",
        ("citizen-api",),
        ("notifier",),
        7 * DAY_MS,
    ),
    Topic(
        "audit",
        "actor_id",
        (audit.AuditRecorded, audit.AuditHeadRecorded),
        "Who saw, played, exported, changed, decided, and why.",
        ("operator-gateway", "citizen-api", "recorder"),
        ("operator-gateway",),
        365 * DAY_MS,
    ),
)

BY_NAME: dict[str, Topic] = {topic.name: topic for topic in TOPICS}
BY_TYPE: dict[str, type[Fact]] = {fact.TYPE: fact for topic in TOPICS for fact in topic.types}
TOPIC_OF_TYPE: dict[str, Topic] = {fact.TYPE: topic for topic in TOPICS for fact in topic.types}


def topic_of(fact: Fact | type[Fact]) -> Topic:
    """The topic a fact belongs to; KeyError for a type that no topic declares."""
    return TOPIC_OF_TYPE[fact.TYPE]


def key_of(fact: Fact) -> str:
    """The Kafka key of a fact."""
    return str(getattr(fact, topic_of(fact).key))
