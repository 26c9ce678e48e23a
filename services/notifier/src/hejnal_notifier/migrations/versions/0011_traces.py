"""Traces: what is sent goes on with the trace of what was published, however long it waits."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

STATEMENTS = (
    "alter table versions add column traceparent text",
    "comment on column versions.traceparent is 'The trace it came with, which its deliveries go on with'",
    "alter table direct_messages add column traceparent text",
    "comment on column direct_messages.traceparent is 'The trace it came with'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
