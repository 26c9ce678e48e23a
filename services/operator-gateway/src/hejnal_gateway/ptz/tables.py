"""Tables of joysticks and patrols."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from hejnal_gateway.tables import metadata


def _instant(name: str, *, nullable: bool = True) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


ptz_leases = sa.Table(
    "ptz_leases",
    metadata,
    sa.Column("camera_id", sa.Text, primary_key=True),
    sa.Column("lease_id", sa.Text, nullable=False),
    sa.Column("account_id", sa.Text, nullable=False),
    sa.Column("session_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    _instant("taken_at", nullable=False),
    _instant("expires_at", nullable=False),
)

ptz_patrols = sa.Table(
    "ptz_patrols",
    metadata,
    sa.Column("camera_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("steps", JSONB, nullable=False),
    sa.Column("position", sa.Integer, nullable=False, server_default="0"),
    _instant("next_at", nullable=False),
    sa.Column("trouble", sa.Text, nullable=False, server_default=""),
    sa.Column("changed_by", sa.Text, nullable=False),
    _instant("changed_at", nullable=False),
    sa.Index("ptz_patrols_due", "next_at", postgresql_where=sa.text("enabled")),
)
