"""One-time links with which a person sets an account up: chooses a password, enrols the authenticator app, gets recovery codes.

No password is ever handed over. The secret part stands behind `#`, so it reaches neither logs nor other sites.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyotp
from sqlalchemy import delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_gateway.accounts import directory, recovery_codes
from hejnal_gateway.accounts.accounts import Account, account_of
from hejnal_gateway.accounts.directory import AccountDraft
from hejnal_gateway.accounts.password_rules import demand_good
from hejnal_gateway.accounts.passwords import PasswordChecker, matching_step, random_totp_secret
from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.accounts.tables import account_setups
from hejnal_gateway.secrets_at_rest import SecretBox
from hejnal_gateway.tables import accounts
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError, Kind

ISSUER_NAME = "Hejnał"
_FIRST_ADMIN_LOCK = text("select pg_advisory_xact_lock(hashtext('hejnal-first-admin'))")


@dataclass(frozen=True, slots=True)
class SetUpLink:
    """What the person opens. Shown once; only its hash is kept."""

    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SetUp:
    """What the link is for. `login` is None for the first administrator, who chooses one."""

    account_id: str | None
    login: str | None
    name: str | None
    role: Role
    totp_secret: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the person chose; login and name only where the link leaves them open."""

    password: str
    code: str
    login: str | None = None
    name: str | None = None


def totp_uri(secret: str, login: str) -> str:
    """What the QR code for the authenticator app says (Key URI Format)."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER_NAME)


def _hash(token: str) -> bytes:
    return hashlib.sha256(f"set-up:{token}".encode()).digest()


class SetUps:
    """Makes links, shows what they are for, and uses them up."""

    def __init__(
        self, database: Database, clock: Clock, box: SecretBox, passwords: PasswordChecker, *, public_url: str, valid_h: int
    ) -> None:
        self._database = database
        self._clock = clock
        self._box = box
        self._passwords = passwords
        self._page = public_url.rstrip("/") + "/set-up#"
        self._valid = timedelta(hours=valid_h)

    async def issue(self, session: AsyncSession, account_id: str | None) -> SetUpLink:
        """A fresh link; those issued before for the same account (or the first administrator) are worth nothing."""
        token, expires_at = secrets.token_urlsafe(32), self._clock.now() + self._valid
        await session.execute(delete(account_setups).where(account_setups.c.account_id.is_not_distinct_from(account_id)))
        sealed = self._box.seal(random_totp_secret(), f"set-up:{_hash(token).hex()}")
        row = {"token_hash": _hash(token), "account_id": account_id, "totp_secret": sealed, "expires_at": expires_at}
        await session.execute(insert(account_setups).values(row))
        return SetUpLink(self._page + token, expires_at)

    async def issue_first_admin(self) -> SetUpLink:
        """A link for the first administrator. AppError(CONFLICT) once one can sign in."""
        async with self._database.transaction() as session:
            await self._demand_no_admin(session)
            return await self.issue(session, None)

    async def show(self, token: str) -> SetUp:
        """What a link is for. AppError(NOT_FOUND) when it was used, replaced, or is too old."""
        async with self._database.read() as session:
            return self._set_up(await self._row(session, token), token)

    async def complete(self, session: AsyncSession, token: str, chosen: Chosen) -> tuple[Account, list[str]]:
        """The account, set up, and its recovery codes. Its link is used up, its sessions have to end.

        AppError: NOT_FOUND no such link; INVALID weak password, wrong one-time code, missing or superfluous login;
        CONFLICT login taken, or there is an administrator already.
        """
        now = self._clock.now()
        set_up = self._set_up(await self._row(session, token), token)
        name, login = chosen.name or set_up.name or "", chosen.login or set_up.login or ""
        await demand_good(chosen.password, (login, name))
        step = matching_step(set_up.totp_secret, chosen.code.replace(" ", ""), now)
        if step is None:
            detail = "This is not the code the authenticator app shows now. Check that the clock of the phone is right."
            raise AppError(Kind.INVALID, "code-wrong", detail)
        used = delete(account_setups).where(account_setups.c.token_hash == _hash(token)).returning(account_setups.c.token_hash)
        if (await session.execute(used)).first() is None:
            raise _no_link()
        account_id = set_up.account_id or await self._add_first_admin(session, login, name, now)
        before = await directory.locked(session, account_id, None)
        proofs = {
            "password_hash": await self._passwords.hash(chosen.password),
            "totp_secret": self._box.seal(set_up.totp_secret, f"totp:{account_id}"),
            "totp_pending": None,
            "totp_last_step": step,
            "must_change_password": False,
        }
        await directory.store(session, before, proofs, "set-up", by=account_id, now=now)
        codes = await recovery_codes.renew(session, account_id)
        row = (await session.execute(select(accounts).where(accounts.c.account_id == account_id))).mappings().one()
        return account_of(row), codes

    async def _add_first_admin(self, session: AsyncSession, login: str, name: str, now: datetime) -> str:
        if not login or not name:
            raise AppError(Kind.INVALID, "login-missing", "The first administrator chooses a login and a name.")
        await self._demand_no_admin(session)
        return await directory.add(session, AccountDraft(login=login, name=name, role=Role.ADMIN), by="first-admin", now=now)

    async def _demand_no_admin(self, session: AsyncSession) -> None:
        await session.execute(_FIRST_ADMIN_LOCK)
        if await directory.has_admin(session):
            detail = "There is an administrator already. Ask them for an account; they can also reset one."
            raise AppError(Kind.CONFLICT, "admin-exists", detail)

    async def _row(self, session: AsyncSession, token: str) -> Any:
        setup = account_setups.c
        query = (
            select(account_setups, accounts.c.login, accounts.c.name, accounts.c.role)
            .outerjoin(accounts, accounts.c.account_id == setup.account_id)
            .where(setup.token_hash == _hash(token), setup.expires_at > self._clock.now())
            .where(setup.account_id.is_(None) | accounts.c.enabled)
        )
        row = (await session.execute(query)).mappings().first()
        if row is None:
            raise _no_link()
        return row

    def _set_up(self, row: Any, token: str) -> SetUp:
        secret = self._box.open(row["totp_secret"], f"set-up:{_hash(token).hex()}")
        role = Role.ADMIN if row["account_id"] is None else Role(row["role"])
        return SetUp(row["account_id"], row["login"], row["name"], role, secret, row["expires_at"])


def _no_link() -> AppError:
    detail = "This link does not work any more: it was used, replaced by a newer one, or is too old. Ask for another."
    return AppError(Kind.NOT_FOUND, "set-up-unknown", detail)
