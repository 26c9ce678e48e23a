"""Making accounts and proving to be one."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from hejnal_gateway import metrics
from hejnal_gateway.accounts import throttle
from hejnal_gateway.accounts.passwords import PasswordChecker, matching_step, random_password, random_totp_secret
from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.audit import facts as audit
from hejnal_gateway.secrets_at_rest import SecretBox
from hejnal_gateway.tables import accounts
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id

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


def normal_login(login: str) -> str:
    """Logins differ by more than case and spaces."""
    return login.strip().casefold()


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

    async def create(self, *, login: str, role: Role, name: str) -> Credentials:
        """A new account with random secrets; AppError(CONFLICT) when the login is taken."""
        credentials = Credentials(
            role=role, login=normal_login(login), password=random_password(), totp_secret=random_totp_secret()
        )
        account_id, password_hash = new_id(), await self._passwords.hash(credentials.password)
        row = {
            "account_id": account_id,
            "login": credentials.login,
            "name": name,
            "role": role.value,
            "password_hash": password_hash,
            "totp_secret": self._box.seal(credentials.totp_secret, f"totp:{account_id}"),
        }
        try:
            async with self._database.transaction() as session:
                await session.execute(insert(accounts).values(row))
        except IntegrityError as error:
            raise AppError(Kind.CONFLICT, "login-taken", f"There is already an account {credentials.login!r}.") from error
        return credentials

    async def exists(self, login: str) -> bool:
        """Whether there is an account of this login. For the command line only."""
        async with self._database.read() as session:
            found = await session.execute(select(accounts.c.account_id).where(accounts.c.login == normal_login(login)))
            return found.first() is not None

    async def prove(self, *, login: str, password: str, code: str, source_ip: str) -> Account:
        """The account that login, password and one-time code prove.

        AppError(UNAUTHENTICATED) when they do not, AppError(RATE_LIMITED) when too many wrong tries came before.
        """
        wanted, now = normal_login(login), self._clock.now()
        subject = throttle.subject_of("login", wanted)
        await self._count(subject, source_ip, now)
        async with self._database.read() as session:
            row = (await session.execute(select(accounts).where(accounts.c.login == wanted))).mappings().first()
        known = row is not None and row["enabled"]
        password_right = await self._passwords.verify(row["password_hash"] if row is not None and known else None, password)
        secret = self._box.open(row["totp_secret"], f"totp:{row['account_id']}") if row is not None else _NOBODYS_TOTP
        step = matching_step(secret, code.replace(" ", ""), now)
        proven = (
            row is not None and password_right and step is not None and await self._use_step(row["account_id"], step, subject)
        )
        await self._settle(source_ip, row["account_id"] if row is not None else None, proven=proven)
        if row is None or not proven:
            raise AppError(
                Kind.UNAUTHENTICATED,
                "sign-in-failed",
                "Login, password or one-time code is wrong. A one-time code works only once: wait for the next one.",
            )
        return Account(row["account_id"], row["login"], row["name"], Role(row["role"]))

    async def _count(self, subject: bytes, source_ip: str, now: datetime) -> None:
        subjects = [(subject, self._limit), (throttle.subject_of("address", source_ip), self._limit * _IP_FACTOR)]
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

    async def _settle(self, source_ip: str, account_id: str | None, *, proven: bool) -> None:
        """Right: the try does not count against the address. Wrong: it is on record."""
        metrics.SIGN_INS.labels("allowed" if proven else "refused").inc()
        async with self._database.transaction() as session:
            if proven:
                await throttle.uncount(session, throttle.subject_of("address", source_ip))
            else:
                await audit.publish_refused_sign_in(session, account_id, source_ip, self._clock.now())

    async def _use_step(self, account_id: str, step: int, subject: bytes) -> bool:
        """Use up the code's time step (RFC 6238 §5.2: a code is accepted once) and forget the wrong tries before it."""
        async with self._database.transaction() as session:
            used = await session.execute(
                update(accounts)
                .where(accounts.c.account_id == account_id, accounts.c.totp_last_step < step)
                .values(totp_last_step=step)
                .returning(accounts.c.account_id)
            )
            if used.first() is None:
                return False
            await throttle.clear(session, subject)
            return True
