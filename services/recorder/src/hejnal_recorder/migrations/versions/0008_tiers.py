"""Where each segment's bytes lie: on the local disk, on their way into the object store, or there."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    alter table segments add column tier text not null default 'local'
        constraint segment_tier check (tier in ('local', 'copying', 'leaving', 'store'))
    """,
    "comment on column segments.tier is 'local; copying: local, perhaps in the store too; leaving: store, perhaps local too; store'",
    "create index segments_to_move on segments (starts_at) where state = 'stored' and tier in ('local', 'copying')",
    "create index segments_leaving on segments (segment_id) where tier = 'leaving'",
    # The sums know what of a camera's bytes is in the store.
    """
    create or replace function segments_covered() returns trigger language plpgsql as $$
    declare
        camera text := coalesce(new.camera_id, old.camera_id);
        before tstzmultirange := '{}';
        after tstzmultirange := '{}';
        bytes bigint := 0;
        store_bytes bigint := 0;
    begin
        perform from stories where camera_id = camera for no key update;
        if tg_op <> 'INSERT' and old.state = 'stored' then
            before := tstzmultirange(tstzrange(old.starts_at, old.ends_at));
            bytes := - old.footage_bytes;
            store_bytes := case when old.tier in ('leaving', 'store') then - old.footage_bytes else 0 end;
        end if;
        if tg_op <> 'DELETE' and new.state = 'stored' then
            after := tstzmultirange(tstzrange(new.starts_at, new.ends_at));
            bytes := bytes + new.footage_bytes;
            store_bytes := store_bytes + case when new.tier in ('leaving', 'store') then new.footage_bytes else 0 end;
        end if;
        perform cover_change(camera, 'footage', before, after);
        if bytes <> 0 then
            perform cover_amount(camera, 'bytes', coalesce(new.starts_at, old.starts_at), bytes);
        end if;
        if store_bytes <> 0 then
            perform cover_amount(camera, 'store_bytes', coalesce(new.starts_at, old.starts_at), store_bytes);
        end if;
        return null;
    end $$
    """,
    "drop trigger segments_covered_changed on segments",
    """
    create trigger segments_covered_changed after update on segments for each row
    when ((old.state = 'stored' or new.state = 'stored')
        and (old.state, old.ends_at, old.footage_bytes, old.tier)
            is distinct from (new.state, new.ends_at, new.footage_bytes, new.tier))
    execute function segments_covered()
    """,
    """
    create or replace function coverage_of(camera text) returns table (level text, bucket timestamptz, kind text, amount bigint)
    language sql stable as $$
        with times as (
            select 'footage' as kind, starts_at, ends_at from segments
            where camera_id = camera and state = 'stored' and ends_at > starts_at
            union all
            select 'gap:' || cause, starts_at, ends_at from gaps where camera_id = camera and ends_at is not null),
        pieces as (
            select l.level, b.bucket, t.kind, (extract(epoch from
                least(t.ends_at, b.bucket + l.length) - greatest(t.starts_at, b.bucket)) * 1000000)::bigint as amount
            from times t
                cross join (values ('hour', interval '1 hour'), ('day', interval '24 hours')) as l(level, length)
                cross join generate_series(date_trunc(l.level, t.starts_at, 'UTC'), t.ends_at - interval '1 microsecond',
                    l.length) as b(bucket)
            union all
            select l.level, date_trunc(l.level, s.starts_at, 'UTC'), k.kind, s.footage_bytes
            from segments s cross join unnest(array['hour', 'day']) as l(level)
                cross join (values ('bytes'), ('store_bytes')) as k(kind)
            where s.camera_id = camera and s.state = 'stored' and (k.kind = 'bytes' or s.tier in ('leaving', 'store')))
        select level, bucket, kind, sum(amount)::bigint from pieces group by level, bucket, kind having sum(amount) <> 0
    $$
    """,
    "comment on column coverage.kind is 'footage, gap:<cause>, bytes, store_bytes (of those), event:<type>'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
