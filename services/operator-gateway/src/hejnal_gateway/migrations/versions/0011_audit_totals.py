"""Sums over a year of somebody's looks are read from the index alone."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    seen = ["action", "footage_from", "footage_until"]
    op.drop_index("audit_entries_actor", "audit_entries")
    op.drop_index("audit_entries_camera", "audit_entries")
    op.create_index(
        "audit_entries_actor", "audit_entries", ["actor_id", "at", "position"], postgresql_include=["camera_id", *seen]
    )
    op.create_index(
        "audit_entries_camera", "audit_entries", ["camera_id", "at", "position"], postgresql_include=["actor_id", *seen]
    )
