"""Which key a push subscription was made with, and contacts whose key was withdrawn."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

STATEMENTS = (
    "alter table contacts add column push_server_key text",
    "comment on column contacts.push_server_key is "
    "'applicationServerKey the browser subscribed with; null: before keys were told, with the oldest'",
    "alter table contacts drop constraint contacts_failed_check",
    "alter table contacts add constraint contacts_failed_check "
    "check (failed in ('hard_bounce', 'gone', 'opted_out', 'key_withdrawn'))",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
