"""Restricted cameras are known as such: exports of theirs need a second pair of eyes."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table cameras add column restricted boolean not null default false")
