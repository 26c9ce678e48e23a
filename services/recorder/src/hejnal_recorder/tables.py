"""The recorder's schema. What each column means for the timeline is said where it is written (`takeover.rows`)."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint

from hejnal_runtime.outbox import outbox_table

metadata = MetaData()


def instant(name: str, *, nullable: bool = False) -> "Column[object]":
    """A column with a point in time."""
    return Column(name, DateTime(timezone=True), nullable=nullable)


cameras = Table(
    "cameras",
    metadata,
    Column("camera_id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("recording_enabled", Boolean, nullable=False),
    Column("keep_days", SmallInteger, nullable=False),
    Column("removed", Boolean, nullable=False),
    Column("priority", Text, nullable=False, server_default=text("'normal'")),
    Column("disk_share_percent", Double),
    Column("restricted", Boolean, nullable=False, server_default=text("false")),
    CheckConstraint("keep_days between 1 and 90", name="keep_days_within_ceiling"),
    comment="What the recorder needs to know of the registry",
)

stories = Table(
    "stories",
    metadata,
    Column("camera_id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    instant("first_seen"),
    instant("until"),
    Column("epoch", BigInteger, nullable=False),
    Column("ingest_id", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("run_open", Boolean, nullable=False),
    Column("next_sequence", BigInteger, nullable=False),
    Column("segment_id", Text),
    Column("segment_part", SmallInteger),
    Column("segment_part_open", Boolean),
    instant("segment_part_starts_at", nullable=True),
    instant("segment_starts_at", nullable=True),
    instant("segment_ends_at", nullable=True),
    Column("segment_fragments", Integer),
    Column("segment_size_bytes", BigInteger),
    Column("segment_last", LargeBinary, comment="The open row's last fragment, packed"),
    Column("gap_id", Text),
    Column("gap_cause", Text),
    instant("gap_starts_at", nullable=True),
    Column("last_gap_id", Text, comment="The gap that ends where the story stands"),
    Column("last_gap_cause", Text),
    Column("last_gap_detail", Text),
    instant("last_gap_starts_at", nullable=True),
    CheckConstraint("(segment_id is null) = (segment_part is null)", name="segment_whole"),
    CheckConstraint("segment_id is null or gap_id is null", name="segment_or_gap"),
    comment="Where each camera's story stands; `version` guards against two writers",
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("camera_id", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("ingest_id", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("spool_url", Text, nullable=False),
    Column("codec", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("timescale", BigInteger, nullable=False),
    instant("started_at"),
    instant("ended_at", nullable=True),
    Column("cause", Text),
    Column("detail", Text, nullable=False, server_default=""),
    Column("backfilled", Boolean, nullable=False, server_default=text("false")),
    Column("next_sequence", BigInteger, nullable=False, server_default=text("0"), comment="Of back-filled runs"),
    Column("open_segment", Text, comment="Of back-filled runs: the file that is not complete"),
    Column("audio_codec", Text, comment="RFC 6381 codec string; null: recorded without sound"),
    Index("runs_camera", "camera_id", "started_at"),
    comment="RTSP sessions that delivered video",
)

segments = Table(
    "segments",
    metadata,
    Column("segment_id", Text, primary_key=True),
    Column("part", SmallInteger, primary_key=True, comment="Grows when announcements were lost inside one file"),
    Column("camera_id", Text, nullable=False),
    Column("run_id", Text, ForeignKey("runs.run_id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("path", Text, nullable=False, comment="Relative to the archive folder"),
    Column("starts_at", DateTime(timezone=True), primary_key=True, comment="Never changes: it decides the partition"),
    instant("ends_at"),
    Column(
        "during",
        TSTZRANGE,
        Computed("tstzrange(starts_at, case when state = 'open' then null else ends_at end)", persisted=True),
        nullable=False,
    ),
    Column("fragment_count", Integer, nullable=False),
    Column("footage_bytes", BigInteger, nullable=False, comment="Sum of its fragments"),
    Column("size_bytes", BigInteger, nullable=False, comment="End of the last fragment in the file"),
    Column("init_size_bytes", Integer, nullable=False),
    Column("init_sha256", LargeBinary, nullable=False),
    Column("fragments", LargeBinary, nullable=False, comment="Packed records, see fragments.py"),
    Column("garbage_reason", Text, comment="Why it is being deleted"),
    Column(
        "tier",
        Text,
        nullable=False,
        server_default=text("'local'"),
        comment="local; copying: local, perhaps in the store too; leaving: store, perhaps local too; store",
    ),
    CheckConstraint("tier in ('local', 'copying', 'leaving', 'store')", name="segment_tier"),
    CheckConstraint("state in ('open', 'stored', 'garbage')", name="segment_state"),
    CheckConstraint("ends_at >= starts_at", name="segment_order"),
    CheckConstraint("ends_at - starts_at <= interval '24 hours'", name="segment_within_a_day"),
    Index("segments_time", "camera_id", "starts_at"),
    Index("segments_garbage", "segment_id", postgresql_where=text("state = 'garbage'")),
    Index("segments_to_move", "starts_at", postgresql_where=text("state = 'stored' and tier in ('local', 'copying')")),
    Index("segments_leaving", "segment_id", postgresql_where=text("tier = 'leaving'")),
    postgresql_partition_by="range (starts_at)",
    comment="Footage, a partition per UTC day of its start; an open segment claims all time after its start",
)
"""Each partition has its own exclusion constraint, a trigger looks across midnight: see the migration and `days.py`."""

holds = Table(
    "holds",
    metadata,
    Column("hold_id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    instant("starts_at"),
    instant("ends_at"),
    Column("legal_basis", Text, nullable=False),
    Column("basis_text", Text, nullable=False),
    Column("case_number", Text, nullable=False),
    Column("owner", Text, nullable=False),
    instant("placed_at"),
    instant("expires_at"),
    Column("release_requested_by", Text),
    instant("release_requested_at", nullable=True),
    Column("release_reason", Text),
    Column("ended_by", Text),
    instant("ended_at", nullable=True),
    CheckConstraint("state in ('active', 'released', 'expired')", name="hold_state"),
    CheckConstraint("ends_at > starts_at", name="hold_not_empty"),
    Index("holds_active", "expires_at", postgresql_where=text("state = 'active'")),
    comment="Footage secured for a proceeding",
)

hold_cameras = Table(
    "hold_cameras",
    metadata,
    Column("hold_id", Text, ForeignKey("holds.hold_id"), primary_key=True),
    Column("camera_id", Text, primary_key=True),
    Index("hold_cameras_camera", "camera_id"),
    comment="The cameras of a hold",
)

held_segments = Table(
    "held_segments",
    metadata,
    Column("hold_id", Text, ForeignKey("holds.hold_id"), primary_key=True),
    Column("segment_id", Text, primary_key=True),
    Column("part", SmallInteger, primary_key=True),
    Column("starts_at", DateTime(timezone=True), primary_key=True),
    ForeignKeyConstraint(
        ("segment_id", "part", "starts_at"),
        ("segments.segment_id", "segments.part", "segments.starts_at"),
        name="held_footage",
        ondelete="RESTRICT",
        onupdate="RESTRICT",
    ),
    Index("held_segments_segment", "segment_id", "part", "starts_at"),
    comment="Rows of the index that active holds bind; the foreign key keeps them there",
)

privacy_deletions = Table(
    "privacy_deletions",
    metadata,
    Column("deletion_id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("camera_id", Text, nullable=False),
    instant("starts_at"),
    instant("ends_at"),
    Column("reason", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    instant("requested_at"),
    Column("decided_by", Text),
    instant("decided_at", nullable=True),
    instant("done_at", nullable=True),
    Column("deleted_segments", Integer, nullable=False, server_default=text("0")),
    Column("deleted_bytes", BigInteger, nullable=False, server_default=text("0")),
    Column("purpose", Text, nullable=False, server_default=text("'privacy'")),
    CheckConstraint("state in ('requested', 'approved', 'withdrawn', 'done')", name="privacy_state"),
    CheckConstraint("purpose in ('privacy', 'camera_removed')", name="privacy_purpose"),
    Index("privacy_deletions_pending", "decided_at", postgresql_where=text("state = 'approved'")),
    comment="Footage to be deleted before its time because a person has a right to it, or with its camera; holds win",
)

decisions = Table(
    "decisions",
    metadata,
    Column("decision_id", Text, primary_key=True),
    Column("what", Text, nullable=False),
    Column("decision", Text, nullable=False),
    instant("recorded_at"),
    UniqueConstraint("what", "decision"),
    comment="Signed-off decisions that a setting beyond the law's default refers to",
)

events = Table(
    "events",
    metadata,
    Column("event_id", Text, primary_key=True),
    Column("camera_id", Text, nullable=False),
    Column("kind", Text, nullable=False, comment="tamper:<kind>, motion, fault:<cause>, clock_set"),
    instant("starts_at"),
    instant("ends_at", nullable=True),
    Column("detail", Text, nullable=False, server_default=""),
    Index("events_camera", "camera_id", "starts_at"),
    comment="What cameras and ingest reported, for the time bar",
)

bookmarks = Table(
    "bookmarks",
    metadata,
    Column("bookmark_id", Text, primary_key=True),
    Column("camera_id", Text, nullable=False),
    instant("starts_at"),
    instant("ends_at"),
    Column("title", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("owner", Text, nullable=False),
    instant("made_at"),
    instant("changed_at"),
    CheckConstraint("ends_at >= starts_at", name="bookmark_order"),
    Index("bookmarks_camera", "camera_id", "starts_at"),
    comment="Marks of staff on the time bar; they secure nothing",
)

archives = Table(
    "archives",
    metadata,
    Column("archive_id", Text, primary_key=True),
    instant("named_at"),
    comment="One row: the archive that this index describes",
)

coverage = Table(
    "coverage",
    metadata,
    Column("camera_id", Text, primary_key=True),
    Column("level", Text, primary_key=True),
    Column("bucket", DateTime(timezone=True), primary_key=True),
    Column("kind", Text, primary_key=True, comment="footage, gap:<cause>, bytes, store_bytes (of those), event:<type>"),
    Column("amount", BigInteger, nullable=False, comment="Microseconds, bytes or a count"),
    CheckConstraint("level in ('hour', 'day')", name="coverage_level"),
    comment="What is there per UTC hour and day, kept by triggers; what is still open is not in it",
)

gaps = Table(
    "gaps",
    metadata,
    Column("gap_id", Text, primary_key=True),
    Column("camera_id", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    instant("starts_at"),
    instant("ends_at", nullable=True),
    Column("during", TSTZRANGE, Computed("tstzrange(starts_at, ends_at)", persisted=True), nullable=False),
    CheckConstraint("ends_at > starts_at", name="gap_not_empty"),
    ExcludeConstraint(("camera_id", "="), ("during", "&&"), name="gaps_do_not_overlap", using="gist"),
    comment="Time without footage; ends_at is null while it lasts",
)

outbox = outbox_table(metadata)

import hejnal_recorder.export.tables  # noqa: E402, F401 they belong to the same schema
