"""Tables around an announcement: drafts, templates, attachments, the CAP documents as they were first handed out."""

from sqlalchemy import ARRAY, Column, DateTime, ForeignKey, Index, Integer, LargeBinary, Table, Text, desc, text
from sqlalchemy.dialects.postgresql import JSONB

from hejnal_citizen.tables import metadata

_INSTANT = DateTime(timezone=True)

announcement_drafts = Table(
    "announcement_drafts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("state", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("announcement_id", ForeignKey("announcements.id", ondelete="CASCADE")),
    Column("expected_version", Integer),
    Column("publish_at", _INSTANT),
    Column("template_id", Text),
    Column("authors", ARRAY(Text), nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", _INSTANT, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", _INSTANT, nullable=False),
    Column("submitted_by", Text),
    Column("submitted_role", Text),
    Column("submitted_at", _INSTANT),
    Column("approval", JSONB),
    Column("approval_until", _INSTANT),
    Column("decided_by", Text),
    Column("decided_at", _INSTANT),
    Column("returned", JSONB),
    Column("published_version", Integer),
    Index("announcement_drafts_due", "publish_at", postgresql_where=text("state = 'scheduled'")),
    Index("announcement_drafts_waiting", "approval_until", postgresql_where=text("state = 'waiting_approval'")),
    Index("announcement_drafts_newest", desc("changed_at"), desc("id")),
)
announcement_templates = Table(
    "announcement_templates",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("name", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("valid_for_h", Integer),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", _INSTANT, nullable=False),
)
attachments = Table(
    "attachments",
    metadata,
    Column("id", Text, primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    Column("pages", Integer),
    Column("sha256", LargeBinary, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("uploaded_by", Text, nullable=False),
    Column("uploaded_at", _INSTANT, nullable=False),
    Index("attachments_uploaded", "uploaded_at"),
)
cap_documents = Table(
    "cap_documents",
    metadata,
    Column("announcement_id", ForeignKey("announcements.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("sender", Text, nullable=False),
    Column("sent", Text, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("signed_at", _INSTANT, nullable=False),
)
