"""A deletion that was asked for says why: for a person's privacy, or because its camera was taken out of the registry."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "alter table privacy_deletions add column purpose text not null default 'privacy' "
        "constraint privacy_purpose check (purpose in ('privacy', 'camera_removed'))"
    )
    op.execute(
        "comment on table privacy_deletions is "
        "'Footage to be deleted before its time because a person has a right to it, or with its camera; holds win'"
    )
