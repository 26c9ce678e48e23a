"""Tables of the schema `gateway`."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from hejnal_runtime.inbox import inbox_table
from hejnal_runtime.outbox import outbox_table

metadata = sa.MetaData()
_now = sa.text("clock_timestamp()")
_seen = ["action", "footage_from", "footage_until"]

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("account_id", sa.Text, primary_key=True),
    sa.Column("login", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("password_hash", sa.Text),
    sa.Column("totp_secret", sa.LargeBinary),
    sa.Column("totp_last_step", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("totp_pending", sa.LargeBinary),
    sa.Column("must_change_password", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("camera_groups", ARRAY(sa.Text)),
    sa.Column("enabled", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=_now),
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False, server_default=_now),
    sa.Column("last_signed_in_at", sa.DateTime(timezone=True)),
)

# Keyed by the login that was typed, whether or not it exists: being locked out reveals nothing.
sign_in_throttle = sa.Table(
    "sign_in_throttle",
    metadata,
    sa.Column("subject", sa.LargeBinary, primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("last_failure_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("locked_until", sa.DateTime(timezone=True)),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_hash", sa.LargeBinary, primary_key=True),
    sa.Column("session_id", sa.Text, nullable=False, unique=True),
    sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.account_id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, index=True),
    sa.Column("source_ip", sa.Text, nullable=False, server_default=""),
    sa.Column("method", sa.Text, nullable=False, server_default="password"),
    sa.Column("browser", sa.Text, nullable=False, server_default=""),
)

cameras = sa.Table(
    "cameras",
    metadata,
    sa.Column("camera_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", JSONB, nullable=False),
    sa.Column("username", sa.LargeBinary),
    sa.Column("password", sa.LargeBinary),
    sa.Column("removed_at", sa.DateTime(timezone=True)),
)

camera_versions = sa.Table(
    "camera_versions",
    metadata,
    sa.Column("camera_id", sa.Text, sa.ForeignKey("cameras.camera_id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("change", sa.Text, nullable=False),
    sa.Column("state", JSONB, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
)

# Append-only: triggers refuse update, delete, and what does not carry the hash of the entry before it (audit/chain.py).
audit_entries = sa.Table(
    "audit_entries",
    metadata,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("entry_id", sa.Text, nullable=False, unique=True),
    sa.Column("actor_id", sa.Text, nullable=False),
    sa.Column("actor_kind", sa.Text, nullable=False),
    sa.Column("actor_role", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("object_id", sa.Text, nullable=False),
    sa.Column("camera_id", sa.Text),
    sa.Column("footage_from", sa.DateTime(timezone=True)),
    sa.Column("footage_until", sa.DateTime(timezone=True)),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("source_ip", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, server_default=_now),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("previous_hash", sa.LargeBinary, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sa.Index("audit_entries_actor", "actor_id", "at", "position", postgresql_include=["camera_id", *_seen]),
    sa.Index("audit_entries_camera", "camera_id", "at", "position", postgresql_include=["actor_id", *_seen]),
    sa.Index("audit_entries_action", "action", "at", "position"),
    sa.Index("audit_entries_at", "at", "position"),
    sa.Index("audit_entries_object", "object_id", "position", postgresql_where=sa.text("object_id <> ''")),
)

# Where the chain had grown to, signed (audit/heads.py); append-only too.
audit_heads = sa.Table(
    "audit_heads",
    metadata,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("statement", sa.Text, nullable=False),
)

audit_checks = sa.Table(
    "audit_checks",
    metadata,
    sa.Column("check_id", sa.Text, primary_key=True),
    sa.Column("started_by", sa.Text, nullable=False),
    sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("finished_at", sa.DateTime(timezone=True)),
    sa.Column("entries", sa.BigInteger, nullable=False),
    sa.Column("checked", sa.BigInteger, nullable=False),
    sa.Column("failed", sa.Boolean, nullable=False),
    sa.Column("findings", JSONB, nullable=False),
    sa.Index("audit_checks_started", "started_at"),
)

# What cameras and ingest have noticed; one row per event, kept for a while (housekeeping).
camera_events = sa.Table(
    "camera_events",
    metadata,
    sa.Column("event_id", sa.Text, primary_key=True),
    sa.Column("camera_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("fact", JSONB, nullable=False),
    sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, server_default=_now),
    sa.Index("camera_events_camera", "camera_id", "at"),
    sa.Index("camera_events_at", "kind", "at"),
)

# Walls put together once and called up again; `shared_with` names roles.
wall_views = sa.Table(
    "wall_views",
    metadata,
    sa.Column("view_id", sa.Text, primary_key=True),
    sa.Column("owner_id", sa.Text, sa.ForeignKey("accounts.account_id", ondelete="CASCADE"), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("layout", sa.Integer, nullable=False),
    sa.Column("tiles", JSONB, nullable=False),
    sa.Column("shared_with", ARRAY(sa.Text), nullable=False),
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    sa.UniqueConstraint("owner_id", "number", name="wall_views_number"),
)

outbox = outbox_table(metadata)
inbox = inbox_table(metadata)

__all__ = [
    "accounts",
    "audit_checks",
    "audit_entries",
    "audit_heads",
    "camera_events",
    "camera_versions",
    "cameras",
    "inbox",
    "metadata",
    "outbox",
    "sessions",
    "sign_in_throttle",
    "wall_views",
]

import hejnal_gateway.accounts.tables  # noqa: E402 they belong to the same schema
import hejnal_gateway.alerts.tables  # noqa: E402
import hejnal_gateway.incidents.tables  # noqa: E402
import hejnal_gateway.live.tables  # noqa: E402
import hejnal_gateway.ptz.tables  # noqa: E402
import hejnal_gateway.webhooks.tables  # noqa: E402, F401
