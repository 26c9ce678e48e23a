"""Sessions: an opaque random token in the browser, its hash in the database."""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.tables import accounts, sessions
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.ids import new_id

SignInMethod = Literal["password", "passkey", "oidc", "recovery", "set-up"]
_TOUCH_EVERY_S = 60
_BROWSER_LENGTH = 200


@dataclass(frozen=True, slots=True)
class StaffSession:
    """A signed-in member of staff. `camera_groups`: the groups this person may know of; None means every camera."""

    session_id: str
    account_id: str
    login: str
    name: str
    role: Role
    expires_at: datetime
    source_ip: str
    camera_groups: frozenset[str] | None = None
    must_change_password: bool = False
    method: SignInMethod = "password"

    def sees(self, groups: Iterable[str]) -> bool:
        """Whether this person may know of a camera with these groups."""
        return self.camera_groups is None or not self.camera_groups.isdisjoint(groups)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


class Sessions:
    """Opens, finds and ends sessions. A session ends when unused for `idle_s`, at the age of `absolute_s`, or by its owner.

    An account has at most `most` of them: one more ends the one that was unused longest.
    """

    def __init__(self, database: Database, clock: Clock, *, idle_s: int, absolute_s: int, most: int = 10) -> None:
        self._database = database
        self._clock = clock
        self._idle = timedelta(seconds=idle_s)
        self._absolute = timedelta(seconds=absolute_s)
        self._most = most

    async def open(
        self, session: AsyncSession, account_id: str, source_ip: str, *, method: SignInMethod, browser: str
    ) -> tuple[str, str, datetime]:
        """A fresh session: its token (shown once, to the browser only), its id and its end."""
        token, session_id, now = secrets.token_urlsafe(32), new_id(), self._clock.now()
        await session.execute(select(accounts.c.account_id).where(accounts.c.account_id == account_id).with_for_update())
        await session.execute(
            insert(sessions).values(
                token_hash=_hash(token),
                session_id=session_id,
                account_id=account_id,
                created_at=now,
                last_seen_at=now,
                expires_at=now + self._absolute,
                source_ip=source_ip,
                method=method,
                browser=browser[:_BROWSER_LENGTH],
            )
        )
        await session.execute(update(accounts).where(accounts.c.account_id == account_id).values(last_signed_in_at=now))
        newest = (
            select(sessions.c.session_id)
            .where(sessions.c.account_id == account_id)
            .order_by(sessions.c.last_seen_at.desc(), sessions.c.session_id.desc())
            .limit(self._most)
        )
        await session.execute(
            delete(sessions).where(sessions.c.account_id == account_id, sessions.c.session_id.not_in(newest.scalar_subquery()))
        )
        return token, session_id, now + self._absolute

    async def find(self, token: str, source_ip: str) -> StaffSession | None:
        """Who holds this token now, or None. Being found counts as use."""
        now = self._clock.now()
        account = accounts.c
        query = (
            select(sessions, account.login, account.name, account.role, account.camera_groups, account.must_change_password)
            .join(accounts, account.account_id == sessions.c.account_id)
            .where(sessions.c.token_hash == _hash(token), *self._alive(now))
        )
        async with self._database.read() as session:
            row = (await session.execute(query)).mappings().first()
        if row is None:
            return None
        if (now - row["last_seen_at"]).total_seconds() > _TOUCH_EVERY_S:
            await self._touch(row["session_id"], now)
        return StaffSession(
            row["session_id"],
            row["account_id"],
            row["login"],
            row["name"],
            Role(row["role"]),
            row["expires_at"],
            source_ip,
            None if row["camera_groups"] is None else frozenset(row["camera_groups"]),
            row["must_change_password"],
            row["method"],
        )

    def _alive(self, now: datetime) -> tuple[Any, ...]:
        return (sessions.c.expires_at > now, sessions.c.last_seen_at > now - self._idle, accounts.c.enabled)

    async def _touch(self, session_id: str, now: datetime) -> None:
        async with self._database.transaction() as session:
            await session.execute(update(sessions).where(sessions.c.session_id == session_id).values(last_seen_at=now))

    async def still_open(self, session_ids: Iterable[str]) -> set[str]:
        """Which of these sessions go on. An open console or live view counts as use."""
        wanted, now = list(session_ids), self._clock.now()
        if not wanted:
            return set()
        alive = (
            select(sessions.c.session_id)
            .join(accounts, accounts.c.account_id == sessions.c.account_id)
            .where(sessions.c.session_id.in_(wanted), *self._alive(now))
        )
        async with self._database.transaction() as session:
            found = set((await session.execute(alive)).scalars())
            await session.execute(
                update(sessions)
                .where(sessions.c.session_id.in_(found), sessions.c.last_seen_at < now - timedelta(seconds=_TOUCH_EVERY_S))
                .values(last_seen_at=now)
            )
        return found

    async def of_account(self, session: AsyncSession, account_id: str) -> Sequence[Any]:
        """An account's open sessions, the last used first."""
        query = (
            select(sessions)
            .join(accounts, accounts.c.account_id == sessions.c.account_id)
            .where(sessions.c.account_id == account_id, *self._alive(self._clock.now()))
            .order_by(sessions.c.last_seen_at.desc())
        )
        return (await session.execute(query)).mappings().all()

    async def end(self, session: AsyncSession, session_id: str) -> None:
        """The token is worth nothing from now on."""
        await session.execute(delete(sessions).where(sessions.c.session_id == session_id))

    async def end_of_account(
        self,
        session: AsyncSession,
        account_id: str,
        *,
        only: str | None = None,
        spare: str | None = None,
        method: SignInMethod | None = None,
    ) -> list[str]:
        """End an account's sessions (only one, all but one, or those opened in one way); which ones there were."""
        gone = delete(sessions).where(sessions.c.account_id == account_id)
        if only is not None:
            gone = gone.where(sessions.c.session_id == only)
        if spare is not None:
            gone = gone.where(sessions.c.session_id != spare)
        if method is not None:
            gone = gone.where(sessions.c.method == method)
        return list((await session.execute(gone.returning(sessions.c.session_id))).scalars())

    async def forget_old(self) -> int:
        """Drop ended sessions; how many there were."""
        async with self._database.transaction() as session:
            gone = await session.execute(
                delete(sessions).where(sessions.c.expires_at < func.now()).returning(sessions.c.session_id)
            )
            return len(gone.all())
