"""Accounts: camera groups, versions, passkeys, recovery codes, set-up links, identity providers."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _instant(name: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), **{"nullable": False} | options)


def _account(**options: Any) -> sa.Column[Any]:
    return sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.account_id", ondelete="CASCADE"), **options)


def upgrade() -> None:
    now = sa.text("clock_timestamp()")
    op.alter_column("accounts", "password_hash", nullable=True)
    op.alter_column("accounts", "totp_secret", nullable=True)
    for column in (
        sa.Column("totp_pending", sa.LargeBinary),
        sa.Column("must_change_password", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("camera_groups", ARRAY(sa.Text)),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        _instant("changed_at", server_default=now),
        _instant("last_signed_in_at", nullable=True),
    ):
        op.add_column("accounts", column)
    op.add_column("sessions", sa.Column("method", sa.Text, nullable=False, server_default="password"))
    op.add_column("sessions", sa.Column("browser", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "account_versions",
        _account(primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("change", sa.Text, nullable=False),
        sa.Column("state", JSONB, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        _instant("changed_at"),
    )
    op.create_table(
        "passkeys",
        sa.Column("passkey_id", sa.Text, primary_key=True),
        _account(nullable=False, index=True),
        sa.Column("credential_id", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("transports", ARRAY(sa.Text), nullable=False),
        sa.Column("backed_up", sa.Boolean, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        _instant("created_at"),
        _instant("last_used_at", nullable=True),
    )
    op.create_table(
        "recovery_codes",
        _account(primary_key=True),
        sa.Column("code_hash", sa.LargeBinary, primary_key=True),
        _instant("used_at", nullable=True),
    )
    op.create_table(
        "account_identities",
        sa.Column("issuer", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        _account(nullable=False, index=True),
        _instant("linked_at"),
    )
    op.create_table(
        "account_setups",
        sa.Column("token_hash", sa.LargeBinary, primary_key=True),
        _account(index=True),
        sa.Column("totp_secret", sa.LargeBinary, nullable=False),
        _instant("expires_at"),
    )
    op.create_table(
        "ceremonies",
        sa.Column("key_hash", sa.LargeBinary, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        _account(index=True),
        sa.Column("state", JSONB, nullable=False),
        _instant("expires_at", index=True),
    )
