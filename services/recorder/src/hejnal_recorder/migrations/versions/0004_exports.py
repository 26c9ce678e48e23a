"""Export jobs, and the footage they keep from being deleted while they run."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    create table exports (
        export_id text primary key,
        state text not null constraint export_state check (state in
            ('awaiting_approval', 'queued', 'running', 'finished', 'failed', 'cancelled', 'expired')),
        requested_by text not null,
        requested_at timestamptz not null,
        idempotency_key text,
        approved_by text,
        decided_at timestamptz,
        cancelled_by text,
        reason text not null,
        case_number text not null,
        cameras text[] not null,
        starts_at timestamptz not null,
        ends_at timestamptz not null,
        masks jsonb not null,
        originals boolean not null,
        footage_bytes bigint not null,
        footage_s double precision not null,
        stage text not null default '',
        done_bytes bigint not null default 0,
        total_bytes bigint not null default 0,
        worker text,
        lease_until timestamptz,
        attempts integer not null default 0,
        finished_at timestamptz,
        expires_at timestamptz,
        size_bytes bigint,
        sha256 text,
        stamped boolean,
        damaged integer,
        failure text,
        failure_detail text,
        constraint export_not_empty check (ends_at > starts_at),
        constraint export_by_two check (approved_by <> requested_by),
        constraint export_worker check ((state = 'running') = (worker is not null)),
        constraint export_whole check (state not in ('finished', 'expired') or sha256 is not null))
    """,
    "comment on table exports is 'Evidence packages: asked for, in work, to be fetched'",
    "comment on column exports.worker is 'Recorder that works on it'",
    "create index exports_waiting on exports (requested_at) where state in ('queued', 'running')",
    "create index exports_requested on exports (requested_at)",
    "create unique index exports_once on exports (requested_by, idempotency_key)",
    """
    create table export_pins (
        export_id text not null references exports (export_id),
        segment_id text not null,
        part smallint not null,
        starts_at timestamptz not null,
        primary key (export_id, segment_id, part, starts_at),
        constraint pinned_footage foreign key (segment_id, part, starts_at)
            references segments (segment_id, part, starts_at) on delete restrict on update restrict)
    """,
    "comment on table export_pins is 'Footage that a waiting or running export needs: nothing deletes it meanwhile'",
    "create index export_pins_segment on export_pins (segment_id, part, starts_at)",
    # As with holds: binding locks the row first, so of a deletion and a binding at the same time one is told.
    "create trigger export_pins_exist before insert on export_pins for each row execute function held_segments_exist()",
    """
    create or replace function segments_held() returns trigger language plpgsql as $$
    begin
        if exists (select from held_segments h
                where h.segment_id = old.segment_id and h.part = old.part and h.starts_at = old.starts_at)
            or exists (select from export_pins p
                where p.segment_id = old.segment_id and p.part = old.part and p.starts_at = old.starts_at) then
            raise exception 'held_footage: % is held', old.segment_id using errcode = 'restrict_violation';
        end if;
        return case when tg_op = 'DELETE' then old else new end;
    end $$
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
