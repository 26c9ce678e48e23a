"""What sound a run has, so that a playlist shows it only where a player can go through with it."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table runs add column audio_codec text")
    op.execute("comment on column runs.audio_codec is 'RFC 6381 codec string; null: recorded without sound'")
