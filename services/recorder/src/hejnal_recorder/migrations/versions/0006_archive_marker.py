"""The archive's name: a file in its folder has to say the same, else its disk is not mounted."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create table archives (archive_id text primary key, named_at timestamptz not null)")
    op.execute("comment on table archives is 'One row: the archive that this index describes'")
