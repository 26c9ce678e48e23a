"""The town's own message templates, every version kept."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    create table message_templates (
        channel text not null,
        language text not null,
        version integer not null,
        parts jsonb,
        created_at timestamptz not null,
        created_by text not null,
        primary key (channel, language, version))
    """,
    """
    comment on table message_templates is
        'The town''s own words around announcements; the newest version of each channel and language is used'
    """,
    "comment on column message_templates.parts is 'Null: back to the built-in words'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
