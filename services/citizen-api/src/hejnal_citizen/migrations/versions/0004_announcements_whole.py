"""Drafts with a second pair of eyes, templates, attachments, signed CAP documents; icons and CAP categories."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATEMENTS = """
alter table categories add column icon text not null default '';
alter table categories add column default_severity text
    check (default_severity in ('info', 'notice', 'warning', 'emergency'));
alter table categories add column cap_category text check (cap_category in
    ('Geo', 'Met', 'Safety', 'Security', 'Rescue', 'Fire', 'Health', 'Env', 'Transport', 'Infra', 'CBRNE', 'Other'));

alter table announcement_versions add column attachments text[] not null default '{}';
alter table announcement_versions add column origins jsonb not null default '{}';

create table announcement_drafts (
    id text primary key,
    version integer not null default 1,
    state text not null check (state in ('draft', 'waiting_approval', 'scheduled', 'published', 'rejected')),
    body jsonb not null,
    announcement_id text references announcements on delete cascade,
    expected_version integer,
    publish_at timestamptz, template_id text,
    authors text[] not null,
    created_by text not null, created_at timestamptz not null,
    changed_by text not null, changed_at timestamptz not null,
    submitted_by text, submitted_role text, submitted_at timestamptz,
    approval jsonb, approval_until timestamptz,
    decided_by text, decided_at timestamptz, returned jsonb,
    published_version integer);
create index announcement_drafts_due on announcement_drafts (publish_at) where state = 'scheduled';
create index announcement_drafts_waiting on announcement_drafts (approval_until) where state = 'waiting_approval';
create index announcement_drafts_newest on announcement_drafts (changed_at desc, id desc);

create table announcement_templates (
    id text primary key, version integer not null default 1, name text not null, body jsonb not null,
    valid_for_h integer, changed_by text not null, changed_at timestamptz not null);

create table attachments (
    id text primary key, media_type text not null check (media_type in ('image/jpeg', 'application/pdf')),
    name text not null, description text not null, size_bytes integer not null, width integer, height integer, pages integer,
    sha256 bytea not null, content bytea not null, uploaded_by text not null, uploaded_at timestamptz not null);
create index attachments_uploaded on attachments (uploaded_at);

create table cap_documents (
    announcement_id text not null references announcements on delete cascade, version integer not null,
    sender text not null, sent text not null, document bytea not null, signed_at timestamptz not null,
    primary key (announcement_id, version));
"""

CATEGORIES = {
    "water": ("water", "warning", "Infra"),
    "power": ("power", "notice", "Infra"),
    "gas": ("gas", "warning", "Infra"),
    "heating": ("heating", "notice", "Infra"),
    "roads": ("road", "notice", "Transport"),
    "events": ("calendar", "info", None),
    "air": ("air", "warning", "Env"),
    "waste": ("waste", "info", None),
    "safety": ("shield", "warning", "Safety"),
    "other": ("info", "info", "Other"),
}

TEMPLATES = (
    (
        "Awaria wodociągu",
        "water",
        "warning",
        8,
        {
            "pl": ("Nie ma wody: {ulice}", "Awaria wodociągu. Naprawa potrwa do około {godzina}. Woda do picia czeka: {miejsce}."),
            "en": ("No water: {ulice}", "A water main has burst. Repairs until about {godzina}. Drinking water: {miejsce}."),
            "uk": ("Немає води: {ulice}", "Аварія водопроводу. Ремонт до приблизно {godzina}. Питна вода: {miejsce}."),
        },
    ),
    (
        "Wyłączenie prądu",
        "power",
        "notice",
        12,
        {
            "pl": ("Przerwa w dostawie prądu: {ulice}", "Planowe wyłączenie prądu od {początek} do {godzina}."),
            "en": ("Power cut: {ulice}", "Planned power cut from {początek} to {godzina}."),
            "uk": ("Відключення електрики: {ulice}", "Планове відключення електрики з {początek} до {godzina}."),
        },
    ),
    (
        "Zamknięta ulica",
        "roads",
        "notice",
        72,
        {
            "pl": ("Ulica zamknięta: {ulice}", "Ulica jest zamknięta do {godzina}. Objazd: {objazd}."),
            "en": ("Road closed: {ulice}", "The road is closed until {godzina}. Detour: {objazd}."),
            "uk": ("Вулицю перекрито: {ulice}", "Вулицю перекрито до {godzina}. Об'їзд: {objazd}."),
        },
    ),
    (
        "Złe powietrze",
        "air",
        "warning",
        24,
        {
            "pl": (
                "Złe powietrze: zostań w domu, jeśli możesz",
                "Stężenie pyłu {wartość}. Nie wietrz mieszkania, zrezygnuj z wysiłku na zewnątrz.",
            ),
            "en": ("Bad air: stay in if you can", "Particulate matter {wartość}. Keep windows shut, avoid effort outdoors."),
            "uk": (
                "Погане повітря: залишайтеся вдома, якщо можете",
                "Рівень пилу {wartość}. Не провітрюйте оселю, уникайте навантажень надворі.",
            ),
        },
    ),
)


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        if statement.strip():
            op.execute(statement)
    connection = op.get_bind()
    dress = sa.text(
        "update categories set icon = :icon, default_severity = :severity, cap_category = :cap "
        "where kind = 'announcement' and code = :code"
    )
    for code, (icon, severity, cap) in CATEGORIES.items():
        connection.execute(dress, {"code": code, "icon": icon, "severity": severity, "cap": cap})
    add = sa.text(
        "insert into announcement_templates (id, name, body, valid_for_h, changed_by, changed_at) "
        "values (:id, :name, cast(:body as jsonb), :valid_for_h, 'hejnal', now())"
    )
    for number, (name, category, severity, valid_for_h, words) in enumerate(TEMPLATES, 1):
        texts = {language: {"title": title, "body": body} for language, (title, body) in words.items()}
        body = {"category": category, "severity": severity, "texts": texts}
        row = {"id": f"template-{number}", "name": name, "body": json.dumps(body), "valid_for_h": valid_for_h}
        connection.execute(add, row)


def downgrade() -> None:
    raise RuntimeError("restore a backup: a migration back would lose drafts and attachments")
