"""The staff's accounts as an administrator keeps them. Nobody can lock the last administrator out."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import delete, exists, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_gateway.accounts import history, recovery_codes, throttle
from hejnal_gateway.accounts.accounts import login_taken, normal_login
from hejnal_gateway.accounts.roles import SEE_EVERY_CAMERA, Role
from hejnal_gateway.accounts.tables import account_identities, account_setups, passkeys
from hejnal_gateway.tables import accounts
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id

GroupName = Annotated[str, StringConstraints(min_length=1, max_length=60)]
PersonName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Login = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=120, pattern=r"^\S+$")]


class AccountDraft(BaseModel):
    """Who the person is and what for."""

    model_config = ConfigDict(extra="forbid")

    login: Login
    name: PersonName
    role: Role
    camera_groups: list[GroupName] | None = Field(
        default=None, max_length=200, description="The groups of cameras this person may know of; null: every camera; []: none"
    )


class AccountPatch(BaseModel):
    """What changes; what is not mentioned stays."""

    model_config = ConfigDict(extra="forbid")

    name: PersonName | None = None
    role: Role | None = None
    camera_groups: list[GroupName] | None = Field(default=None, max_length=200, description="null: every camera; []: none")
    enabled: bool | None = None


_KEYS = select(func.count()).where(passkeys.c.account_id == accounts.c.account_id).correlate(accounts).scalar_subquery()
_PROVIDER = (
    select(account_identities.c.issuer).where(account_identities.c.account_id == accounts.c.account_id).limit(1)
).scalar_subquery()
_SETUP_UNTIL = (
    select(func.max(account_setups.c.expires_at)).where(account_setups.c.account_id == accounts.c.account_id)
).scalar_subquery()
_SHOWN = select(accounts, _KEYS.label("passkeys"), _PROVIDER.label("provider"), _SETUP_UNTIL.label("set_up_until"))


async def every(session: AsyncSession) -> Sequence[Any]:
    """All accounts by name."""
    return (await session.execute(_SHOWN.order_by(accounts.c.name, accounts.c.login))).mappings().all()


async def find(session: AsyncSession, account_id: str) -> Any:
    """One account; AppError(NOT_FOUND) when there is none."""
    row = (await session.execute(_SHOWN.where(accounts.c.account_id == account_id))).mappings().first()
    if row is None:
        raise _gone()
    return row


async def add(session: AsyncSession, draft: AccountDraft, *, by: str, now: datetime) -> str:
    """A new account that nobody can sign in to before it is set up; its id. AppError: CONFLICT login taken, INVALID groups."""
    row = {
        "account_id": new_id(),
        "login": normal_login(draft.login),
        "name": draft.name,
        "role": draft.role.value,
        "camera_groups": sane_groups(draft.role, draft.camera_groups),
        "enabled": True,
        "version": 1,
        "created_at": now,
        "changed_at": now,
    }
    try:
        async with session.begin_nested():
            await session.execute(insert(accounts).values(row))
    except IntegrityError as error:
        raise login_taken(str(row["login"])) from error
    await history.note(session, row, "created", by=by, at=now)
    return str(row["account_id"])


async def change(
    session: AsyncSession, account_id: str, patch: AccountPatch, *, version: int, by: str, now: datetime
) -> tuple[Any, bool]:
    """The account as it is now, and whether what it may do has changed (its sessions have to end then).

    AppError: NOT_FOUND; PRECONDITION changed meanwhile; CONFLICT it is the last administrator; INVALID groups.
    """
    before = await locked(session, account_id, version)
    said = patch.model_dump(mode="json", exclude_unset=True)
    after = {name: before[name] for name in ("name", "role", "camera_groups", "enabled")}
    after |= {name: value for name, value in said.items() if value is not None or name == "camera_groups"}
    after["camera_groups"] = sane_groups(Role(after["role"]), after["camera_groups"])
    if all(after[name] == before[name] for name in after):
        return await find(session, account_id), False
    if before["role"] == Role.ADMIN and before["enabled"] and not (after["role"] == Role.ADMIN and after["enabled"]):
        await demand_another_admin(session, account_id)
    await store(session, before, after, "changed", by=by, now=now)
    may_less = any(after[name] != before[name] for name in ("role", "camera_groups", "enabled"))
    return await find(session, account_id), may_less


async def store(
    session: AsyncSession,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    what: history.AccountChange,
    *,
    by: str,
    now: datetime,
) -> None:
    """Write a locked account's next version."""
    values = {**after, "version": before["version"] + 1, "changed_at": now}
    await session.execute(update(accounts).where(accounts.c.account_id == before["account_id"]).values(values))
    await history.note(session, {**before, **values}, what, by=by, at=now)


async def strip(session: AsyncSession, account_id: str, *, version: int, local_passwords: bool, by: str, now: datetime) -> None:
    """Take away every way to sign in: password, second factors, keys, codes; what was locked is open again.

    AppError: NOT_FOUND; PRECONDITION changed meanwhile; CONFLICT it is the last administrator or an identity provider's account.
    """
    before = await locked(session, account_id, version)
    provider = select(account_identities.c.issuer).where(account_identities.c.account_id == account_id)
    if not local_passwords and (await session.execute(provider)).first() is not None:
        detail = "The identity provider keeps this account: reset its password there."
        raise AppError(Kind.CONFLICT, "account-of-provider", detail)
    if before["role"] == Role.ADMIN and before["enabled"]:
        await demand_another_admin(session, account_id)
    await session.execute(delete(passkeys).where(passkeys.c.account_id == account_id))
    await recovery_codes.forget(session, account_id)
    await throttle.clear(session, throttle.subject_of("login", before["login"]))
    nothing = {
        "password_hash": None,
        "totp_secret": None,
        "totp_pending": None,
        "totp_last_step": 0,
        "must_change_password": False,
    }
    await store(session, before, nothing, "reset", by=by, now=now)


async def locked(session: AsyncSession, account_id: str, version: int | None) -> Any:
    """The account's row, locked; with it all administrators' rows, in order: two cannot dismiss each other at once.

    AppError: NOT_FOUND; PRECONDITION when it is no longer of this version.
    """
    mine = accounts.c.account_id == account_id
    query = select(accounts).where(mine | (accounts.c.role == Role.ADMIN.value)).order_by(accounts.c.account_id)
    rows = (await session.execute(query.with_for_update())).mappings().all()
    row = next((row for row in rows if row["account_id"] == account_id), None)
    if row is None:
        raise _gone()
    if version is not None and row["version"] != version:
        detail = f"The account was changed meanwhile (version {row['version']}, yours was {version}). Load it again."
        raise AppError(Kind.PRECONDITION, "account-changed-meanwhile", detail)
    return row


async def demand_another_admin(session: AsyncSession, account_id: str) -> None:
    """AppError(CONFLICT) unless another administrator can sign in. The account is `locked`."""
    if not await has_admin(session, besides=account_id):
        detail = "This is the last administrator who can sign in. Make another one first, and have them set their account up."
        raise AppError(Kind.CONFLICT, "last-admin", detail)


async def has_admin(session: AsyncSession, *, besides: str = "") -> bool:
    """Whether an administrator can sign in (besides this one)."""
    able = or_(
        accounts.c.password_hash.is_not(None) & accounts.c.totp_secret.is_not(None),
        exists().where(passkeys.c.account_id == accounts.c.account_id),
        exists().where(account_identities.c.account_id == accounts.c.account_id),
    )
    query = select(accounts.c.account_id).where(accounts.c.role == Role.ADMIN.value, accounts.c.enabled, able)
    return (await session.execute(query.where(accounts.c.account_id != besides).limit(1))).first() is not None


def sane_groups(role: Role, groups: list[str] | None) -> list[str] | None:
    """Sorted, each once. AppError(INVALID) for roles that see every camera."""
    if groups is None:
        return None
    if role in SEE_EVERY_CAMERA:
        detail = f"The role {role.value} sees every camera: leave camera_groups null, or choose another role."
        raise AppError(Kind.INVALID, "role-sees-all", detail)
    return sorted(set(groups))


def _gone() -> AppError:
    return AppError(Kind.NOT_FOUND, "account-unknown", "There is no such account.")
