"""Tables of the accounts' room: how people prove who they are, and what became of their accounts."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from hejnal_gateway.tables import metadata


def _instant(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _account(*, primary_key: bool = False, nullable: bool = False) -> "sa.Column[str]":
    key = sa.ForeignKey("accounts.account_id", ondelete="CASCADE")
    return sa.Column("account_id", sa.Text, key, primary_key=primary_key, nullable=nullable, index=not primary_key)


account_versions = sa.Table(
    "account_versions",
    metadata,
    _account(primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("change", sa.Text, nullable=False),
    sa.Column("state", JSONB, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
    _instant("changed_at"),
)

# One passkey or security key each; the private half never leaves the person's device.
passkeys = sa.Table(
    "passkeys",
    metadata,
    sa.Column("passkey_id", sa.Text, primary_key=True),
    _account(),
    sa.Column("credential_id", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    sa.Column("sign_count", sa.BigInteger, nullable=False),
    sa.Column("transports", ARRAY(sa.Text), nullable=False),
    sa.Column("backed_up", sa.Boolean, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    _instant("created_at"),
    _instant("last_used_at", nullable=True),
)

recovery_codes = sa.Table(
    "recovery_codes",
    metadata,
    _account(primary_key=True),
    sa.Column("code_hash", sa.LargeBinary, primary_key=True),
    _instant("used_at", nullable=True),
)

# Who an identity provider says somebody is: its own name for the person never changes, unlike login or e-mail.
account_identities = sa.Table(
    "account_identities",
    metadata,
    sa.Column("issuer", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True),
    _account(),
    _instant("linked_at"),
)

# Links with which a person sets an account up. No account: the first administrator of an installation.
account_setups = sa.Table(
    "account_setups",
    metadata,
    sa.Column("token_hash", sa.LargeBinary, primary_key=True),
    _account(nullable=True),
    sa.Column("totp_secret", sa.LargeBinary, nullable=False),
    _instant("expires_at"),
)

# What was begun and waits for an answer: WebAuthn challenges, sign-ins at an identity provider. Taken out when answered.
ceremonies = sa.Table(
    "ceremonies",
    metadata,
    sa.Column("key_hash", sa.LargeBinary, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    _account(nullable=True),
    sa.Column("state", JSONB, nullable=False),
    sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, index=True),
)
