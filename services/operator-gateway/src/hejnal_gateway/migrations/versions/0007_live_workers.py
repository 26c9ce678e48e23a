"""Live workers, and the live views that are open."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "live_workers",
        sa.Column("worker_id", sa.Text, primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "live_views",
        sa.Column("viewer_id", sa.Text, primary_key=True),
        sa.Column("worker_id", sa.Text, nullable=False, index=True),
        sa.Column("camera_id", sa.Text, nullable=False, index=True),
        sa.Column("account_id", sa.Text, nullable=False, index=True),
        sa.Column("staff", JSONB, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
    )
