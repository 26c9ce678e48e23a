"""Which VAPID key a push subscription was made with: only that one may sign for it (RFC 8292)."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

COMMENT = "VAPID key the subscription was made with; null: before keys were told"
STATEMENTS = (
    "alter table contacts add column push_server_key text",
    f"comment on column contacts.push_server_key is '{COMMENT}'",
    "create index contacts_push_keys on contacts (push_server_key) where channel = 'push' and failed_at is null",
    "alter table direct_messages add column push_server_key text",
    f"comment on column direct_messages.push_server_key is '{COMMENT}'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
