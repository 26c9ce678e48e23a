"""Residents' sessions: a random token in a cookie, its hash in the database."""

from datetime import datetime, timedelta

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.secrets import new_token, token_hash
from hejnal_citizen.settings import Settings
from hejnal_citizen.sql import command, query

COOKIE = "hejnal_session"
RENEW_AFTER = timedelta(hours=12)

_INSERT = command(
    """
    insert into sessions (token_hash, resident_id, created_at, last_seen_at, expires_at, device)
    values (:token_hash, :resident_id, :now, :now, :expires_at, :device)
    """
)
_FIND = query(
    "select resident_id, last_seen_at, created_at, expires_at from sessions where token_hash = :token_hash and expires_at > :now"
)
_RENEW = command(
    "update sessions set last_seen_at = :now, expires_at = :now + (expires_at - last_seen_at) where token_hash = :token_hash"
)
_END = command("delete from sessions where token_hash = :token_hash")
_FORGET = command("delete from sessions where expires_at < :now")


async def begin(session: AsyncSession, resident_id: str, *, days: int, device: str, now: datetime) -> str:
    """A new session's token, shown to the browser once."""
    token = new_token()
    row = {"token_hash": token_hash(token), "resident_id": resident_id, "now": now, "device": device}
    await session.execute(_INSERT, row | {"expires_at": now + timedelta(days=days)})
    return token


async def resident_of(session: AsyncSession, token: str, *, now: datetime) -> tuple[str, bytes] | None:
    """Resident id and token hash of a valid session, which then lasts anew; None otherwise."""
    digest = token_hash(token)
    row = (await session.execute(_FIND, {"token_hash": digest, "now": now})).first()
    if row is None:
        return None
    if now - row.last_seen_at > RENEW_AFTER:
        await session.execute(_RENEW, {"token_hash": digest, "now": now})
    return row.resident_id, digest


async def end(session: AsyncSession, digest: bytes) -> None:
    """End one session."""
    await session.execute(_END, {"token_hash": digest})


async def forget_old(session: AsyncSession, *, now: datetime) -> None:
    """Drop sessions that are over."""
    await session.execute(_FORGET, {"now": now})


def set_cookie(response: Response, token: str, settings: Settings) -> None:
    """Give the browser its session: unreadable for scripts, not sent from other sites' forms."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=settings.session_days * 86_400,
        path="/",
        httponly=True,
        samesite="lax",
        secure=settings.secure_cookies,
    )


def clear_cookie(response: Response, settings: Settings) -> None:
    """Take the session out of the browser."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax", secure=settings.secure_cookies)
