"""Holds: footage that nothing may delete, refused by the database itself. Reasons of deletion, priorities, privacy deletions."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    create table holds (
        hold_id text primary key,
        state text not null constraint hold_state check (state in ('active', 'released', 'expired')),
        starts_at timestamptz not null,
        ends_at timestamptz not null,
        legal_basis text not null,
        basis_text text not null,
        case_number text not null,
        owner text not null,
        placed_at timestamptz not null,
        expires_at timestamptz not null,
        release_requested_by text,
        release_requested_at timestamptz,
        release_reason text,
        ended_by text,
        ended_at timestamptz,
        constraint hold_not_empty check (ends_at > starts_at),
        constraint hold_release_by_two check (state <> 'released'
            or (release_requested_by is not null and ended_by is not null and ended_by <> release_requested_by)),
        constraint hold_expired_in_time check (state <> 'expired' or ended_at >= expires_at),
        constraint hold_ended check ((state = 'active') = (ended_at is null)))
    """,
    "comment on table holds is 'Footage secured for a proceeding'",
    "create index holds_active on holds (expires_at) where state = 'active'",
    """
    create table hold_cameras (
        hold_id text not null references holds (hold_id),
        camera_id text not null,
        primary key (hold_id, camera_id))
    """,
    "comment on table hold_cameras is 'The cameras of a hold'",
    "create index hold_cameras_camera on hold_cameras (camera_id)",
    """
    create table held_segments (
        hold_id text not null references holds (hold_id),
        segment_id text not null,
        part smallint not null,
        starts_at timestamptz not null,
        primary key (hold_id, segment_id, part, starts_at),
        constraint held_footage foreign key (segment_id, part, starts_at)
            references segments (segment_id, part, starts_at) on delete restrict on update restrict)
    """,
    "comment on table held_segments is 'Rows of the index that active holds bind; the foreign key keeps them there'",
    "create index held_segments_segment on held_segments (segment_id, part, starts_at)",
    # Binding locks the row first: against a deletion that is under way one of the two is told so.
    """
    create function held_segments_exist() returns trigger language plpgsql as $$
    begin
        perform from segments where segment_id = new.segment_id and part = new.part and starts_at = new.starts_at
            and state <> 'garbage' for no key update;
        if not found then
            raise exception 'held_footage: % is not there or being deleted', new.segment_id using errcode = 'serialization_failure';
        end if;
        return new;
    end $$
    """,
    "create trigger held_segments_exist before insert on held_segments for each row execute function held_segments_exist()",
    """
    create function held_segments_stay() returns trigger language plpgsql as $$
    begin
        if tg_op = 'TRUNCATE' then
            if exists (select from held_segments) then
                raise exception 'held_footage: holds are not truncated' using errcode = 'restrict_violation';
            end if;
            return null;
        end if;
        if tg_op = 'UPDATE' or exists (select from holds where hold_id = old.hold_id and state = 'active') then
            raise exception 'held_footage: hold % is active', old.hold_id using errcode = 'restrict_violation';
        end if;
        return old;
    end $$
    """,
    """
    create trigger held_segments_stay before delete or update on held_segments for each row
    execute function held_segments_stay()
    """,
    "create trigger held_segments_not_truncated before truncate on held_segments for each statement execute function held_segments_stay()",
    "create trigger hold_cameras_stay before delete or update on hold_cameras for each row execute function held_segments_stay()",
    # An active hold only grows; it ends by release (two people) or when it has expired, never by deleting its row.
    """
    create function holds_only_grow() returns trigger language plpgsql as $$
    begin
        if tg_op = 'DELETE' then
            if old.state = 'active' then
                raise exception 'held_footage: hold % is active', old.hold_id using errcode = 'restrict_violation';
            end if;
            return old;
        end if;
        if old.state <> 'active' and new.state = 'active' then
            raise exception 'held_footage: hold % has ended', old.hold_id using errcode = 'restrict_violation';
        end if;
        if (new.hold_id, new.placed_at) is distinct from (old.hold_id, old.placed_at)
            or new.starts_at > old.starts_at or new.ends_at < old.ends_at or new.expires_at < old.expires_at then
            raise exception 'held_footage: hold % may only be extended', old.hold_id using errcode = 'restrict_violation';
        end if;
        return new;
    end $$
    """,
    "create trigger holds_only_grow before update or delete on holds for each row execute function holds_only_grow()",
    """
    create function segments_held() returns trigger language plpgsql as $$
    begin
        if exists (select from held_segments h
            where h.segment_id = old.segment_id and h.part = old.part and h.starts_at = old.starts_at) then
            raise exception 'held_footage: % is held', old.segment_id using errcode = 'restrict_violation';
        end if;
        return case when tg_op = 'DELETE' then old else new end;
    end $$
    """,
    "create trigger segments_held_delete before delete on segments for each row execute function segments_held()",
    """
    create trigger segments_held_change before update on segments for each row
    when ((new.state = 'garbage' and old.state <> 'garbage') or new.ends_at < old.ends_at
        or new.fragment_count < old.fragment_count or new.size_bytes < old.size_bytes
        or length(new.fragments) < length(old.fragments))
    execute function segments_held()
    """,
    # Footage that comes into the range of an active hold is bound when it comes. The camera's story is locked: placing locks it too.
    """
    create function segments_come_under_holds() returns trigger language plpgsql as $$
    begin
        perform from stories where camera_id = new.camera_id for no key update;
        insert into held_segments (hold_id, segment_id, part, starts_at)
        select h.hold_id, new.segment_id, new.part, new.starts_at
        from hold_cameras c join holds h using (hold_id)
        where c.camera_id = new.camera_id and h.state = 'active' and h.starts_at <= new.ends_at and h.ends_at > new.starts_at
        on conflict do nothing;
        return null;
    end $$
    """,
    """
    create trigger segments_come_under_holds_new after insert on segments for each row
    when (new.state <> 'garbage') execute function segments_come_under_holds()
    """,
    """
    create trigger segments_come_under_holds_grown after update on segments for each row
    when (old.state = 'stored' and new.state = 'stored' and new.ends_at > old.ends_at)
    execute function segments_come_under_holds()
    """,
)

RETENTION = (
    "alter table segments add column garbage_reason text",
    "comment on column segments.garbage_reason is 'Why it is being deleted'",
    """
    alter table cameras add column priority text not null default 'normal'
        constraint camera_priority check (priority in ('low', 'normal', 'high'))
    """,
    "alter table cameras add column disk_share_percent double precision",
    """
    create table privacy_deletions (
        deletion_id text primary key,
        state text not null constraint privacy_state check (state in ('requested', 'approved', 'withdrawn', 'done')),
        camera_id text not null,
        starts_at timestamptz not null,
        ends_at timestamptz not null,
        reason text not null,
        requested_by text not null,
        requested_at timestamptz not null,
        decided_by text,
        decided_at timestamptz,
        done_at timestamptz,
        deleted_segments integer not null default 0,
        deleted_bytes bigint not null default 0,
        constraint privacy_not_empty check (ends_at > starts_at),
        constraint privacy_by_two check (state not in ('approved', 'done') or decided_by <> requested_by),
        constraint privacy_decided check ((state = 'requested') = (decided_by is null)))
    """,
    "comment on table privacy_deletions is 'Footage to be deleted before its time because a person has a right to it; holds win'",
    "create index privacy_deletions_pending on privacy_deletions (decided_at) where state = 'approved'",
    """
    create table decisions (
        decision_id text primary key,
        what text not null,
        decision text not null,
        recorded_at timestamptz not null,
        unique (what, decision))
    """,
    "comment on table decisions is 'Signed-off decisions that a setting beyond the law''s default refers to'",
)


def upgrade() -> None:
    for statement in (*STATEMENTS, *RETENTION):
        op.execute(statement)
