"""Alerts, their log and their rules."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from hejnal_runtime.inbox import create_inbox

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ESCALATION = [{"after_s": 120, "tell": ["dispatcher"]}, {"after_s": 300, "tell": ["dispatcher", "admin"]}]
_URGENT = [{"after_s": 60, "tell": ["dispatcher"]}, {"after_s": 180, "tell": ["dispatcher", "admin"]}]
_DEFAULTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("tamper", {"name": "Sabotaż kamery", "trigger": "tamper", "severity": "warning", "escalation": _ESCALATION}),
    ("camera-offline", {"name": "Kamera bez obrazu", "trigger": "camera_offline", "severity": "notice", "escalation": []}),
    (
        "stream-fault",
        {
            "name": "Kamera odrzuca hasło lub brak miejsca na dysku",
            "trigger": "stream_fault",
            "severity": "notice",
            "causes": ["unauthorized", "disk_full"],
            "window_s": 21600,
        },
    ),
    ("urgent-report", {"name": "Pilne zgłoszenie mieszkańca", "trigger": "report", "severity": "warning", "escalation": _URGENT}),
    ("request", {"name": "Prośba innego systemu", "trigger": "request", "escalation": _ESCALATION}),
    ("manual", {"name": "Alarm zgłoszony ręcznie", "trigger": "manual", "escalation": _ESCALATION}),
)


def _instant(name: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), **options)


def upgrade() -> None:
    now = sa.text("clock_timestamp()")
    create_inbox(op)
    op.create_table(
        "alerts",
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
    )
    op.create_index("alerts_raised", "alerts", ["raised_at", "alert_id"])
    op.create_index("alerts_changed", "alerts", ["changed_at"])
    op.create_index("alerts_key", "alerts", ["dedup_key", "last_at"])
    op.create_index("alerts_due", "alerts", ["escalate_at"], postgresql_where=sa.text("escalate_at is not null"))
    op.create_index("alerts_incident", "alerts", ["incident_id"], postgresql_where=sa.text("incident_id is not null"))
    op.execute(
        """
        create function alerts_tell() returns trigger language plpgsql as
        $$ begin perform pg_notify('alerts_' || tg_table_schema, new.alert_id); return null; end $$
        """
    )
    op.execute("create trigger alerts_tell after insert or update on alerts for each row execute function alerts_tell()")
    op.create_table(
        "alert_entries",
        sa.Column("entry_id", sa.Text, primary_key=True),
        sa.Column("alert_id", sa.Text, sa.ForeignKey("alerts.alert_id", ondelete="CASCADE"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("by", sa.Text),
        sa.Column("text", sa.Text, nullable=False, server_default=""),
        _instant("at", nullable=False),
    )
    op.create_index("alert_entries_alert", "alert_entries", ["alert_id", "at"])
    rules = op.create_table(
        "alert_rules",
        sa.Column("rule_id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("trigger", sa.Text, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("rule", JSONB, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        _instant("changed_at", nullable=False),
    )
    for rule_id, rule in _DEFAULTS:
        values = {"rule_id": rule_id, "version": 1, "position": 100, "trigger": rule["trigger"], "enabled": True}
        op.execute(
            rules.insert().values(
                **values, rule={**rule, "position": 100}, changed_by="hejnal", changed_at=now
            )
        )
    op.create_table(
        "deferred_alerts",
        sa.Column("dedup_key", sa.Text, primary_key=True),
        sa.Column("occurrence", JSONB, nullable=False),
        _instant("due_at", nullable=False),
    )
    op.create_index("deferred_alerts_due", "deferred_alerts", ["due_at"])
    op.create_table(
        "alert_requests_seen",
        sa.Column("request_key", sa.Text, primary_key=True),
        sa.Column("alert_id", sa.Text),
        _instant("seen_at", nullable=False, server_default=now),
    )
    op.create_index("alert_requests_seen_at", "alert_requests_seen", ["seen_at"])
