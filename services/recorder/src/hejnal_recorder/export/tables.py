"""Tables of the export jobs."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from hejnal_recorder.tables import metadata


def _instant(name: str, *, nullable: bool = True) -> "Column[object]":
    return Column(name, DateTime(timezone=True), nullable=nullable)


exports = Table(
    "exports",
    metadata,
    Column("export_id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    _instant("requested_at", nullable=False),
    Column("idempotency_key", Text),
    Column("approved_by", Text),
    _instant("decided_at"),
    Column("cancelled_by", Text),
    Column("reason", Text, nullable=False),
    Column("case_number", Text, nullable=False),
    Column("cameras", ARRAY(Text), nullable=False),
    _instant("starts_at", nullable=False),
    _instant("ends_at", nullable=False),
    Column("masks", JSONB, nullable=False),
    Column("originals", Boolean, nullable=False),
    Column("footage_bytes", BigInteger, nullable=False),
    Column("footage_s", Double, nullable=False),
    Column("stage", Text, nullable=False, server_default=""),
    Column("done_bytes", BigInteger, nullable=False, server_default=text("0")),
    Column("total_bytes", BigInteger, nullable=False, server_default=text("0")),
    Column("worker", Text, comment="Recorder that works on it"),
    _instant("lease_until"),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    _instant("finished_at"),
    _instant("expires_at"),
    Column("size_bytes", BigInteger),
    Column("sha256", Text),
    Column("stamped", Boolean),
    Column("damaged", Integer),
    Column("failure", Text),
    Column("failure_detail", Text),
    CheckConstraint(
        "state in ('awaiting_approval', 'queued', 'running', 'finished', 'failed', 'cancelled', 'expired')", name="export_state"
    ),
    CheckConstraint("ends_at > starts_at", name="export_not_empty"),
    CheckConstraint("approved_by <> requested_by", name="export_by_two"),
    CheckConstraint("(state = 'running') = (worker is not null)", name="export_worker"),
    CheckConstraint("state not in ('finished', 'expired') or sha256 is not null", name="export_whole"),
    Index("exports_waiting", "requested_at", postgresql_where=text("state in ('queued', 'running')")),
    Index("exports_requested", "requested_at"),
    Index("exports_once", "requested_by", "idempotency_key", unique=True),
    comment="Evidence packages: asked for, in work, to be fetched",
)

export_pins = Table(
    "export_pins",
    metadata,
    Column("export_id", Text, ForeignKey("exports.export_id"), primary_key=True),
    Column("segment_id", Text, primary_key=True),
    Column("part", SmallInteger, primary_key=True),
    Column("starts_at", DateTime(timezone=True), primary_key=True),
    ForeignKeyConstraint(
        ("segment_id", "part", "starts_at"),
        ("segments.segment_id", "segments.part", "segments.starts_at"),
        name="pinned_footage",
        ondelete="RESTRICT",
        onupdate="RESTRICT",
    ),
    Index("export_pins_segment", "segment_id", "part", "starts_at"),
    comment="Footage that a waiting or running export needs: nothing deletes it meanwhile",
)
