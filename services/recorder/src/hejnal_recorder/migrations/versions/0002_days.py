"""Segments partitioned by day; no overlap across midnight; pre-aggregated coverage; back-filled runs."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

DAYS = (
    "alter table segments rename to segments_before",
    "alter table segments_before rename constraint segments_pkey to segments_before_pkey",
    "drop index segments_garbage",
    "drop index segments_age",
    "alter table stories add column segment_part_starts_at timestamptz",
    """
    update stories st set segment_part_starts_at = s.starts_at from segments_before s
    where s.segment_id = st.segment_id and s.part = st.segment_part
    """,
    "alter table runs add column backfilled boolean not null default false",
    "alter table runs add column next_sequence bigint not null default 0",
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
        footage_bytes bigint not null,
        size_bytes bigint not null,
        init_size_bytes integer not null,
        init_sha256 bytea not null,
        fragments bytea not null,
        primary key (segment_id, part, starts_at),
        constraint segment_order check (ends_at >= starts_at),
        constraint segment_within_a_day check (ends_at - starts_at <= interval '24 hours'))
    partition by range (starts_at)
    """,
    "comment on column runs.next_sequence is 'Of back-filled runs'",
    "comment on column segments.starts_at is 'Never changes: it decides the partition'",
    "comment on table segments is 'Footage, a partition per UTC day of its start; an open segment claims all time after its start'",
    "comment on column segments.part is 'Grows when announcements were lost inside one file'",
    "comment on column segments.path is 'Relative to the archive folder'",
    "comment on column segments.footage_bytes is 'Sum of its fragments'",
    "comment on column segments.size_bytes is 'End of the last fragment in the file'",
    "comment on column segments.fragments is 'Packed records, see fragments.py'",
    "alter table segments alter column fragments set storage external",
    "create index segments_time on segments (camera_id, starts_at)",
    "create index segments_garbage on segments (segment_id) where state = 'garbage'",
    # A partition's own exclusion constraint refuses overlap inside it. Attached, not created in place: that would lock all readers out.
    """
    create function make_segment_day(day date) returns boolean language plpgsql as $$
    declare
        name text := 'segments_d' || to_char(day, 'YYYYMMDD');
    begin
        if to_regclass(name) is not null then
            return false;
        end if;
        perform pg_advisory_xact_lock(hashtext(current_schema() || '.segments'), 1);
        -- to_regclass may answer from a cache that an advisory lock does not renew
        if exists (select from pg_class where relname = name and relnamespace = current_schema()::regnamespace) then
            return false;
        end if;
        execute format('create table %I (like segments including defaults including generated including constraints '
            'including storage including comments)', name);
        -- never moved out of line; four rows of a minute's 30 fragments fit into a page
        execute format('alter table %I set (toast_tuple_target = 8160, fillfactor = 90)', name);
        execute format('alter table %I add constraint %I exclude using gist (camera_id with =, during with &&)',
            name, name || '_do_not_overlap');
        execute format('alter table segments attach partition %I for values from (%L) to (%L)', name,
            (day::timestamp at time zone 'UTC')::text, ((day + 1)::timestamp at time zone 'UTC')::text);
        return true;
    end $$
    """,
    # Only an empty day goes: whatever is still there is held, open or about to be deleted in order.
    """
    create function drop_segment_day(day date) returns boolean language plpgsql as $$
    declare
        name text := 'segments_d' || to_char(day, 'YYYYMMDD');
        used boolean;
    begin
        perform pg_advisory_xact_lock(hashtext(current_schema() || '.segments'), 1);
        if not exists (select from pg_class where relname = name and relnamespace = current_schema()::regnamespace) then
            return false;
        end if;
        execute format('lock table %I in access exclusive mode', name);
        execute format('select exists (select from %I)', name) into used;
        if used then
            return false;
        end if;
        execute format('alter table segments detach partition %I', name);
        execute format('drop table %I', name);
        return true;
    end $$
    """,
    "select make_segment_day(day) from (select distinct (starts_at at time zone 'UTC')::date as day from segments_before) days",
    """
    insert into segments (segment_id, part, camera_id, run_id, state, path, starts_at, ends_at, fragment_count, footage_bytes,
        size_bytes, init_size_bytes, init_sha256, fragments)
    select segment_id, part, camera_id, run_id, state, path, starts_at, ends_at, fragment_count, size_bytes - init_size_bytes,
        size_bytes, init_size_bytes, init_sha256, fragments
    from segments_before
    """,
    "drop table segments_before",
    """
    create function segments_stay_what_they_are() returns trigger language plpgsql as $$
    begin
        raise exception 'a segment keeps its id, part, camera and start' using errcode = 'restrict_violation';
    end $$
    """,
    """
    create trigger segments_stay_what_they_are before update on segments for each row
    when ((old.segment_id, old.part, old.camera_id, old.starts_at) is distinct from
        (new.segment_id, new.part, new.camera_id, new.starts_at))
    execute function segments_stay_what_they_are()
    """,
    # A segment lasts at most a day, so only the day before and the day after can reach into its time. The camera's story is locked
    # first: of two writers the second looks when the first has committed.
    """
    create function segments_across_days() returns trigger language plpgsql set plan_cache_mode = 'force_custom_plan' as $$
    declare
        midnight timestamptz := date_trunc('day', new.starts_at, 'UTC');
        -- values of their own: only so does planning leave the other partitions out
        day_before timestamptz := midnight - interval '24 hours';
        next_midnight timestamptz := midnight + interval '24 hours';
        day_after timestamptz := midnight + interval '48 hours';
        other text;
    begin
        perform from stories where camera_id = new.camera_id for no key update;
        select s.segment_id into other from segments s
        where s.camera_id = new.camera_id and s.during && new.during and s.starts_at >= day_before and s.starts_at < midnight
        limit 1;
        if not found and (upper(new.during) is null or upper(new.during) > next_midnight) then
            select s.segment_id into other from segments s
            where s.camera_id = new.camera_id and s.during && new.during
                and s.starts_at >= next_midnight and s.starts_at < day_after
            limit 1;
        end if;
        if other is not null then
            raise exception 'segments_do_not_overlap: % overlaps %, which began on another day', new.segment_id, other
                using errcode = 'exclusion_violation';
        end if;
        return null;
    end $$
    """,
    """
    create trigger segments_across_days_new after insert on segments for each row
    when (new.state <> 'garbage') execute function segments_across_days()
    """,
    """
    create trigger segments_across_days_grown after update on segments for each row
    when (not (new.during <@ old.during)) execute function segments_across_days()
    """,
)

COVERAGE = (
    """
    create table coverage (
        camera_id text not null,
        level text not null constraint coverage_level check (level in ('hour', 'day')),
        bucket timestamptz not null,
        kind text not null,
        amount bigint not null,
        primary key (camera_id, level, bucket, kind))
    """,
    "comment on table coverage is 'What is there per UTC hour and day, kept by triggers; what is still open is not in it'",
    "comment on column coverage.kind is 'footage, gap:<cause>, bytes, event:<type>'",
    "comment on column coverage.amount is 'Microseconds, bytes or a count'",
    "alter table coverage set (fillfactor = 70)",
    """
    create function cover_time(camera text, kind text, times tstzmultirange, sign integer) returns void language sql as $$
        insert into coverage as c (camera_id, level, bucket, kind, amount)
        select camera, l.level, b.bucket, kind, sign * sum((extract(epoch from
            least(upper(t.part), b.bucket + l.length) - greatest(lower(t.part), b.bucket)) * 1000000)::bigint)
        from unnest(times) as t(part)
            cross join (values ('hour', interval '1 hour'), ('day', interval '24 hours')) as l(level, length)
            cross join generate_series(date_trunc(l.level, lower(t.part), 'UTC'), upper(t.part) - interval '1 microsecond',
                l.length) as b(bucket)
        group by l.level, b.bucket
        on conflict (camera_id, level, bucket, kind) do update set amount = c.amount + excluded.amount
    $$
    """,
    """
    create function cover_amount(camera text, kind text, at timestamptz, number bigint) returns void language sql as $$
        insert into coverage as c (camera_id, level, bucket, kind, amount)
        select camera, l.level, date_trunc(l.level, at, 'UTC'), kind, number from unnest(array['hour', 'day']) as l(level)
        on conflict (camera_id, level, bucket, kind) do update set amount = c.amount + excluded.amount
    $$
    """,
    """
    create function cover_change(camera text, kind text, before tstzmultirange, after tstzmultirange) returns void
    language plpgsql as $$
    begin
        if before <> after then
            perform cover_time(camera, kind, before - after, -1) where not isempty(before - after);
            perform cover_time(camera, kind, after - before, 1) where not isempty(after - before);
        end if;
    end $$
    """,
    """
    create function segments_covered() returns trigger language plpgsql as $$
    declare
        camera text := coalesce(new.camera_id, old.camera_id);
        before tstzmultirange := '{}';
        after tstzmultirange := '{}';
        bytes bigint := 0;
    begin
        perform from stories where camera_id = camera for no key update;
        if tg_op <> 'INSERT' and old.state = 'stored' then
            before := tstzmultirange(tstzrange(old.starts_at, old.ends_at));
            bytes := - old.footage_bytes;
        end if;
        if tg_op <> 'DELETE' and new.state = 'stored' then
            after := tstzmultirange(tstzrange(new.starts_at, new.ends_at));
            bytes := bytes + new.footage_bytes;
        end if;
        perform cover_change(camera, 'footage', before, after);
        if bytes <> 0 then
            perform cover_amount(camera, 'bytes', coalesce(new.starts_at, old.starts_at), bytes);
        end if;
        return null;
    end $$
    """,
    """
    create trigger segments_covered_new after insert on segments for each row
    when (new.state = 'stored') execute function segments_covered()
    """,
    """
    create trigger segments_covered_changed after update on segments for each row
    when ((old.state = 'stored' or new.state = 'stored')
        and (old.state, old.ends_at, old.footage_bytes) is distinct from (new.state, new.ends_at, new.footage_bytes))
    execute function segments_covered()
    """,
    """
    create trigger segments_covered_gone after delete on segments for each row
    when (old.state = 'stored') execute function segments_covered()
    """,
    """
    create function gaps_covered() returns trigger language plpgsql as $$
    declare
        before tstzmultirange := '{}';
        after tstzmultirange := '{}';
    begin
        perform from stories where camera_id = coalesce(new.camera_id, old.camera_id) for no key update;
        if tg_op <> 'INSERT' and old.ends_at is not null then
            before := tstzmultirange(old.during);
        end if;
        if tg_op <> 'DELETE' and new.ends_at is not null then
            after := tstzmultirange(new.during);
        end if;
        if tg_op = 'UPDATE' and (old.camera_id, old.cause) is distinct from (new.camera_id, new.cause) then
            perform cover_change(old.camera_id, 'gap:' || old.cause, before, '{}');
            before := '{}';
        end if;
        if tg_op = 'DELETE' then
            perform cover_change(old.camera_id, 'gap:' || old.cause, before, after);
        else
            perform cover_change(new.camera_id, 'gap:' || new.cause, before, after);
        end if;
        return null;
    end $$
    """,
    "create trigger gaps_covered after insert or update or delete on gaps for each row execute function gaps_covered()",
    # What the triggers would have made, from the rows alone; `check` compares, the migration and a repair write it.
    """
    create function coverage_of(camera text) returns table (level text, bucket timestamptz, kind text, amount bigint)
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
            select l.level, date_trunc(l.level, s.starts_at, 'UTC'), 'bytes', s.footage_bytes
            from segments s cross join unnest(array['hour', 'day']) as l(level)
            where s.camera_id = camera and s.state = 'stored')
        select level, bucket, kind, sum(amount)::bigint from pieces group by level, bucket, kind having sum(amount) <> 0
    $$
    """,
    """
    insert into coverage (camera_id, level, bucket, kind, amount)
    select s.camera_id, c.level, c.bucket, c.kind, c.amount from stories s cross join lateral coverage_of(s.camera_id) c
    """,
)


def upgrade() -> None:
    for statement in (*DAYS, *COVERAGE):
        op.execute(statement)
