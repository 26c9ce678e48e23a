"""Tables of webhooks and what was sent to them."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from hejnal_gateway.tables import metadata


def _instant(name: str, *, nullable: bool = True) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


webhooks = sa.Table(
    "webhooks",
    metadata,
    sa.Column("webhook_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("types", ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("min_severity", sa.Text, nullable=False),
    sa.Column("min_level", sa.Integer, nullable=False, server_default="0"),
    sa.Column("secret", sa.LargeBinary, nullable=False),
    sa.Column("previous_secret", sa.LargeBinary),
    _instant("previous_until"),
    _instant("failing_since"),
    _instant("paused_at"),
    sa.Column("paused_reason", sa.Text, nullable=False, server_default=""),
    sa.Column("changed_by", sa.Text, nullable=False),
    _instant("changed_at", nullable=False),
)

webhook_deliveries = sa.Table(
    "webhook_deliveries",
    metadata,
    sa.Column("delivery_id", sa.Text, primary_key=True),
    sa.Column("position", sa.BigInteger, sa.Identity(always=True), nullable=False, unique=True),
    sa.Column("webhook_id", sa.Text, sa.ForeignKey("webhooks.webhook_id", ondelete="CASCADE"), nullable=False),
    sa.Column("event_id", sa.Text, nullable=False),
    sa.Column("alert_id", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    _instant("next_at"),
    sa.Column("attempts", JSONB, nullable=False, server_default="[]"),
    _instant("made_at", nullable=False),
    _instant("ended_at"),
    sa.UniqueConstraint("webhook_id", "event_id", name="webhook_deliveries_event"),
    sa.Index("webhook_deliveries_due", "next_at", postgresql_where=sa.text("state = 'queued'")),
    sa.Index("webhook_deliveries_story", "webhook_id", "alert_id", "position", postgresql_where=sa.text("state = 'queued'")),
    sa.Index("webhook_deliveries_log", "webhook_id", "position"),
)
