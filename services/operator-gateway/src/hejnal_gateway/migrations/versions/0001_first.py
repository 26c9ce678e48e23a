"""Accounts, sessions, cameras, audit log."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from hejnal_runtime.outbox import create_outbox

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _instant(name: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), **options)


def upgrade() -> None:
    now = sa.text("clock_timestamp()")
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.Text, primary_key=True),
        sa.Column("login", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("totp_secret", sa.LargeBinary, nullable=False),
        sa.Column("totp_last_step", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("enabled", sa.Boolean, nullable=False, server_default=sa.true()),
        _instant("created_at", nullable=False, server_default=now),
        sa.CheckConstraint("role in ('operator','dispatcher','editor','clerk','dpo','admin')", name="accounts_role"),
    )
    op.create_table(
        "sign_in_throttle",
        sa.Column("subject", sa.LargeBinary, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        _instant("last_failure_at", nullable=False),
        _instant("locked_until"),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary, primary_key=True),
        sa.Column("session_id", sa.Text, nullable=False, unique=True),
        sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.account_id", ondelete="CASCADE"), nullable=False, index=True),
        _instant("created_at", nullable=False),
        _instant("last_seen_at", nullable=False),
        _instant("expires_at", nullable=False, index=True),
        sa.Column("source_ip", sa.Text, nullable=False, server_default=""),
    )
    op.create_table(
        "cameras",
        sa.Column("camera_id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", JSONB, nullable=False),
        sa.Column("username", sa.LargeBinary),
        sa.Column("password", sa.LargeBinary),
        _instant("removed_at"),
    )
    op.create_table(
        "camera_versions",
        sa.Column("camera_id", sa.Text, sa.ForeignKey("cameras.camera_id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("change", sa.Text, nullable=False),
        sa.Column("state", JSONB, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        _instant("changed_at", nullable=False),
    )
    op.create_table(
        "audit_entries",
        sa.Column("position", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("entry_id", sa.Text, nullable=False, unique=True),
        sa.Column("actor_id", sa.Text, nullable=False),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("actor_role", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("object_id", sa.Text, nullable=False),
        sa.Column("camera_id", sa.Text),
        _instant("footage_from"),
        _instant("footage_until"),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("source_ip", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        _instant("at", nullable=False),
        _instant("recorded_at", nullable=False, server_default=now),
        sa.Column("source", sa.Text, nullable=False),
    )
    op.create_index("audit_entries_actor", "audit_entries", ["actor_id", "position"])
    op.create_index("audit_entries_camera", "audit_entries", ["camera_id", "position"])
    op.create_index("audit_entries_action", "audit_entries", ["action", "position"])
    op.execute(
        """
        create function audit_entries_append_only() returns trigger language plpgsql as
        $$ begin raise exception 'the audit log is append-only'; end $$
        """
    )
    op.execute(
        """
        create trigger audit_entries_append_only before update or delete or truncate on audit_entries
        for each statement execute function audit_entries_append_only()
        """
    )
    create_outbox(op)
