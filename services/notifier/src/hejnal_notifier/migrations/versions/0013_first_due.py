"""When a delivery could first have gone: each try in vain moves `not_before`, and residents wait all the same."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STATEMENTS = (
    "alter table deliveries add column due_at timestamptz",
    "comment on column deliveries.due_at is 'When it could have gone first; null before a try in vain'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
