"""Making accounts from the command line, and proving to be one."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_gateway import metrics
from hejnal_gateway.accounts import history, recovery_codes, throttle
from hejnal_gateway.accounts.passwords import PasswordChecker, matching_step, random_password, random_totp_secret
from hejnal_gateway.accounts.roles import SEE_EVERY_CAMERA, Role
from hejnal_gateway.audit import facts as audit
from hejnal_gateway.secrets_at_rest import SecretBox
from hejnal_gateway.tables import accounts
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id

AnonymousKind = Literal["passkey", "set-up", "oidc"]
"""What can be asked for before signing in, besides signing in with a password; counted apart."""
_IP_FACTOR = 10
_NOBODYS_TOTP = random_totp_secret()


class Credentials(BaseModel):
    """What a new member of staff is handed, once."""

    role: Role
    login: str
    password: str
    totp_secret: str


@dataclass(frozen=True, slots=True)
class Account:
    """A proven account."""

    account_id: str
    login: str
    name: str
    role: Role
    camera_groups: frozenset[str] | None
    must_change_password: bool


def normal_login(login: str) -> str:
    """Logins differ by more than case and spaces."""
    return login.strip().casefold()


def account_of(row: Any) -> Account:
    """An account as its row says."""
    groups = row["camera_groups"]
    return Account(
        row["account_id"],
        row["login"],
        row["name"],
        Role(row["role"]),
        None if groups is None else frozenset(groups),
        row["must_change_password"],
    )


def login_taken(login: str) -> AppError:
    """409: logins are unique."""
    return AppError(Kind.CONFLICT, "login-taken", f"There is already an account {login!r}.")


class Accounts:
    """The staff's accounts. Signing in needs password and one-time code; nothing tells which of them was wrong."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        box: SecretBox,
        passwords: PasswordChecker,
        *,
        lock_after_failures: int,
        lock_s: int,
    ) -> None:
        self._database = database
        self._clock = clock
        self._box = box
        self._passwords = passwords
        self._limit = lock_after_failures
        self._lock_s = lock_s

    async def create(
        self,
        *,
        login: str,
        role: Role,
        name: str,
        camera_groups: frozenset[str] | None = None,
        must_change_password: bool = False,
    ) -> Credentials:
        """A new account with random secrets; AppError(CONFLICT) when the login is taken."""
        credentials = Credentials(
            role=role, login=normal_login(login), password=random_password(), totp_secret=random_totp_secret()
        )
        if camera_groups is not None and role in SEE_EVERY_CAMERA:
            raise AppError(Kind.INVALID, "role-sees-all", f"The role {role.value} sees every camera: give it no camera groups.")
        account_id, now, password_hash = new_id(), self._clock.now(), await self._passwords.hash(credentials.password)
        row = {
            "account_id": account_id,
            "login": credentials.login,
            "name": name,
            "role": role.value,
            "password_hash": password_hash,
            "totp_secret": self._box.seal(credentials.totp_secret, f"totp:{account_id}"),
            "camera_groups": None if camera_groups is None else sorted(camera_groups),
            "must_change_password": must_change_password,
            "enabled": True,
            "version": 1,
        }
        try:
            async with self._database.transaction() as session:
                await session.execute(insert(accounts).values(row))
                await history.note(session, row, "created", by=audit.COMMAND_LINE_ACTOR, at=now)
                await audit.publish_by_service(session, audit.COMMAND_LINE_ACTOR, "account.created", now, object_id=account_id)
        except IntegrityError as error:
            raise login_taken(credentials.login) from error
        return credentials

    async def exists(self, login: str) -> bool:
        """Whether there is an account of this login. For the command line only."""
        async with self._database.read() as session:
            found = await session.execute(select(accounts.c.account_id).where(accounts.c.login == normal_login(login)))
            return found.first() is not None

    # --- proofs ---------------------------------------------------------------------------------------------------

    async def prove(self, *, login: str, password: str, code: str, source_ip: str) -> Account:
        """The account that login, password and one-time code prove.

        AppError(UNAUTHENTICATED) when they do not, AppError(RATE_LIMITED) when too many wrong tries came before.
        """

        async def second(session: AsyncSession, row: Any) -> bool:
            sealed = row["totp_secret"] if row is not None else None
            secret = self._box.open(sealed, f"totp:{row['account_id']}") if sealed is not None else _NOBODYS_TOTP
            step = matching_step(secret, code.replace(" ", ""), self._clock.now())
            return row is not None and sealed is not None and step is not None and await _use_step(session, row, step)

        return await self._prove(
            login,
            password,
            source_ip,
            second,
            "Login, password or one-time code is wrong. A one-time code works only once: wait for the next one.",
        )

    async def prove_by_recovery_code(self, *, login: str, password: str, code: str, source_ip: str) -> Account:
        """The account that login, password and a recovery code prove; the code is used up. Errors as with `prove`."""

        async def second(session: AsyncSession, row: Any) -> bool:
            return row is not None and await recovery_codes.use(session, row["account_id"], code, self._clock.now())

        detail = "Login, password or recovery code is wrong. Each recovery code works only once."
        return await self._prove(login, password, source_ip, second, detail)

    async def _prove(
        self,
        login: str,
        password: str,
        source_ip: str,
        second: Callable[[AsyncSession, Any], Awaitable[bool]],
        refusal: str,
    ) -> Account:
        wanted, now = normal_login(login), self._clock.now()
        subject = throttle.subject_of("login", wanted)
        await self._count([(subject, self._limit), (_address(source_ip), self._limit * _IP_FACTOR)], now)
        async with self._database.read() as session:
            row = (await session.execute(select(accounts).where(accounts.c.login == wanted))).mappings().first()
        known = row is not None and row["enabled"]
        right = await self._passwords.verify(row["password_hash"] if row is not None and known else None, password)
        proven = False
        async with self._database.transaction() as session:
            if await second(session, row if right else None) and row is not None:
                proven = True
                await throttle.clear(session, subject)
        await self.settle(source_ip, row["account_id"] if row is not None else None, proven=proven)
        if row is None or not proven:
            raise AppError(Kind.UNAUTHENTICATED, "sign-in-failed", refusal)
        return account_of(row)

    async def prove_password(self, account_id: str, password: str) -> None:
        """Somebody who is signed in says who they are once more. Errors as with `prove`; CONFLICT when there is no password."""
        subject = throttle.subject_of("password-of", account_id)
        await self._count([(subject, self._limit)], self._clock.now())
        async with self._database.read() as session:
            query = select(accounts.c.password_hash).where(accounts.c.account_id == account_id)
            password_hash = (await session.execute(query)).scalar()
        if password_hash is None:
            raise AppError(
                Kind.CONFLICT,
                "no-password",
                "This account has no password here: the identity provider keeps it. Change it there.",
            )
        if not await self._passwords.verify(password_hash, password):
            raise AppError(Kind.FORBIDDEN, "password-wrong", "The password is wrong.")
        async with self._database.transaction() as session:
            await throttle.clear(session, subject)

    async def limit(self, kind: AnonymousKind, source_ip: str, most: int) -> None:
        """Count an anonymous request against its address. AppError(RATE_LIMITED) after `most` without a success between."""
        await self._count([(throttle.subject_of(kind, source_ip), most)], self._clock.now())

    async def succeeded(self, session: AsyncSession, kind: AnonymousKind, source_ip: str) -> None:
        """A counted request came to a good end: forget those of this address."""
        await throttle.clear(session, throttle.subject_of(kind, source_ip))

    async def _count(self, subjects: list[tuple[bytes, int]], now: datetime) -> None:
        locked: datetime | None = None
        async with self._database.transaction() as session:
            for key, limit in subjects:
                until = await throttle.count_try(session, key, now=now, limit=limit, lock_s=self._lock_s)
                locked = until or locked
        if locked is not None:
            metrics.SIGN_INS.labels("locked").inc()
            wait_s = max(1, int((locked - now).total_seconds()))
            raise AppError(
                Kind.RATE_LIMITED,
                "too-many-tries",
                f"Too many wrong tries. Signing in is possible again in {-(-wait_s // 60)} min.",
                retry_after_s=wait_s,
            )

    async def settle(self, source_ip: str, account_id: str | None, *, proven: bool) -> None:
        """Right: the try does not count against the address. Wrong: it is on record."""
        metrics.SIGN_INS.labels("allowed" if proven else "refused").inc()
        async with self._database.transaction() as session:
            if proven:
                await throttle.uncount(session, _address(source_ip))
            else:
                await audit.publish_refused_sign_in(session, account_id, source_ip, self._clock.now())


def _address(source_ip: str) -> bytes:
    return throttle.subject_of("address", source_ip)


async def _use_step(session: AsyncSession, row: Any, step: int) -> bool:
    """Use up the code's time step (RFC 6238 §5.2: a code is accepted once)."""
    used = await session.execute(
        update(accounts)
        .where(accounts.c.account_id == row["account_id"], accounts.c.totp_last_step < step)
        .values(totp_last_step=step)
        .returning(accounts.c.account_id)
    )
    return used.first() is not None
