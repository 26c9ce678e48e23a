"""The audit log becomes a chain; its heads and checks are kept; indexes by the time of the deed."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_BATCH = 5_000
_INSTANTS = ("footage_from", "footage_until", "at", "recorded_at")
_FIELDS = (
    "position", "entry_id", "actor_id", "actor_kind", "actor_role", "action", "object_id", "camera_id",
    "footage_from", "footage_until", "reason", "source_ip", "outcome", "at", "recorded_at", "source",
)  # fmt: skip


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if isinstance(value, datetime) else value


def _hash(row: Any, previous: bytes) -> bytes:
    """The canonical form as it was when this revision was made (hejnal-audit/1)."""
    entry = {name: _plain(row[name]) for name in _FIELDS} | {"previous": previous.hex()}
    return hashlib.sha256(json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).digest()


def _chain_what_is_there() -> None:
    """Nothing has vouched for the entries so far; from here on their present state is fixed."""
    connection = op.get_bind()
    op.execute("alter table audit_entries disable trigger audit_entries_append_only")
    page = sa.text(f"select {', '.join(_FIELDS)} from audit_entries where position > :after order by position limit {_BATCH}")
    change = sa.text("update audit_entries set previous_hash = :previous, hash = :hash where position = :at_position")
    position, previous = -1, bytes(32)
    while rows := connection.execute(page, {"after": position}).mappings().all():
        changes = []
        for row in rows:
            digest = _hash(row, previous)
            changes.append({"previous": previous, "hash": digest, "at_position": row["position"]})
            position, previous = row["position"], digest
        connection.execute(change, changes)
    op.execute("alter table audit_entries enable trigger audit_entries_append_only")


_LINKED = """
create function audit_entries_linked() returns trigger language plpgsql as $$
declare
    first_position bigint;
    before bytea;
begin
    select min(position) into first_position from fresh;
    if first_position is null then
        return null;
    end if;
    if (select count(*) from audit_entries where position >= first_position) <> (select count(*) from fresh) then
        raise exception 'the audit log grows at its end only';
    end if;
    select hash into before from audit_entries where position < first_position order by position desc limit 1;
    if exists (
        select 1 from (
            select previous_hash, lag(hash, 1, coalesce(before, decode(repeat('00', 32), 'hex'))) over (order by position) as due
            from fresh
        ) as links where previous_hash is distinct from due
    ) then
        raise exception 'an audit entry must carry the hash of the one before it';
    end if;
    return null;
end $$
"""


def upgrade() -> None:
    op.execute("alter table audit_entries alter column position drop identity")
    op.add_column("audit_entries", sa.Column("previous_hash", sa.LargeBinary))
    op.add_column("audit_entries", sa.Column("hash", sa.LargeBinary))
    _chain_what_is_there()
    op.alter_column("audit_entries", "previous_hash", nullable=False)
    op.alter_column("audit_entries", "hash", nullable=False)
    op.execute(_LINKED)
    op.execute(
        """
        create trigger audit_entries_linked after insert on audit_entries
        referencing new table as fresh for each statement execute function audit_entries_linked()
        """
    )
    for name in ("actor", "camera", "action"):
        op.drop_index(f"audit_entries_{name}", "audit_entries")
    op.create_index("audit_entries_actor", "audit_entries", ["actor_id", "at", "position"])
    op.create_index("audit_entries_camera", "audit_entries", ["camera_id", "at", "position"])
    op.create_index("audit_entries_action", "audit_entries", ["action", "at", "position"])
    op.create_index("audit_entries_at", "audit_entries", ["at", "position"])
    op.create_index(
        "audit_entries_object", "audit_entries", ["object_id", "position"], postgresql_where=sa.text("object_id <> ''")
    )
    op.create_table(
        "audit_heads",
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("statement", sa.Text, nullable=False),
    )
    op.execute(
        """
        create trigger audit_heads_append_only before update or delete or truncate on audit_heads
        for each statement execute function audit_entries_append_only()
        """
    )
    op.create_table(
        "audit_checks",
        sa.Column("check_id", sa.Text, primary_key=True),
        sa.Column("started_by", sa.Text, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("entries", sa.BigInteger, nullable=False),
        sa.Column("checked", sa.BigInteger, nullable=False),
        sa.Column("failed", sa.Boolean, nullable=False),
        sa.Column("findings", JSONB, nullable=False),
    )
    op.create_index("audit_checks_started", "audit_checks", ["started_at"])
