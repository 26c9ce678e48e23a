"""The citizen schema: town, announcements, residents, reports."""

from alembic import op

from hejnal_runtime.inbox import create_inbox
from hejnal_runtime.outbox import create_outbox

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TOWN = """
create table town (
    single boolean primary key default true check (single),
    name text not null, teryt text not null, center geometry(Point, 4326) not null,
    boundary geometry(MultiPolygon, 4326) not null, imported_at timestamptz not null);

create table streets (
    id integer generated always as identity primary key,
    name text not null, district text not null, words text not null,
    footprint geometry(MultiPolygon, 4326), addresses integer not null default 0,
    unique (name, district));

create table addresses (
    id integer generated always as identity primary key,
    street_id integer not null references streets on delete cascade,
    number text not null, number_key text not null, postcode text not null, place geometry(Point, 4326) not null);
create index addresses_street on addresses (street_id, number_key text_pattern_ops);
create index addresses_place on addresses using gist (place);

create table places (
    id integer generated always as identity primary key,
    name text not null, kind text not null, words text not null, place geometry(Point, 4326) not null);

create table categories (
    kind text not null check (kind in ('announcement', 'report')),
    code text not null check (code ~ '^[a-z][a-z0-9_-]{0,39}$'),
    position integer not null, names jsonb not null,
    unit text not null default '', anonymous_allowed boolean not null default true, urgent boolean not null default false,
    active boolean not null default true,
    primary key (kind, code));
"""

ANNOUNCEMENTS = """
create table announcements (
    id text primary key, version integer not null, issued_at timestamptz not null);

create table announcement_versions (
    announcement_id text not null references announcements on delete cascade deferrable initially deferred,
    version integer not null check (version >= 1),
    kind text not null check (kind in ('issued', 'updated', 'cancelled')),
    category text not null,
    severity text not null check (severity in ('info', 'notice', 'warning', 'emergency')),
    texts jsonb not null, area jsonb not null, footprint geometry(MultiPolygon, 4326) not null,
    valid_from timestamptz not null, valid_until timestamptz not null,
    channels text[] not null, drill boolean not null,
    issued_at timestamptz not null, issued_by text not null,
    primary key (announcement_id, version),
    check (valid_until > valid_from));
create index announcement_versions_issued on announcement_versions (issued_at);
create index announcement_versions_footprint on announcement_versions using gist (footprint);

create table delivery_progress (
    announcement_id text not null, version integer not null,
    counts jsonb not null, finished boolean not null, at timestamptz not null,
    primary key (announcement_id, version));
"""

RESIDENTS = """
create table residents (
    id text primary key,
    kind text not null check (kind in ('account', 'browser')),
    version integer not null default 0,
    language text not null default 'pl',
    quiet_starts time, quiet_ends time, paused_until timestamptz,
    token_hash bytea, created_at timestamptz not null, changed_at timestamptz not null);

create table contacts (
    id text primary key,
    resident_id text not null references residents on delete cascade,
    channel text not null check (channel in ('email', 'sms', 'push')),
    address text not null, push_p256dh text, push_auth text,
    verified_at timestamptz not null,
    consent_id text, consented_at timestamptz,
    failed text check (failed in ('hard_bounce', 'gone', 'opted_out')), failed_at timestamptz,
    unsubscribe_token text not null unique);
create unique index contacts_address on contacts (channel, address);
create index contacts_resident on contacts (resident_id);

create table filters (
    resident_id text not null references residents on delete cascade,
    position integer not null,
    categories text[] not null, min_severity text not null, channels text[] not null,
    area jsonb, footprint geometry(MultiPolygon, 4326), label text not null default '',
    primary key (resident_id, position));

create table consents (
    id text primary key,
    resident_id text not null references residents on delete cascade,
    contact_id text not null,
    action text not null check (action in ('granted', 'withdrawn')),
    text text not null, text_version text not null, language text not null, way text not null, legal_basis text not null,
    at timestamptz not null);
create index consents_resident on consents (resident_id);

create table sessions (
    token_hash bytea primary key,
    resident_id text not null references residents on delete cascade,
    created_at timestamptz not null, last_seen_at timestamptz not null, expires_at timestamptz not null, device text not null);
create index sessions_resident on sessions (resident_id);
create index sessions_expiry on sessions (expires_at);

create table challenges (
    id text primary key,
    channel text not null check (channel in ('email', 'sms')), address text not null,
    resident_id text references residents on delete cascade,
    code_hash bytea not null, created_at timestamptz not null, expires_at timestamptz not null, used_at timestamptz);
create index challenges_expiry on challenges (expires_at);

create table locks (
    key text primary key, wrong integer not null, since timestamptz not null, locked_until timestamptz);

create table rates (
    key text not null, starts timestamptz not null, count integer not null,
    primary key (key, starts));

create table idempotency (
    scope text not null, key text not null, fingerprint bytea not null, result jsonb not null, at timestamptz not null,
    primary key (scope, key));
create index idempotency_at on idempotency (at);
"""

REPORTS = """
create table report_numbers (year integer primary key, last integer not null);

create table reports (
    id text primary key, reference text not null unique,
    category text not null, text text not null, place geometry(Point, 4326) not null,
    street text not null, address text not null,
    contact text, resident_id text references residents on delete set null, token_hash bytea not null,
    status text not null check (status in ('received', 'in_progress', 'planned', 'closed')),
    outcome text check (outcome in ('fixed', 'not_ours', 'duplicate', 'rejected')),
    unit text not null, urgent boolean not null, version integer not null default 1,
    submitted_at timestamptz not null, updated_at timestamptz not null,
    check ((status = 'closed') = (outcome is not null)));
create index reports_newest on reports (submitted_at desc, id desc);
create index reports_place on reports using gist (place);
create index reports_resident on reports (resident_id) where resident_id is not null;

create table report_photos (
    id text primary key, report_id text not null references reports on delete cascade,
    position integer not null, width integer not null, height integer not null, size_bytes integer not null, sha256 bytea not null);
create index report_photos_report on report_photos (report_id, position);

create table report_events (
    id text primary key, report_id text not null references reports on delete cascade,
    kind text not null check (kind in ('submitted', 'routed', 'answered', 'closed')),
    status text not null, outcome text, unit text not null default '', answer text not null default '',
    by text not null default '', at timestamptz not null);
create index report_events_report on report_events (report_id, id);

create table cameras (
    camera_id text primary key, version integer not null, name text not null, public boolean not null, state jsonb not null);
"""

SEED = """
insert into categories (kind, position, code, names) values
('announcement', 1, 'water', '{"pl": "Woda", "en": "Water", "uk": "Вода"}'),
('announcement', 2, 'power', '{"pl": "Prąd", "en": "Power", "uk": "Електрика"}'),
('announcement', 3, 'gas', '{"pl": "Gaz", "en": "Gas", "uk": "Газ"}'),
('announcement', 4, 'heating', '{"pl": "Ogrzewanie", "en": "Heating", "uk": "Опалення"}'),
('announcement', 5, 'roads', '{"pl": "Drogi", "en": "Roads", "uk": "Дороги"}'),
('announcement', 6, 'events', '{"pl": "Wydarzenia", "en": "Events", "uk": "Події"}'),
('announcement', 7, 'air', '{"pl": "Powietrze", "en": "Air", "uk": "Повітря"}'),
('announcement', 8, 'waste', '{"pl": "Odpady", "en": "Waste", "uk": "Відходи"}'),
('announcement', 9, 'safety', '{"pl": "Bezpieczeństwo", "en": "Safety", "uk": "Безпека"}'),
('announcement', 10, 'other', '{"pl": "Inne", "en": "Other", "uk": "Інше"}');
insert into categories (kind, position, code, names, unit, anonymous_allowed, urgent) values
('report', 1, 'road_damage', '{"pl": "Uszkodzona droga lub chodnik", "en": "Damaged road or pavement", "uk": "Пошкоджена дорога або тротуар"}',
 'Zarząd Dróg Miejskich', true, false),
('report', 2, 'lighting', '{"pl": "Oświetlenie", "en": "Street lighting", "uk": "Освітлення"}', 'Zarząd Dróg Miejskich', true, false),
('report', 3, 'waste', '{"pl": "Śmieci i porządek", "en": "Litter and waste", "uk": "Сміття та чистота"}', 'Wydział Ochrony Środowiska', true, false),
('report', 4, 'greenery', '{"pl": "Zieleń i drzewa", "en": "Trees and greenery", "uk": "Зелень і дерева"}', 'Wydział Ochrony Środowiska', true, false),
('report', 5, 'signage', '{"pl": "Znaki i sygnalizacja", "en": "Signs and signals", "uk": "Знаки та світлофори"}', 'Zarząd Dróg Miejskich', true, false),
('report', 6, 'water_leak', '{"pl": "Awaria wodociągu", "en": "Water leak", "uk": "Аварія водопроводу"}', 'Wodociągi Miejskie', true, true),
('report', 7, 'danger', '{"pl": "Zagrożenie", "en": "Danger", "uk": "Небезпека"}', 'Straż Miejska', true, true),
('report', 8, 'noise', '{"pl": "Hałas i spokój", "en": "Noise and nuisance", "uk": "Шум і спокій"}', 'Straż Miejska', false, false),
('report', 9, 'other', '{"pl": "Inne", "en": "Other", "uk": "Інше"}', 'Biuro Obsługi Mieszkańców', true, false);
"""


def upgrade() -> None:
    for block in (TOWN, ANNOUNCEMENTS, RESIDENTS, REPORTS, SEED):
        for statement in block.split(";\n"):
            if statement.strip():
                op.execute(statement)
    create_outbox(op)
    create_inbox(op)


def downgrade() -> None:
    raise RuntimeError("restore a backup: a migration back would lose residents' data")
