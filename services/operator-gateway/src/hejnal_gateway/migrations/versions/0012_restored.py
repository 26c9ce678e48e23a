"""What a restore from a backup means here (decision 0016): everybody signs in again."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# Called by hejnal-backup before anybody else sees the restored database. Who was signed in then may have been signed out, or
# dismissed, since.
AFTER_RESTORE = """
create function after_restore(taken_at timestamptz, restored_at timestamptz) returns jsonb language plpgsql as
$$
declare
    ended bigint;
begin
    delete from sessions;
    get diagnostics ended = row_count;
    delete from ceremonies;
    return jsonb_build_object('staff sessions ended', ended);
end
$$
"""


def upgrade() -> None:
    op.execute(AFTER_RESTORE)
