"""Several providers of a channel, parts of an SMS, what SMS cost, SMS from residents."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATEMENTS = (
    "alter table deliveries add column doubt_since timestamptz, add column provider text",
    "comment on column deliveries.provider is 'Whom it was last claimed for, noted before the call'",
    "alter table receipts add column provider text not null default ''",
    "alter table receipts add column number text not null default ''",
    "comment on column receipts.number is 'Whose device it is about, where only that is told'",
    "create index receipts_unmatched on receipts (provider, provider_id) where delivery_id is null",
    """
    create table parts (
        provider text not null,
        provider_id text not null,
        delivery_id uuid not null,
        number smallint not null,
        state text not null default 'sent' constraint part_state check (state in ('sent', 'delivered', 'failed')),
        cause text,
        sent_at timestamptz not null,
        primary key (provider, provider_id))
    """,
    "comment on table parts is 'Messages whose receipts come part by part and under the provider''s own ids (SMPP)'",
    "comment on column parts.provider_id is 'What the provider calls this part'",
    "create index parts_delivery on parts (delivery_id)",
    """
    create table spending (
        month date not null,
        provider text not null,
        parts bigint not null,
        messages bigint not null,
        cost_grosze bigint not null,
        primary key (month, provider))
    """,
    "comment on table spending is 'What SMS have cost, by the town''s calendar month'",
    """
    create table inbound (
        provider text not null,
        provider_id text not null,
        sender text not null,
        body text not null,
        meaning text not null,
        received_at timestamptz not null,
        reference integer not null default 0,
        total smallint not null default 1,
        number smallint not null default 1,
        primary key (provider, provider_id))
    """,
    "create index inbound_sender on inbound (sender, received_at)",
    "comment on column inbound.reference is 'What the parts of one message share'",
    "comment on table inbound is 'SMS from residents, each once; emptied of text and number after 90 days'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
