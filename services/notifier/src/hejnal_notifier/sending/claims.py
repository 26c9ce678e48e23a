"""The statement that takes due deliveries from the queue, and ends on the way what must not be sent any more."""

from sqlalchemy import text

# Each priority is a range of its own in the index: rows that wait for the morning are never walked through.
# Quiet hours and pauses are asked again here: what was late, or waited for a push, must not ring at night.
# `look` rows are judged and at most `limit` of them are taken: what must not be sent any more is ended, however many.
# What a provider may have taken goes to no other one, unless it is urgent and the doubt is older than our patience.
CLAIM = text(
    """
    with due as materialized (
        select next.delivery_id from generate_series(0, :lowest) as p(priority)
        cross join lateral (
            select delivery_id from deliveries
            where state = 'queued' and channel = :channel and priority = p.priority and not_before <= :now
                and case when in_doubt and provider is not null
                    then provider = :provider or (priority <= :urgent and :fresh and doubt_since < :doubt_before)
                    else :fresh end
            order by not_before limit :look for update skip locked) next
        limit :look),
    judged as (
        select d.delivery_id, d.priority, d.not_before, held.until as held_until,
            case when d.expires_at <= :now or held.until >= d.expires_at then 'expired'
                when (d.version_id is not null or d.digest)
                    and (c.contact_id is null or c.failed_at is not null or v.version < a.newest_version)
                then 'cancelled' when held.until is not null then 'queued' else 'sending' end as state,
            case when d.expires_at <= :now then 'too_late' when held.until >= d.expires_at then 'quiet_until_too_late'
                when d.version_id is null and not d.digest then null
                when c.contact_id is null or c.failed_at is not null then 'contact_gone'
                when v.version < a.newest_version then 'superseded' end as cause,
            coalesce(c.address, m.address) as address, coalesce(c.push_p256dh, m.push_p256dh) as push_p256dh,
            coalesce(c.push_auth, m.push_auth) as push_auth, coalesce(c.push_server_key, m.push_server_key) as push_server_key,
            coalesce(c.unsubscribe_url, '') as unsubscribe_url,
            coalesce(m.language, r.language) as language, m.kind as direct_kind, m.code,
            m.subject, m.body, m.traceparent
        from due join deliveries d using (delivery_id)
        left join versions v on v.version_id = d.version_id
        left join announcements a on a.announcement_id = v.announcement_id
        left join contacts c on c.resident_id = d.resident_id and c.contact_id = d.contact_id
        left join recipients r on r.resident_id = d.resident_id
        cross join (select cast(it as date) as today, cast(it as time) as at
            from (select cast(:now as timestamptz) at time zone :zone as it) clock) here
        left join lateral (
            select greatest(r.paused_until, case when
                case when r.quiet_starts <= r.quiet_ends then here.at >= r.quiet_starts and here.at < r.quiet_ends
                    else here.at >= r.quiet_starts or here.at < r.quiet_ends end
                then (here.today + case when here.at >= r.quiet_ends then 1 else 0 end + r.quiet_ends) at time zone :zone
                end) as until) held on d.priority > :urgent and held.until > :now
        left join direct_messages m on m.delivery_id = d.delivery_id),
    turns as (
        select j.*, row_number() over (partition by j.state = 'sending' order by j.priority, j.not_before) as turn from judged j)
    update deliveries d set state = j.state, cause = coalesce(j.cause, d.cause), changed_at = :now,
        not_before = case when j.state = 'queued' then j.held_until else d.not_before end,
        due_at = case when j.state = 'queued' then null else d.due_at end,
        attempts = d.attempts + case when j.state = 'sending' then 1 else 0 end,
        claimed_by = case when j.state = 'sending' then :instance end,
        provider = case when j.state = 'sending' then cast(:provider as text) else d.provider end,
        lease_until = case when j.state = 'sending' then cast(:lease_until as timestamptz) end
    from turns j where d.delivery_id = j.delivery_id and (j.state <> 'sending' or j.turn <= :limit)
    returning d.delivery_id, d.state, d.version_id, d.digest, d.resident_id, d.contact_id, d.attempts, d.in_doubt, d.not_before,
        d.due_at, d.created_at, d.expires_at, j.address, j.push_p256dh, j.push_auth, j.push_server_key, j.unsubscribe_url,
        j.language, j.direct_kind, j.code, j.subject, j.body, j.traceparent
    """
)
