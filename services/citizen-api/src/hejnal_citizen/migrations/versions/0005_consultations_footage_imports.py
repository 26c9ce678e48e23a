"""Several places per wish; a ledger that is only added to; imports of residents; consultations; requests for one's own footage."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PLACES = """
alter table filters add column wish integer not null default 0;
update filters set wish = position;
"""

LEDGER = (
    "alter table consents add column proof text not null default ''",
    """
    create function consents_only_added() returns trigger language plpgsql as
    $$ begin
        if tg_op = 'DELETE' and not exists (select 1 from residents where id = old.resident_id) then
            return old;
        end if;
        raise exception 'the consent ledger is only added to; it goes with its resident';
    end $$
    """,
    """
    create trigger consents_only_added before update or delete on consents
    for each row execute function consents_only_added()
    """,
)

IMPORTS = """
create table resident_imports (
    id text primary key,
    state text not null check (state in ('checked', 'refused', 'waiting', 'done')),
    dry_run boolean not null, sha256 bytea not null,
    consent_text text not null, legal_basis text not null, categories text[] not null,
    total integer not null, known integer not null, withdrawn integer not null, doubled integer not null,
    importable integer not null, imported integer not null default 0,
    errors jsonb not null, rows jsonb,
    created_at timestamptz not null, created_by text not null, finished_at timestamptz);
create index resident_imports_waiting on resident_imports (created_at) where state = 'waiting';
"""

CONSULTATIONS = """
create table consultations (
    id text primary key,
    version integer not null default 1,
    kind text not null check (kind in ('camera_site', 'question')),
    texts jsonb not null, options jsonb not null,
    vote_rule text not null check (vote_rule in ('person', 'device', 'none')),
    most_choices integer not null check (most_choices >= 1),
    opinions text not null check (opinions in ('none', 'at_once', 'after_moderation')),
    rules text not null default '',
    opens_at timestamptz not null, closes_at timestamptz not null check (closes_at > opens_at),
    opened_at timestamptz, closed_at timestamptz,
    created_at timestamptz not null, created_by text not null);

create table consultation_votes (
    consultation_id text not null references consultations on delete cascade,
    voter bytea not null,
    choices text[] not null,
    way text not null check (way in ('person', 'device', 'paper')),
    form text, entered_by text not null default '',
    at timestamptz not null,
    primary key (consultation_id, voter));

create table consultation_opinions (
    id text primary key,
    consultation_id text not null references consultations on delete cascade,
    resident_id text references residents on delete cascade,
    author bytea not null,
    text text not null,
    way text not null check (way in ('person', 'device', 'paper')),
    state text not null check (state in ('waiting', 'shown', 'hidden')),
    reason text not null default '', moderated_by text not null default '',
    at timestamptz not null,
    number bigint generated always as identity);
create index consultation_opinions_listed on consultation_opinions (consultation_id, number);
create index consultation_opinions_resident on consultation_opinions (resident_id) where resident_id is not null;
"""

FOOTAGE = """
create table footage_request_numbers (year integer primary key, last integer not null);

create table footage_requests (
    id text primary key,
    version integer not null default 1,
    reference text not null unique,
    state text not null check (state in ('received', 'identity_confirmed', 'answered')),
    camera_id text, place text not null,
    starts_at timestamptz not null, ends_at timestamptz not null check (ends_at > starts_at),
    description text not null, name text not null, contact text not null,
    handover text not null check (handover in ('electronic', 'on_site', 'post')),
    language text not null, token_hash bytea not null,
    submitted_at timestamptz not null, due_at timestamptz not null, extended_reason text not null default '',
    identity_way text not null default '',
    hold_id text not null default '', export_id text not null default '',
    outcome text, answer text not null default '', answered_at timestamptz);
create index footage_requests_newest on footage_requests (submitted_at desc, id desc);

create table footage_request_events (
    id text primary key,
    request_id text not null references footage_requests on delete cascade,
    kind text not null, by text not null default '', note text not null default '',
    at timestamptz not null,
    number bigint generated always as identity);
create index footage_request_events_request on footage_request_events (request_id, number);
"""


def upgrade() -> None:
    for part in (PLACES, IMPORTS, CONSULTATIONS, FOOTAGE):
        for statement in part.split(";\n"):
            if statement.strip():
                op.execute(statement)
    for statement in LEDGER:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("restore a backup: a migration back would lose residents' data")
