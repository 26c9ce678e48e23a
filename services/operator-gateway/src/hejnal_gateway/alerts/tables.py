"""Tables of alerts and their rules."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from hejnal_gateway.tables import metadata

_now = sa.text("clock_timestamp()")


def _instant(name: str, *, nullable: bool = True) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


# A trigger tells `alerts_<schema>` (NOTIFY) of each change: consoles hear of it from every process of the gateway.
alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("alert_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("severity", sa.Text, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("lat", sa.Double),
    sa.Column("lon", sa.Double),
    sa.Column("address", sa.Text, nullable=False, server_default=""),
    sa.Column("camera_ids", ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("rule_id", sa.Text),
    sa.Column("dedup_key", sa.Text, nullable=False),
    sa.Column("count", sa.Integer, nullable=False, server_default="1"),
    _instant("raised_at", nullable=False),
    sa.Column("raised_by", sa.Text),
    _instant("last_at", nullable=False),
    _instant("cleared_at"),
    sa.Column("level", sa.Integer, nullable=False, server_default="0"),
    sa.Column("told", ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("escalation", JSONB, nullable=False, server_default="[]"),
    _instant("escalate_at"),
    sa.Column("acknowledged_by", sa.Text),
    _instant("acknowledged_at"),
    sa.Column("assigned_to", sa.Text),
    sa.Column("assigned_by", sa.Text),
    _instant("assigned_at"),
    sa.Column("outcome", sa.Text),
    sa.Column("resolution_note", sa.Text, nullable=False, server_default=""),
    sa.Column("resolved_by", sa.Text),
    _instant("resolved_at"),
    sa.Column("incident_id", sa.Text),
    _instant("changed_at", nullable=False),
    sa.Index("alerts_raised", "raised_at", "alert_id"),
    sa.Index("alerts_changed", "changed_at"),
    sa.Index("alerts_key", "dedup_key", "last_at"),
    sa.Index("alerts_due", "escalate_at", postgresql_where=sa.text("escalate_at is not null")),
    sa.Index("alerts_incident", "incident_id", postgresql_where=sa.text("incident_id is not null")),
)

alert_entries = sa.Table(
    "alert_entries",
    metadata,
    sa.Column("entry_id", sa.Text, primary_key=True),
    sa.Column("alert_id", sa.Text, sa.ForeignKey("alerts.alert_id", ondelete="CASCADE"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("by", sa.Text),
    sa.Column("text", sa.Text, nullable=False, server_default=""),
    _instant("at", nullable=False),
    sa.Index("alert_entries_alert", "alert_id", "at"),
)

alert_rules = sa.Table(
    "alert_rules",
    metadata,
    sa.Column("rule_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("trigger", sa.Text, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("rule", JSONB, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
    _instant("changed_at", nullable=False),
)

# What was noticed in quiet hours and waits for their end.
deferred_alerts = sa.Table(
    "deferred_alerts",
    metadata,
    sa.Column("dedup_key", sa.Text, primary_key=True),
    sa.Column("occurrence", JSONB, nullable=False),
    _instant("due_at", nullable=False),
    sa.Index("deferred_alerts_due", "due_at"),
)

# Requests and conditions that were turned into alerts already: asking again changes nothing.
alert_requests_seen = sa.Table(
    "alert_requests_seen",
    metadata,
    sa.Column("request_key", sa.Text, primary_key=True),
    sa.Column("alert_id", sa.Text),
    sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, server_default=_now),
    sa.Index("alert_requests_seen_at", "seen_at"),
)
