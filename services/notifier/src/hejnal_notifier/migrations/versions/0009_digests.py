"""Digests: what is not urgent waits for the resident's hour and comes as one message."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    alter table recipients
        add column digest_every text,
        add column digest_at time,
        add column digest_weekday smallint,
        add column digest_up_to smallint
    """,
    "comment on column recipients.digest_every is 'day or week; null: everything at once'",
    "comment on column recipients.digest_up_to is 'Severities up to this one wait for the digest'",
    "alter table deliveries add column digest boolean not null default false, add column digest_id uuid",
    "comment on column deliveries.digest is 'Brings others to their recipient'",
    "comment on column deliveries.digest_id is 'The digest that brings this one'",
    "alter table deliveries drop constraint delivery_state",
    """
    alter table deliveries add constraint delivery_state check (
        state in ('held', 'queued', 'sending', 'sent', 'delivered', 'failed', 'expired', 'cancelled', 'unknown'))
    """,
    "create index deliveries_held on deliveries (not_before) where state = 'held' and digest_id is null",
    "create index deliveries_in_digest on deliveries (digest_id) where digest_id is not null",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
