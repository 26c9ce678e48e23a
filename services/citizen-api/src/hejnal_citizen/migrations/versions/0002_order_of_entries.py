"""Report events and ledger entries keep the order in which they were written; ids of one millisecond do not."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table report_events add column number bigint generated always as identity")
    op.execute("alter table consents add column number bigint generated always as identity")
    op.execute("drop index report_events_report")
    op.execute("create index report_events_report on report_events (report_id, number)")


def downgrade() -> None:
    op.execute("drop index report_events_report")
    op.execute("create index report_events_report on report_events (report_id, id)")
    op.execute("alter table report_events drop column number")
    op.execute("alter table consents drop column number")
