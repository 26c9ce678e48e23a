"""Incidents."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _instant(name: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), **options)


def _incident() -> sa.Column[Any]:
    return sa.Column("incident_id", sa.Text, sa.ForeignKey("incidents.incident_id"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "incidents",
        sa.Column("incident_id", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), nullable=False, unique=True),
        sa.Column("request_key", sa.Text, nullable=False, unique=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("lat", sa.Double),
        sa.Column("lon", sa.Double),
        sa.Column("address", sa.Text, nullable=False, server_default=""),
        sa.Column("opened_by", sa.Text, nullable=False),
        _instant("opened_at", nullable=False),
        sa.Column("closing_report", sa.Text, nullable=False, server_default=""),
        sa.Column("closed_by", sa.Text),
        _instant("closed_at"),
        _instant("changed_at", nullable=False),
    )
    op.create_index("incidents_opened", "incidents", ["opened_at", "incident_id"])
    op.create_table(
        "incident_entries",
        sa.Column("entry_id", sa.Text, primary_key=True),
        _incident(),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False, server_default=""),
        sa.Column("details", JSONB, nullable=False, server_default="{}"),
        _instant("at", nullable=False),
    )
    op.create_index("incident_entries_incident", "incident_entries", ["incident_id", "at"])
    op.create_table(
        "incident_reports",
        sa.Column("report_id", sa.Text, primary_key=True),
        _incident(),
        sa.Column("reference", sa.Text, nullable=False, server_default=""),
        _instant("linked_at", nullable=False),
    )
    op.create_index("incident_reports_incident", "incident_reports", ["incident_id"])
    op.create_table(
        "incident_marks",
        sa.Column("mark_id", sa.Text, primary_key=True),
        _incident(),
        sa.Column("camera_id", sa.Text, nullable=False),
        _instant("starts_at", nullable=False),
        _instant("ends_at", nullable=False),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        sa.Column("hold", JSONB(none_as_null=True)),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("bookmark_id", sa.Text),
        sa.Column("hold_id", sa.Text),
        sa.Column("trouble", sa.Text, nullable=False, server_default=""),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        _instant("next_at"),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        _instant("made_at", nullable=False),
    )
    op.create_index("incident_marks_incident", "incident_marks", ["incident_id"])
    op.create_index("incident_marks_due", "incident_marks", ["next_at"], postgresql_where=sa.text("next_at is not null"))
