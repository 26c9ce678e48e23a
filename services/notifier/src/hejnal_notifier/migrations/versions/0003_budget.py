"""Who issued a version, what its SMS cost, whether they went past the month's budget."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    alter table versions
        add column issued_by text not null default '',
        add column sms_messages integer not null default 0,
        add column sms_cost_grosze bigint not null default 0,
        add column over_budget boolean not null default false
    """,
    "comment on column versions.sms_cost_grosze is 'Worked out when it was planned'",
    "comment on column versions.over_budget is 'Its SMS went past the month''s budget'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
