"""The notifier's schema: a read model of who wants what, announcement versions, and one row per delivery."""

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Time,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from hejnal_runtime.inbox import inbox_table
from hejnal_runtime.outbox import outbox_table

metadata = MetaData()


def _instant(name: str, *, nullable: bool = False) -> "Column[object]":
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _area() -> "Column[object]":
    return Column("area", Geometry("GEOMETRY", srid=4326, spatial_index=False))


recipients = Table(
    "recipients",
    metadata,
    Column("resident_id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("language", Text, nullable=False),
    Column("quiet_starts", Time),
    Column("quiet_ends", Time),
    _instant("paused_until", nullable=True),
    Column("digest_every", Text, comment="day or week; null: everything at once"),
    Column("digest_at", Time),
    Column("digest_weekday", SmallInteger),
    Column("digest_up_to", SmallInteger, comment="Severities up to this one wait for the digest"),
    _instant("changed_at"),
    comment="Residents as the subscriptions topic tells; erased by its tombstones",
)

contacts = Table(
    "contacts",
    metadata,
    Column("resident_id", Text, ForeignKey("recipients.resident_id", ondelete="CASCADE"), primary_key=True),
    Column("contact_id", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("push_p256dh", Text),
    Column("push_auth", Text),
    Column("push_server_key", Text, comment="VAPID key the subscription was made with; null: before keys were told"),
    Column("unsubscribe_url", Text, nullable=False, server_default=""),
    Column("consent_id", Text, nullable=False),
    _instant("verified_at"),
    _instant("failed_at", nullable=True),
    Column("failed_reason", Text),
    Index("contacts_push_keys", "push_server_key", postgresql_where=text("channel = 'push' and failed_at is null")),
    comment="Verified ways to reach a resident; failed_at: not used until verified again",
)

filters = Table(
    "filters",
    metadata,
    Column("resident_id", Text, ForeignKey("recipients.resident_id", ondelete="CASCADE"), primary_key=True),
    Column("place", SmallInteger, primary_key=True),
    Column("categories", ARRAY(Text), nullable=False),
    Column("min_severity", SmallInteger, nullable=False),
    Column("channels", ARRAY(Text), nullable=False),
    Column("reach", Text, nullable=False),
    _area(),
    Column("streets", ARRAY(Text)),
    CheckConstraint("reach in ('everywhere', 'area', 'streets')", name="filter_reach"),
    CheckConstraint("(reach = 'area') = (area is not null)", name="filter_area"),
    Index("filters_area", "area", postgresql_using="gist"),
    comment="What a resident wants to be told: any matching filter is enough",
)

announcements = Table(
    "announcements",
    metadata,
    Column("announcement_id", Text, primary_key=True),
    Column("newest_version", Integer, nullable=False, comment="Newest version received; older ones are sent no more"),
    comment="One row per announcement: the lock that orders its versions",
)

versions = Table(
    "versions",
    metadata,
    Column("version_id", BigInteger, Identity(always=True), primary_key=True),
    Column("announcement_id", Text, ForeignKey("announcements.announcement_id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("severity", SmallInteger, nullable=False),
    Column("texts", JSONB, nullable=False),
    Column("reach", Text, nullable=False),
    _area(),
    Column("streets", ARRAY(Text)),
    _instant("valid_from"),
    _instant("valid_until"),
    Column("channels", ARRAY(Text), nullable=False),
    Column("page_url", Text, nullable=False),
    Column("drill", Boolean, nullable=False),
    _instant("issued_at"),
    Column("issued_by", Text, nullable=False, server_default=""),
    Column("sms_messages", Integer, nullable=False, server_default="0"),
    Column("sms_cost_grosze", BigInteger, nullable=False, server_default="0", comment="Worked out when it was planned"),
    Column("over_budget", Boolean, nullable=False, server_default="false", comment="Its SMS went past the month's budget"),
    Column("traceparent", Text, comment="The trace it came with, which its deliveries go on with"),
    _instant("received_at"),
    _instant("planned_at", nullable=True),
    UniqueConstraint("announcement_id", "version", name="versions_once"),
    CheckConstraint("kind in ('issued', 'updated', 'cancelled')", name="version_kind"),
    CheckConstraint("reach in ('everywhere', 'area', 'streets')", name="version_reach"),
    Index("versions_unplanned", "version_id", postgresql_where=text("planned_at is null")),
    comment="Whole announcement versions as received",
)

deliveries = Table(
    "deliveries",
    metadata,
    Column(
        "delivery_id",
        UUID(as_uuid=True),
        primary_key=True,
        comment="SHA-256 of announcement, version, resident and contact: never twice",
    ),
    Column("version_id", BigInteger, comment="Null for messages to one person"),
    Column("resident_id", Text),
    Column("contact_id", Text),
    Column("channel", Text, nullable=False),
    Column("priority", SmallInteger, nullable=False, comment="0 first"),
    Column("state", Text, nullable=False),
    _instant("not_before"),
    _instant("expires_at"),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("in_doubt", Boolean, nullable=False, server_default="false", comment="A try may have reached the device unseen"),
    _instant("doubt_since", nullable=True),
    Column("due_at", DateTime(timezone=True), comment="When it could have gone first; null before a try in vain"),
    Column("provider", Text, comment="Whom it was last claimed for, noted before the call"),
    Column(
        "after_push",
        Boolean,
        nullable=False,
        server_default="false",
        comment="Goes only if no device of the resident has shown the push before not_before",
    ),
    Column("claimed_by", Text),
    _instant("lease_until", nullable=True),
    Column("digest", Boolean, nullable=False, server_default="false", comment="Brings others to their recipient"),
    Column("digest_id", UUID(as_uuid=True), comment="The digest that brings this one"),
    Column("provider_id", Text, comment="What the provider calls it"),
    Column("cause", Text),
    Column("detail", Text),
    _instant("created_at"),
    _instant("sent_at", nullable=True),
    _instant("changed_at"),
    CheckConstraint(
        "state in ('held', 'queued', 'sending', 'sent', 'delivered', 'failed', 'expired', 'cancelled', 'unknown')",
        name="delivery_state",
    ),
    Index("deliveries_held", "not_before", postgresql_where=text("state = 'held' and digest_id is null")),
    Index("deliveries_in_digest", "digest_id", postgresql_where=text("digest_id is not null")),
    Index("deliveries_version", "version_id", "resident_id"),
    Index("deliveries_bounced", "resident_id", "contact_id", postgresql_where=text("channel = 'email' and state = 'failed'")),
    Index("deliveries_queue", "channel", "priority", "not_before", postgresql_where=text("state = 'queued'")),
    Index("deliveries_leases", "lease_until", postgresql_where=text("state = 'sending'")),
    comment="One announcement version (or one message) to one contact point",
)

message_templates = Table(
    "message_templates",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("language", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("parts", JSONB(none_as_null=True), comment="Null: back to the built-in words"),
    _instant("created_at"),
    Column("created_by", Text, nullable=False),
    comment="The town's own words around announcements; the newest version of each channel and language is used",
)

direct_messages = Table(
    "direct_messages",
    metadata,
    Column("delivery_id", UUID(as_uuid=True), ForeignKey("deliveries.delivery_id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("address", Text, comment="Emptied when the delivery has ended"),
    Column("push_p256dh", Text),
    Column("push_auth", Text),
    Column("push_server_key", Text, comment="VAPID key the subscription was made with; null: before keys were told"),
    Column("code", Text, comment="Emptied when the delivery has ended"),
    Column("subject", Text, comment="Of a notice; emptied when the delivery has ended"),
    Column("body", Text, comment="Of a notice; emptied when the delivery has ended"),
    Column("traceparent", Text, comment="The trace it came with"),
    CheckConstraint("kind in ('one_time_code', 'test', 'notice')", name="direct_kind"),
    comment="Messages to one person that no announcement stands behind",
)

progress = Table(
    "progress",
    metadata,
    Column("version_id", BigInteger, ForeignKey("versions.version_id"), primary_key=True),
    Column("changes", BigInteger, nullable=False),
    Column("reported_changes", BigInteger, nullable=False),
    _instant("reported_at", nullable=True),
    Index("progress_due", "version_id", postgresql_where=text("changes > reported_changes")),
    comment="Which versions have news for the deliveries topic",
)

receipts = Table(
    "receipts",
    metadata,
    Column("receipt_id", BigInteger, Identity(always=True), primary_key=True),
    Column("channel", Text, nullable=False),
    Column("delivery_id", UUID(as_uuid=True), comment="As the provider quotes it; may be unknown here"),
    Column("provider_id", Text, nullable=False),
    Column("meaning", Text, nullable=False),
    Column("raw", JSONB, nullable=False),
    _instant("received_at"),
    Column("provider", Text, nullable=False, server_default=""),
    Column("number", Text, nullable=False, server_default="", comment="Whose device it is about, where only that is told"),
    Index("receipts_delivery", "delivery_id"),
    Index("receipts_unmatched", "provider", "provider_id", postgresql_where=text("delivery_id is null")),
    Index("receipts_kept", "received_at", postgresql_where=text("raw <> '{}'")),
    comment="Every receipt as it came; emptied of raw text and number after 90 days",
)

parts = Table(
    "parts",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("provider_id", Text, primary_key=True, comment="What the provider calls this part"),
    Column("delivery_id", UUID(as_uuid=True), nullable=False),
    Column("number", SmallInteger, nullable=False),
    Column("state", Text, nullable=False, server_default="sent"),
    Column("cause", Text),
    _instant("sent_at"),
    CheckConstraint("state in ('sent', 'delivered', 'failed')", name="part_state"),
    Index("parts_delivery", "delivery_id"),
    Index("parts_open", "provider", "sent_at", "provider_id", postgresql_where=text("state = 'sent'")),
    comment="Messages whose receipts come part by part and under the provider's own ids (SMPP)",
)

spending = Table(
    "spending",
    metadata,
    Column("month", Date, primary_key=True),
    Column("provider", Text, primary_key=True),
    Column("parts", BigInteger, nullable=False),
    Column("messages", BigInteger, nullable=False),
    Column("cost_grosze", BigInteger, nullable=False),
    comment="What SMS have cost, by the town's calendar month",
)

inbound = Table(
    "inbound",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("provider_id", Text, primary_key=True),
    Column("sender", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("meaning", Text, nullable=False),
    _instant("received_at"),
    Column("reference", Integer, nullable=False, server_default="0", comment="What the parts of one message share"),
    Column("total", SmallInteger, nullable=False, server_default="1"),
    Column("number", SmallInteger, nullable=False, server_default="1"),
    _instant("joined_at", nullable=True),
    Index("inbound_sender", "sender", "received_at"),
    Index("inbound_unjoined", "received_at", postgresql_where=text("total > 1 and joined_at is null")),
    Index("inbound_kept", "received_at", postgresql_where=text("sender <> ''")),
    comment="SMS from residents, each once; emptied of text and number after 90 days",
)

positions = Table(
    "positions",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("next_offset", BigInteger, nullable=False),
    comment="How far each partition of the subscriptions has been applied, written with the effect",
)

restorations = Table(
    "restorations",
    metadata,
    Column("restored_at", DateTime(timezone=True), primary_key=True),
    _instant("taken_at"),
    comment="When this database came back from a backup, and of which moment it was",
)

inbox = inbox_table(metadata)
outbox = outbox_table(metadata)
