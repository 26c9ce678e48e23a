"""Categories with questions and areas; me-too, messages, moderation, satisfaction, notices of reports."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATEMENTS = """
alter table categories add column version integer not null default 1;
alter table categories add column questions jsonb not null default '[]';
alter table categories add column routes jsonb not null default '[]';
alter table categories add column open311 text not null default 'realtime' check (open311 in ('realtime', 'batch', 'off'));

alter table reports add column answers jsonb not null default '{}';
alter table reports add column source text not null default 'web' check (source in ('web', 'sms', 'open311'));
alter table reports add column language text not null default 'pl';
alter table reports add column merged_into text references reports on delete set null;
alter table reports add column text_public boolean not null default false;
alter table reports add column rating integer check (rating between 1 and 5);
alter table reports add column rating_comment text not null default '';
alter table reports add column rated_at timestamptz;
alter table reports add column reopened integer not null default 0;

alter table report_photos add column public boolean not null default false;
alter table report_photos add column version integer not null default 1;
alter table report_photos add column blurs jsonb not null default '[]';
alter table report_photos add column unblurred_until timestamptz;

alter table report_events drop constraint report_events_kind_check;
alter table report_events add constraint report_events_kind_check
    check (kind in ('submitted', 'routed', 'answered', 'closed', 'reopened'));

create table report_followers (
    report_id text not null references reports on delete cascade, follower_key text not null,
    resident_id text references residents on delete cascade, contact text, language text not null, at timestamptz not null,
    primary key (report_id, follower_key));
create index report_followers_resident on report_followers (resident_id) where resident_id is not null;

create table report_messages (
    id text primary key, report_id text not null references reports on delete cascade,
    author text not null check (author in ('reporter', 'staff')), by text not null default '', text text not null,
    at timestamptz not null, number bigint generated always as identity);
create index report_messages_report on report_messages (report_id, number);

create table report_moderation (
    id text primary key, report_id text not null references reports on delete cascade,
    subject text not null check (subject in ('text', 'photo')), photo_id text,
    action text not null check (action in ('hide', 'show', 'blur')), reason text not null, rectangles jsonb,
    by text not null, at timestamptz not null, number bigint generated always as identity);
create index report_moderation_report on report_moderation (report_id, number);

create table report_notices (
    id text primary key, report_id text not null references reports on delete cascade,
    channel text not null check (channel in ('email', 'sms')), address text not null, language text not null,
    subject text not null, body text not null, attempts integer not null default 0,
    next_at timestamptz not null, created_at timestamptz not null);
create index report_notices_due on report_notices (next_at);
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("restore a backup: a migration back would lose residents' data")
