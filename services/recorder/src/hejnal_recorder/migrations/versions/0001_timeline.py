"""Runs, segments, gaps, stories, cameras, outbox."""

from alembic import op

from hejnal_runtime.outbox import create_outbox

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    create table cameras (
        camera_id text primary key,
        version integer not null,
        name text not null,
        recording_enabled boolean not null,
        keep_days smallint not null constraint keep_days_within_ceiling check (keep_days between 1 and 90),
        removed boolean not null)
    """,
    "comment on table cameras is 'What the recorder needs to know of the registry'",
    """
    create table stories (
        camera_id text primary key,
        version bigint not null,
        first_seen timestamptz not null,
        until timestamptz not null,
        epoch bigint not null,
        ingest_id text not null,
        run_id text not null,
        run_open boolean not null,
        next_sequence bigint not null,
        segment_id text,
        segment_part smallint,
        segment_part_open boolean,
        segment_starts_at timestamptz,
        segment_ends_at timestamptz,
        segment_fragments integer,
        segment_size_bytes bigint,
        gap_id text,
        gap_cause text,
        gap_starts_at timestamptz,
        constraint segment_whole check ((segment_id is null) = (segment_part is null)),
        constraint segment_or_gap check (segment_id is null or gap_id is null))
    """,
    "comment on table stories is 'Where each camera''s story stands; `version` guards against two writers'",
    # rewritten with every fragment: room in the page keeps the new version beside the old one (HOT)
    "alter table stories set (fillfactor = 30)",
    """
    create table runs (
        run_id text primary key,
        camera_id text not null,
        epoch bigint not null,
        ingest_id text not null,
        stream text not null,
        spool_url text not null,
        codec text not null,
        width integer not null,
        height integer not null,
        timescale bigint not null,
        started_at timestamptz not null,
        ended_at timestamptz,
        cause text,
        detail text not null default '')
    """,
    "comment on table runs is 'RTSP sessions that delivered video'",
    "create index runs_camera on runs (camera_id, started_at)",
    """
    create table segments (
        segment_id text not null,
        part smallint not null,
        camera_id text not null,
        run_id text not null references runs (run_id),
        state text not null constraint segment_state check (state in ('open', 'stored', 'garbage')),
        path text not null,
        starts_at timestamptz not null,
        ends_at timestamptz not null,
        during tstzrange not null generated always as
            (tstzrange(starts_at, case when state = 'open' then null else ends_at end)) stored,
        fragment_count integer not null,
        size_bytes bigint not null,
        init_size_bytes integer not null,
        init_sha256 bytea not null,
        fragments bytea not null,
        primary key (segment_id, part),
        constraint segment_order check (ends_at >= starts_at),
        constraint segments_do_not_overlap exclude using gist (camera_id with =, during with &&))
    """,
    "comment on table segments is 'Footage; an open segment claims all time after its start'",
    "comment on column segments.part is 'Grows when announcements were lost inside one file'",
    "comment on column segments.path is 'Relative to the archive folder'",
    "comment on column segments.size_bytes is 'End of the last fragment in the file'",
    "comment on column segments.fragments is 'Packed records, see fragments.py'",
    "create index segments_garbage on segments (segment_id) where state = 'garbage'",
    "create index segments_age on segments (ends_at) where state = 'stored'",
    # a minute of fragments is 2.6 kB of hashes and times: keep it in the row, uncompressed, and the open row's versions in one page
    "alter table segments alter column fragments set storage external",
    "alter table segments set (toast_tuple_target = 8160, fillfactor = 70)",
    """
    create table gaps (
        gap_id text primary key,
        camera_id text not null,
        cause text not null,
        detail text not null default '',
        starts_at timestamptz not null,
        ends_at timestamptz,
        during tstzrange not null generated always as (tstzrange(starts_at, ends_at)) stored,
        constraint gap_not_empty check (ends_at > starts_at),
        constraint gaps_do_not_overlap exclude using gist (camera_id with =, during with &&))
    """,
    "comment on table gaps is 'Time without footage; ends_at is null while it lasts'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    create_outbox(op)
