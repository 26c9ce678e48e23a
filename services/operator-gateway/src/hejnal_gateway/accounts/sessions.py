"""Sessions: an opaque random token in the browser, its hash in the database."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.tables import accounts, sessions
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.ids import new_id

_TOUCH_EVERY_S = 60


@dataclass(frozen=True, slots=True)
class StaffSession:
    """A signed-in member of staff."""

    session_id: str
    account_id: str
    login: str
    name: str
    role: Role
    expires_at: datetime
    source_ip: str


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


class Sessions:
    """Opens, finds and ends sessions. A session ends when unused for `idle_s`, at the age of `absolute_s`, or by its owner."""

    def __init__(self, database: Database, clock: Clock, *, idle_s: int, absolute_s: int) -> None:
        self._database = database
        self._clock = clock
        self._idle = timedelta(seconds=idle_s)
        self._absolute = timedelta(seconds=absolute_s)

    async def open(self, session: AsyncSession, account_id: str, source_ip: str) -> tuple[str, datetime]:
        """A fresh session's token (shown once, to the browser only) and its end."""
        token, now = secrets.token_urlsafe(32), self._clock.now()
        await session.execute(
            insert(sessions).values(
                token_hash=_hash(token),
                session_id=new_id(),
                account_id=account_id,
                created_at=now,
                last_seen_at=now,
                expires_at=now + self._absolute,
                source_ip=source_ip,
            )
        )
        return token, now + self._absolute

    async def find(self, token: str, source_ip: str) -> StaffSession | None:
        """Who holds this token now, or None. Being found counts as use."""
        now = self._clock.now()
        query = (
            select(sessions, accounts.c.login, accounts.c.name, accounts.c.role)
            .join(accounts, accounts.c.account_id == sessions.c.account_id)
            .where(
                sessions.c.token_hash == _hash(token),
                sessions.c.expires_at > now,
                sessions.c.last_seen_at > now - self._idle,
                accounts.c.enabled,
            )
        )
        async with self._database.read() as session:
            row = (await session.execute(query)).mappings().first()
        if row is None:
            return None
        if (now - row["last_seen_at"]).total_seconds() > _TOUCH_EVERY_S:
            await self._touch(row["session_id"], now)
        return StaffSession(
            row["session_id"], row["account_id"], row["login"], row["name"], Role(row["role"]), row["expires_at"], source_ip
        )

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
            .where(
                sessions.c.session_id.in_(wanted),
                sessions.c.expires_at > now,
                sessions.c.last_seen_at > now - self._idle,
                accounts.c.enabled,
            )
        )
        async with self._database.transaction() as session:
            found = set((await session.execute(alive)).scalars())
            await session.execute(
                update(sessions)
                .where(sessions.c.session_id.in_(found), sessions.c.last_seen_at < now - timedelta(seconds=_TOUCH_EVERY_S))
                .values(last_seen_at=now)
            )
        return found

    async def end(self, session: AsyncSession, session_id: str) -> None:
        """The token is worth nothing from now on."""
        await session.execute(delete(sessions).where(sessions.c.session_id == session_id))

    async def forget_old(self) -> int:
        """Drop ended sessions; how many there were."""
        async with self._database.transaction() as session:
            gone = await session.execute(
                delete(sessions).where(sessions.c.expires_at < func.now()).returning(sessions.c.session_id)
            )
            return len(gone.all())
