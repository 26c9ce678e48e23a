"""Tables of Open311: keys of other programs, what came by them, and the back office that gets our reports."""

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Index, Integer, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from hejnal_citizen.tables import metadata

_INSTANT = DateTime(timezone=True)

open311_keys = Table(
    "open311_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("label", Text, nullable=False),
    Column("key_hash", LargeBinary, nullable=False, unique=True),
    Column("hint", Text, nullable=False),
    Column("may_read", Boolean, nullable=False),
    Column("may_update", Boolean, nullable=False),
    Column("created_at", _INSTANT, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("last_used_at", _INSTANT),
    Column("revoked_at", _INSTANT),
)
open311_origins = Table(
    "open311_origins",
    metadata,
    Column("report_id", ForeignKey("reports.id", ondelete="CASCADE"), primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("token", Text, unique=True),
    Column("media_url", Text, nullable=False, server_default=""),
)
open311_back_office = Table(
    "open311_back_office",
    metadata,
    Column("single", Boolean, primary_key=True, server_default=text("true")),
    Column("enabled", Boolean, nullable=False),
    Column("url", Text, nullable=False),
    Column("jurisdiction_id", Text, nullable=False, server_default=""),
    Column("api_key_sealed", LargeBinary),
    Column("services", JSONB, nullable=False),
    Column("with_contact", Boolean, nullable=False, server_default=text("false")),
    Column("poll_s", Integer, nullable=False),
    Column("polled_until", _INSTANT),
    Column("version", Integer, nullable=False),
    Column("changed_at", _INSTANT, nullable=False),
)
open311_pushes = Table(
    "open311_pushes",
    metadata,
    Column("report_id", ForeignKey("reports.id", ondelete="CASCADE"), primary_key=True),
    Column("service_code", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("token", Text),
    Column("service_request_id", Text),
    Column("status", Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("in_doubt", Boolean, nullable=False, server_default=text("false")),
    Column("error", Text, nullable=False, server_default=""),
    Column("next_at", _INSTANT),
    Column("created_at", _INSTANT, nullable=False),
    Column("updated_at", _INSTANT, nullable=False),
    Index("open311_pushes_due", "next_at", postgresql_where=text("next_at is not null")),
    Index("open311_pushes_remote", "service_request_id", postgresql_where=text("service_request_id is not null")),
)
open311_updates = Table(
    "open311_updates",
    metadata,
    Column("report_id", ForeignKey("reports.id", ondelete="CASCADE"), primary_key=True),
    Column("update_key", Text, primary_key=True),
    Column("at", _INSTANT, nullable=False),
)
