"""Recipients, contacts, filters, versions, deliveries, receipts, progress; inbox and outbox."""

from alembic import op

from hejnal_runtime.inbox import create_inbox
from hejnal_runtime.outbox import create_outbox

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    create table recipients (
        resident_id text primary key,
        version integer not null,
        language text not null,
        quiet_starts time,
        quiet_ends time,
        paused_until timestamptz,
        changed_at timestamptz not null)
    """,
    "comment on table recipients is 'Residents as the subscriptions topic tells; erased by its tombstones'",
    """
    create table contacts (
        resident_id text not null references recipients on delete cascade,
        contact_id text not null,
        channel text not null,
        address text not null,
        push_p256dh text,
        push_auth text,
        unsubscribe_url text not null default '',
        consent_id text not null,
        verified_at timestamptz not null,
        failed_at timestamptz,
        failed_reason text,
        primary key (resident_id, contact_id))
    """,
    "comment on table contacts is 'Verified ways to reach a resident; failed_at: not used until verified again'",
    """
    create table filters (
        resident_id text not null references recipients on delete cascade,
        place smallint not null,
        categories text[] not null,
        min_severity smallint not null,
        channels text[] not null,
        reach text not null constraint filter_reach check (reach in ('everywhere', 'area', 'streets')),
        area geometry(geometry, 4326),
        streets text[],
        primary key (resident_id, place),
        constraint filter_area check ((reach = 'area') = (area is not null)))
    """,
    "create index filters_area on filters using gist (area)",
    "comment on table filters is 'What a resident wants to be told: any matching filter is enough'",
    """
    create table announcements (
        announcement_id text primary key,
        newest_version integer not null)
    """,
    "comment on table announcements is 'One row per announcement: the lock that orders its versions'",
    "comment on column announcements.newest_version is 'Newest version received; older ones are sent no more'",
    """
    create table versions (
        version_id bigint generated always as identity primary key,
        announcement_id text not null references announcements,
        version integer not null,
        kind text not null constraint version_kind check (kind in ('issued', 'updated', 'cancelled')),
        category text not null,
        severity smallint not null,
        texts jsonb not null,
        reach text not null constraint version_reach check (reach in ('everywhere', 'area', 'streets')),
        area geometry(geometry, 4326),
        streets text[],
        valid_from timestamptz not null,
        valid_until timestamptz not null,
        channels text[] not null,
        page_url text not null,
        drill boolean not null,
        issued_at timestamptz not null,
        received_at timestamptz not null,
        planned_at timestamptz,
        constraint versions_once unique (announcement_id, version))
    """,
    "comment on table versions is 'Whole announcement versions as received'",
    "create index versions_unplanned on versions (version_id) where planned_at is null",
    """
    create table deliveries (
        delivery_id uuid primary key,
        version_id bigint,
        resident_id text,
        contact_id text,
        channel text not null,
        priority smallint not null,
        state text not null constraint delivery_state check (state in
            ('queued', 'sending', 'sent', 'delivered', 'failed', 'expired', 'cancelled', 'unknown')),
        not_before timestamptz not null,
        expires_at timestamptz not null,
        attempts smallint not null default 0,
        in_doubt boolean not null default false,
        claimed_by text,
        lease_until timestamptz,
        provider_id text,
        cause text,
        detail text,
        created_at timestamptz not null,
        sent_at timestamptz,
        changed_at timestamptz not null)
    """,
    "comment on table deliveries is 'One announcement version (or one message) to one contact point'",
    "comment on column deliveries.delivery_id is 'SHA-256 of announcement, version, resident and contact: never twice'",
    "comment on column deliveries.version_id is 'Null for messages to one person'",
    "comment on column deliveries.priority is '0 first'",
    "comment on column deliveries.in_doubt is 'A try may have reached the device unseen'",
    "comment on column deliveries.provider_id is 'What the provider calls it'",
    # the primary key says what is unique: a second index over the same, and a foreign key, cost a second per 100,000 rows each
    "create index deliveries_version on deliveries (version_id)",
    "create index deliveries_queue on deliveries (channel, priority, not_before) where state = 'queued'",
    "create index deliveries_leases on deliveries (lease_until) where state = 'sending'",
    # every row is rewritten twice within seconds: vacuum early, else the queue index drags its dead entries along
    "alter table deliveries set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0)",
    """
    create table direct_messages (
        delivery_id uuid primary key references deliveries on delete cascade,
        kind text not null constraint direct_kind check (kind in ('one_time_code', 'test')),
        language text not null,
        address text,
        push_p256dh text,
        push_auth text,
        code text)
    """,
    "comment on table direct_messages is 'Messages to one person that no announcement stands behind'",
    "comment on column direct_messages.address is 'Emptied when the delivery has ended'",
    "comment on column direct_messages.code is 'Emptied when the delivery has ended'",
    """
    create table progress (
        version_id bigint primary key references versions,
        changes bigint not null,
        reported_changes bigint not null,
        reported_at timestamptz)
    """,
    "comment on table progress is 'Which versions have news for the deliveries topic'",
    "create index progress_due on progress (version_id) where changes > reported_changes",
    """
    create table receipts (
        receipt_id bigint generated always as identity primary key,
        channel text not null,
        delivery_id uuid,
        provider_id text not null,
        meaning text not null,
        raw jsonb not null,
        received_at timestamptz not null)
    """,
    "comment on table receipts is 'Every receipt as it came'",
    "comment on column receipts.delivery_id is 'As the provider quotes it; may be unknown here'",
    "create index receipts_delivery on receipts (delivery_id)",
    """
    create table positions (
        topic text not null,
        partition integer not null,
        next_offset bigint not null,
        primary key (topic, partition))
    """,
    "comment on table positions is 'How far each partition of the subscriptions has been applied, written with the effect'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    create_inbox(op)
    create_outbox(op)
