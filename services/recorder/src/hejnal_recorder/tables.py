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
    _instant("segment_part_starts_at", nullable=True),
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
    Column("backfilled", Boolean, nullable=False, server_default=text("false")),
    Column("next_sequence", BigInteger, nullable=False, server_default=text("0"), comment="Of back-filled runs"),
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
    _instant("ends_at"),
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
    Column("motion", LargeBinary, comment="A byte per fragment, see motion.py"),
    CheckConstraint("state in ('open', 'stored', 'garbage')", name="segment_state"),
    CheckConstraint("ends_at >= starts_at", name="segment_order"),
    CheckConstraint("ends_at - starts_at <= interval '24 hours'", name="segment_within_a_day"),
    Index("segments_time", "camera_id", "starts_at"),
    Index("segments_garbage", "segment_id", postgresql_where=text("state = 'garbage'")),
    postgresql_partition_by="range (starts_at)",
    comment="Footage, a partition per UTC day of its start; an open segment claims all time after its start",
)
"""Each partition has its own exclusion constraint, a trigger looks across midnight: see the migration and `days.py`."""

coverage = Table(
    "coverage",
    metadata,
    Column("camera_id", Text, primary_key=True),
    Column("level", Text, primary_key=True),
    Column("bucket", DateTime(timezone=True), primary_key=True),
    Column("kind", Text, primary_key=True, comment="footage, gap:<cause>, bytes, event:<type>"),
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
    _instant("starts_at"),
    _instant("ends_at", nullable=True),
    Column("during", TSTZRANGE, Computed("tstzrange(starts_at, ends_at)", persisted=True), nullable=False),
    CheckConstraint("ends_at > starts_at", name="gap_not_empty"),
    ExcludeConstraint(("camera_id", "="), ("during", "&&"), name="gaps_do_not_overlap", using="gist"),
    comment="Time without footage; ends_at is null while it lasts",
)

outbox = outbox_table(metadata)
