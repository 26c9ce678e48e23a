"""After a restore from a backup nothing goes out by itself that may have gone out already (decision 0016)."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    create table restorations (
        restored_at timestamptz primary key,
        taken_at timestamptz not null
    )
    """,
    "comment on table restorations is 'When this database came back from a backup, and of which moment it was'",
    # Called by hejnal-backup before anybody else sees the restored database.
    """
    create function after_restore(taken_at timestamptz, restored_at timestamptz) returns jsonb language plpgsql as
    $$
    declare
        doubtful bigint;
        ended bigint;
    begin
        insert into restorations values (restored_at, taken_at);
        update direct_messages m
        set code = null, address = null, subject = null, body = null, push_p256dh = null, push_auth = null
        from deliveries d
        where d.delivery_id = m.delivery_id and d.state in ('held', 'queued', 'sending', 'unknown');
        update deliveries
        set state = 'expired', cause = 'restored', lease_until = null, claimed_by = null, changed_at = restored_at
        where version_id is null and state in ('held', 'queued', 'sending', 'unknown');
        get diagnostics ended = row_count;
        update deliveries
        set state = 'unknown', cause = 'restored', in_doubt = true, doubt_since = coalesce(doubt_since, taken_at),
            lease_until = null, claimed_by = null, digest_id = null, changed_at = restored_at
        where version_id is not null and state in ('held', 'queued', 'sending', 'unknown');
        get diagnostics doubtful = row_count;
        update progress set changes = changes + 1;
        delete from positions;
        return jsonb_build_object('deliveries in doubt', doubtful, 'messages to one person ended', ended);
    end
    $$
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
