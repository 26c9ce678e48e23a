"""Parts of residents' SMS that were put together, open parts, what is emptied after 90 days, and who is woken by new rows."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STATEMENTS = (
    "alter table inbound add column joined_at timestamptz",
    "update inbound set joined_at = received_at where total > 1",
    "create index inbound_unjoined on inbound (received_at) where total > 1 and joined_at is null",
    "create index inbound_kept on inbound (received_at) where sender <> ''",
    "create index receipts_kept on receipts (received_at) where raw <> '{}'",
    "comment on table receipts is 'Every receipt as it came; emptied of raw text and number after 90 days'",
    "create index parts_open on parts (provider, sent_at, provider_id) where state = 'sent'",
    """
    create function notifier_wake() returns trigger language plpgsql as
    $$ begin perform pg_notify('wake_' || tg_table_schema, tg_table_name); return null; end $$
    """,
    "create trigger deliveries_wake after insert on deliveries for each statement execute function notifier_wake()",
    "create trigger progress_wake after insert or update of changes on progress for each statement "
    "execute function notifier_wake()",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
