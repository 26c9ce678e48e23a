"""The recorder's schema. What each column means for the timeline is said where it is written (`takeover.rows`)."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint

from hejnal_runtime.outbox import outbox_table

metadata = MetaData()


def _instant(name: str, *, nullable: bool = False) -> "Column[object]":
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
    CheckConstraint("keep_days between 1 and 90", name="keep_days_within_ceiling"),
    comment="What the recorder needs to know of the registry",
)

stories = Table(
    "stories",
    metadata,
    Column("camera_id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    _instant("first_seen"),
    _instant("until"),
    Column("epoch", BigInteger, nullable=False),
    Column("ingest_id", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("run_open", Boolean, nullable=False),
    Column("next_sequence", BigInteger, nullable=False),
    Column("segment_id", Text),
    Column("segment_part", SmallInteger),
    Column("segment_part_open", Boolean),
    _instant("segment_starts_at", nullable=True),
    _instant("segment_ends_at", nullable=True),
    Column("segment_fragments", Integer),
    Column("segment_size_bytes", BigInteger),
    Column("gap_id", Text),
    Column("gap_cause", Text),
    _instant("gap_starts_at", nullable=True),
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
    _instant("started_at"),
    _instant("ended_at", nullable=True),
    Column("cause", Text),
    Column("detail", Text, nullable=False, server_default=""),
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
    _instant("starts_at"),
    _instant("ends_at"),
    Column(
        "during",
        TSTZRANGE,
        Computed("tstzrange(starts_at, case when state = 'open' then null else ends_at end)", persisted=True),
        nullable=False,
    ),
    Column("fragment_count", Integer, nullable=False),
    Column("size_bytes", BigInteger, nullable=False, comment="End of the last fragment in the file"),
    Column("init_size_bytes", Integer, nullable=False),
    Column("init_sha256", LargeBinary, nullable=False),
    Column("fragments", LargeBinary, nullable=False, comment="Packed records, see fragments.py"),
    CheckConstraint("state in ('open', 'stored', 'garbage')", name="segment_state"),
    CheckConstraint("ends_at >= starts_at", name="segment_order"),
    ExcludeConstraint(("camera_id", "="), ("during", "&&"), name="segments_do_not_overlap", using="gist"),
    Index("segments_garbage", "segment_id", postgresql_where=text("state = 'garbage'")),
    Index("segments_age", "ends_at", postgresql_where=text("state = 'stored'")),
    comment="Footage; an open segment claims all time after its start",
)

gaps = Table(
    "gaps",
    metadata,
    Column("gap_id", Text, primary_key=True),
    Column("camera_id", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    _instant("starts_at"),
    _instant("ends_at", nullable=True),
    Column("during", TSTZRANGE, Computed("tstzrange(starts_at, ends_at)", persisted=True), nullable=False),
    CheckConstraint("ends_at > starts_at", name="gap_not_empty"),
    ExcludeConstraint(("camera_id", "="), ("during", "&&"), name="gaps_do_not_overlap", using="gist"),
    comment="Time without footage; ends_at is null while it lasts",
)

outbox = outbox_table(metadata)
