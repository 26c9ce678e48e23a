"""Open311: keys of other programs, reports that came by them, the back office and what was handed to it."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STATEMENTS = """
create table open311_keys (
    id text primary key, label text not null, key_hash bytea not null unique, hint text not null,
    may_read boolean not null, may_update boolean not null, created_at timestamptz not null, created_by text not null,
    last_used_at timestamptz, revoked_at timestamptz);

create table open311_origins (
    report_id text primary key references reports on delete cascade, key_id text not null, token text unique,
    media_url text not null default '');

create table open311_back_office (
    single boolean primary key default true check (single), enabled boolean not null, url text not null,
    jurisdiction_id text not null default '', api_key_sealed bytea, services jsonb not null,
    with_contact boolean not null default false, poll_s integer not null, polled_until timestamptz,
    version integer not null, changed_at timestamptz not null);

create table open311_pushes (
    report_id text primary key references reports on delete cascade, service_code text not null,
    state text not null check (state in ('waiting', 'token', 'sent', 'failed')), token text, service_request_id text,
    status text check (status in ('open', 'closed')), attempts integer not null default 0,
    in_doubt boolean not null default false, error text not null default '', next_at timestamptz,
    created_at timestamptz not null, updated_at timestamptz not null);
create index open311_pushes_due on open311_pushes (next_at) where next_at is not null;
create index open311_pushes_remote on open311_pushes (service_request_id) where service_request_id is not null;

create table open311_updates (
    report_id text not null references reports on delete cascade, update_key text not null, at timestamptz not null,
    primary key (report_id, update_key));
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("restore a backup: a migration back would lose residents' data")
