"""What is not urgent may come as one message at the resident's hour."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table residents add column digest jsonb")


def downgrade() -> None:
    op.execute("alter table residents drop column digest")
