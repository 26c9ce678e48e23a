"""Gaps that go on are one gap; events and bookmarks on the time bar."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STATEMENTS = (
    "alter table stories add column last_gap_id text",
    "alter table stories add column last_gap_cause text",
    "alter table stories add column last_gap_detail text",
    "alter table stories add column last_gap_starts_at timestamptz",
    "comment on column stories.last_gap_id is 'The gap that ends where the story stands'",
    "alter table runs add column open_segment text",
    "comment on column runs.open_segment is 'Of back-filled runs: the file that is not complete'",
    """
    create table events (
        event_id text primary key,
        camera_id text not null,
        kind text not null,
        starts_at timestamptz not null,
        ends_at timestamptz,
        detail text not null default '')
    """,
    "comment on table events is 'What cameras and ingest reported, for the time bar'",
    "comment on column events.kind is 'tamper:<kind>, motion, fault:<cause>, clock_set'",
    "create index events_camera on events (camera_id, starts_at)",
    """
    create table bookmarks (
        bookmark_id text primary key,
        camera_id text not null,
        starts_at timestamptz not null,
        ends_at timestamptz not null,
        title text not null,
        note text not null default '',
        owner text not null,
        made_at timestamptz not null,
        changed_at timestamptz not null,
        constraint bookmark_order check (ends_at >= starts_at))
    """,
    "comment on table bookmarks is 'Marks of staff on the time bar; they secure nothing'",
    "create index bookmarks_camera on bookmarks (camera_id, starts_at)",
    # The camera's story is not locked for events: their counts are rows of their own, written by one consumer per camera.
    """
    create function events_covered() returns trigger language plpgsql as $$
    begin
        if tg_op <> 'INSERT' then
            perform cover_amount(old.camera_id, 'event:' || old.kind, old.starts_at, -1);
        end if;
        if tg_op <> 'DELETE' then
            perform cover_amount(new.camera_id, 'event:' || new.kind, new.starts_at, 1);
        end if;
        return null;
    end $$
    """,
    "create trigger events_covered_new after insert or delete on events for each row execute function events_covered()",
    """
    create trigger events_covered_changed after update on events for each row
    when ((old.camera_id, old.kind, old.starts_at) is distinct from (new.camera_id, new.kind, new.starts_at))
    execute function events_covered()
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
