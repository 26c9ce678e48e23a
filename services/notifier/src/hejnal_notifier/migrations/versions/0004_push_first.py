"""Push first: the SMS that waits until a device has shown the message."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATEMENTS = (
    "alter table deliveries add column after_push boolean not null default false",
    "comment on column deliveries.after_push is 'Goes only if no device of the resident has shown the push before not_before'",
    "drop index deliveries_version",
    "create index deliveries_version on deliveries (version_id, resident_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
