"""Tables of what grows around a report: followers, messages, moderation, notices to be sent."""

from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Identity, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from hejnal_citizen.tables import metadata

_INSTANT = DateTime(timezone=True)


def _of_report(**options: Any) -> Column[str]:
    return Column("report_id", ForeignKey("reports.id", ondelete="CASCADE"), nullable=False, **options)


report_followers = Table(
    "report_followers",
    metadata,
    _of_report(primary_key=True),
    Column("follower_key", Text, primary_key=True),
    Column("resident_id", ForeignKey("residents.id", ondelete="CASCADE")),
    Column("contact", Text),
    Column("language", Text, nullable=False),
    Column("at", _INSTANT, nullable=False),
    Index("report_followers_resident", "resident_id", postgresql_where=text("resident_id is not null")),
)
report_messages = Table(
    "report_messages",
    metadata,
    Column("id", Text, primary_key=True),
    _of_report(),
    Column("author", Text, nullable=False),
    Column("by", Text, nullable=False, server_default=""),
    Column("text", Text, nullable=False),
    Column("at", _INSTANT, nullable=False),
    Column("number", BigInteger, Identity(always=True), nullable=False),
    Index("report_messages_report", "report_id", "number"),
)
report_moderation = Table(
    "report_moderation",
    metadata,
    Column("id", Text, primary_key=True),
    _of_report(),
    Column("subject", Text, nullable=False),
    Column("photo_id", Text),
    Column("action", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("rectangles", JSONB),
    Column("by", Text, nullable=False),
    Column("at", _INSTANT, nullable=False),
    Column("number", BigInteger, Identity(always=True), nullable=False),
    Index("report_moderation_report", "report_id", "number"),
)
report_notices = Table(
    "report_notices",
    metadata,
    Column("id", Text, primary_key=True),
    _of_report(),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("next_at", _INSTANT, nullable=False),
    Column("created_at", _INSTANT, nullable=False),
    Index("report_notices_due", "next_at"),
)
