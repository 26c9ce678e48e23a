"""What a restore from a backup means here (decision 0016): nothing that may have been sent is sent again by itself."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Called by hejnal-backup before anybody else sees the restored database.
AFTER_RESTORE = """
create function after_restore(taken_at timestamptz, restored_at timestamptz) returns jsonb language plpgsql as
$$
declare
    drafts bigint;
    notices bigint;
begin
    update announcement_drafts
    set version = version + 1, state = 'draft', approval_until = null,
        returned = jsonb_build_object('why', 'refused', 'by', '', 'at', to_char(restored_at at time zone 'UTC',
            'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'detail', 'The database was restored from a backup. This may have been published '
            'meanwhile: look what residents were sent before you submit it again.')
    where state = 'scheduled' and coalesce(publish_at, taken_at) <= restored_at;
    get diagnostics drafts = row_count;
    delete from report_notices;
    get diagnostics notices = row_count;
    delete from challenges;
    update open311_pushes set in_doubt = true where next_at is not null;
    -- A newer state in Kafka, from after the backup, must not win over what the owner publishes now.
    update residents set version = version + 1000;
    return jsonb_build_object('drafts given back to their authors', drafts, 'notices about reports dropped', notices);
end
$$
"""


def upgrade() -> None:
    op.execute(AFTER_RESTORE)


def downgrade() -> None:
    op.execute("drop function after_restore(timestamptz, timestamptz)")
