"""Joysticks and patrols."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _instant(name: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), **options)


def upgrade() -> None:
    op.create_table(
        "ptz_leases",
        sa.Column("camera_id", sa.Text, primary_key=True),
        sa.Column("lease_id", sa.Text, nullable=False),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        _instant("taken_at", nullable=False),
        _instant("expires_at", nullable=False),
    )
    op.create_table(
        "ptz_patrols",
        sa.Column("camera_id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("steps", JSONB, nullable=False),
        sa.Column("position", sa.Integer, nullable=False, server_default="0"),
        _instant("next_at", nullable=False),
        sa.Column("trouble", sa.Text, nullable=False, server_default=""),
        sa.Column("changed_by", sa.Text, nullable=False),
        _instant("changed_at", nullable=False),
    )
    op.create_index("ptz_patrols_due", "ptz_patrols", ["next_at"], postgresql_where=sa.text("enabled"))
