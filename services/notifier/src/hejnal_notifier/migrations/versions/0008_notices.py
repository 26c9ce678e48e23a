"""Notices to one person about their own matter: subject and body come from the service that knows it."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STATEMENTS = (
    "alter table direct_messages add column subject text, add column body text",
    "comment on column direct_messages.subject is 'Of a notice; emptied when the delivery has ended'",
    "comment on column direct_messages.body is 'Of a notice; emptied when the delivery has ended'",
    "alter table direct_messages drop constraint direct_kind",
    "alter table direct_messages add constraint direct_kind check (kind in ('one_time_code', 'test', 'notice'))",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("restore a backup: a migration back would lose messages")
