"""Accounts of people whom an identity provider vouches for. What ties them is issuer and subject, never a name or an address."""

from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_gateway.accounts import directory
from hejnal_gateway.accounts.accounts import Account, account_of, normal_login
from hejnal_gateway.accounts.directory import AccountDraft
from hejnal_gateway.accounts.provider import Identity
from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.accounts.tables import account_identities
from hejnal_gateway.audit.facts import PROVIDER_ACTOR, publish_by_service
from hejnal_gateway.tables import accounts
from hejnal_runtime.errors import AppError, Kind


async def admit(session: AsyncSession, identity: Identity, now: datetime) -> tuple[Account, bool]:
    """The account of this identity, made or brought up to date by what the provider says; whether what it may do changed.

    AppError: FORBIDDEN no role here, or switched off here; CONFLICT it is the last administrator and would no longer be one.
    """
    if identity.role is None:
        detail = "The provider knows you, but gives you no role here. Ask an administrator for one."
        raise AppError(Kind.FORBIDDEN, "oidc-role-unknown", detail)
    account_id = await linked(session, identity.issuer, identity.subject)
    changed = False
    if account_id is None:
        account_id = await _add(session, identity, identity.role, now)
    else:
        changed = await _renew(session, account_id, identity, identity.role, now)
    row = (await session.execute(select(accounts).where(accounts.c.account_id == account_id))).mappings().one()
    if not row["enabled"]:
        raise AppError(Kind.FORBIDDEN, "account-disabled", "This account is switched off. Ask an administrator.")
    return account_of(row), changed


async def linked(session: AsyncSession, issuer: str, subject: str) -> str | None:
    """The account of an identity, if there is one."""
    known = select(account_identities.c.account_id)
    known = known.where(account_identities.c.issuer == issuer, account_identities.c.subject == subject)
    account_id: str | None = (await session.execute(known)).scalar()
    return account_id


async def _add(session: AsyncSession, identity: Identity, role: Role, now: datetime) -> str:
    login = normal_login("".join(identity.login.split())) or identity.subject
    taken = select(accounts.c.account_id).where(accounts.c.login == login)
    if len(login) < 2 or (await session.execute(taken)).first() is not None:  # a local account of that name is somebody else
        login = f"{login}@{urlsplit(identity.issuer).hostname}"
    draft = AccountDraft(login=login[:120], name=identity.name, role=role, camera_groups=identity.camera_groups)
    account_id = await directory.add(session, draft, by=PROVIDER_ACTOR, now=now)
    row = {"issuer": identity.issuer, "subject": identity.subject, "account_id": account_id, "linked_at": now}
    await session.execute(insert(account_identities).values(row))
    await publish_by_service(session, PROVIDER_ACTOR, "account.created", now, object_id=account_id)
    return account_id


async def _renew(session: AsyncSession, account_id: str, identity: Identity, role: Role, now: datetime) -> bool:
    before = await directory.locked(session, account_id, None)
    after = {"name": identity.name, "role": role.value, "camera_groups": identity.camera_groups}
    if all(before[name] == value for name, value in after.items()):
        return False
    if before["role"] == Role.ADMIN and role is not Role.ADMIN and before["enabled"]:
        await directory.demand_another_admin(session, account_id)
    await directory.store(session, before, after, "changed-by-provider", by=PROVIDER_ACTOR, now=now)
    await publish_by_service(session, PROVIDER_ACTOR, "account.changed", now, object_id=account_id)
    return bool(before["role"] != role.value or before["camera_groups"] != identity.camera_groups)
