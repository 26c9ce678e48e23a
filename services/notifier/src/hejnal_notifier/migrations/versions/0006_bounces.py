"""E-mail contacts whose messages keep coming back are found by an index."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "create index deliveries_bounced on deliveries (resident_id, contact_id) where channel = 'email' and state = 'failed'"
    )
