"""One-time codes: sent to a contact, proven by typing them back. Nothing here depends on whether the contact is known."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen import rates
from hejnal_citizen.residents import contact_forms
from hejnal_citizen.residents.schemas import CodeSent
from hejnal_citizen.resources import Resources
from hejnal_citizen.secrets import new_code
from hejnal_citizen.settings import Settings
from hejnal_citizen.sql import command, query
from hejnal_contracts.base import Language
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id

_LOCK = query("select wrong, since, locked_until from locks where key = :key for update")
_NOTE_WRONG = command(
    """
    insert into locks (key, wrong, since, locked_until) values (:key, :wrong, :since, :locked_until)
    on conflict (key) do update set wrong = excluded.wrong, since = excluded.since, locked_until = excluded.locked_until
    """
)
_UNLOCK = command("delete from locks where key = :key")
_LAST_SENT = query("select max(created_at) from challenges where channel = :channel and address = :address")
_CHALLENGE = command(
    """
    insert into challenges (id, channel, address, resident_id, code_hash, created_at, expires_at)
    values (:id, :channel, :address, :resident_id, :code_hash, :created_at, :expires_at)
    """
)
_FIND = query("select channel, address, resident_id, code_hash, expires_at, used_at from challenges where id = :id for update")
_USE = command("update challenges set used_at = :now where id = :id")
_VOID = command("update challenges set used_at = :now where channel = :channel and address = :address and used_at is null")
_DROP = command("delete from challenges where id = :id")
_FORGET = command("delete from challenges where expires_at < :before")
_FORGET_LOCKS = command("delete from locks where since < :before and (locked_until is null or locked_until < :now)")


@dataclass(frozen=True, slots=True)
class Proven:
    """A contact whose holder typed the right code."""

    channel: Literal["email", "sms"]
    address: str


async def send(res: Resources, contact: str, language: Language, *, ip: str, resident_id: str | None = None) -> CodeSent:
    """Send a code. AppError: INVALID (no contact), RATE_LIMITED (too many, locked), UNAVAILABLE (notifier is away)."""
    channel, address = contact_forms.normalise(contact)
    now = res.clock.now()
    challenge_id, code = new_id(), new_code()
    expires_at = now + timedelta(seconds=res.settings.code_ttl_s)
    key = res.secrets.caller_key("contact", address)
    async with res.database.transaction() as session:
        await rates.spend(session, res.secrets.caller_key("codes-ip", ip), res.settings.codes_per_ip_hour, now=now)
        await _require_unlocked(session, key, now)
        await _require_pause(session, channel, address, res.settings, now)
        await rates.spend(session, f"codes-{key}", res.settings.codes_per_contact_hour, now=now)
        row: dict[str, Any] = {"id": challenge_id, "channel": channel, "address": address, "resident_id": resident_id}
        row |= {"code_hash": res.secrets.code_hash(challenge_id, code), "created_at": now, "expires_at": expires_at}
        await session.execute(_CHALLENGE, row)
    try:
        await res.notifier.send_code(
            channel=channel, address=address, code=code, language=language, expires_at=expires_at, idempotency_key=challenge_id
        )
    except AppError:
        async with res.database.transaction() as session:  # the next try need not wait for a code that never left
            await session.execute(_DROP, {"id": challenge_id})
        raise
    return CodeSent(challenge_id=challenge_id, channel=channel, expires_at=expires_at, resend_after_s=res.settings.code_resend_s)


async def prove(res: Resources, challenge_id: str, code: str, *, ip: str, resident_id: str | None = None) -> Proven:
    """The contact a code was sent to. AppError: UNAUTHENTICATED (wrong, used, expired), RATE_LIMITED (locked)."""
    now = res.clock.now()
    async with res.database.transaction() as session:
        await rates.spend(session, res.secrets.caller_key("tries-ip", ip), res.settings.tries_per_ip_hour, now=now)
        outcome = await _judge(session, res, challenge_id, code, resident_id, now)
    if isinstance(outcome, AppError):  # raised after the commit: a wrong try must be remembered
        raise outcome
    return outcome


async def forget_old(session: AsyncSession, *, now: datetime) -> None:
    """Drop codes and locks that are long over."""
    before = now - timedelta(hours=24)
    await session.execute(_FORGET, {"before": before})
    await session.execute(_FORGET_LOCKS, {"before": before, "now": now})


async def _judge(
    session: AsyncSession, res: Resources, challenge_id: str, code: str, resident_id: str | None, now: datetime
) -> Proven | AppError:
    row = (await session.execute(_FIND, {"id": challenge_id})).first()
    if row is None or row.used_at is not None or row.resident_id != resident_id:
        return _wrong(None)
    key = res.secrets.caller_key("contact", row.address)
    lock = (await session.execute(_LOCK, {"key": key})).first()
    if lock is not None and lock.locked_until is not None and lock.locked_until > now:
        return _locked(lock.locked_until, now)
    if row.expires_at <= now:
        return AppError(Kind.UNAUTHENTICATED, "code-expired", "This code is too old. Ask for a new one.")
    if res.secrets.is_code(bytes(row.code_hash), challenge_id, code):
        await session.execute(_USE, {"id": challenge_id, "now": now})
        await session.execute(_UNLOCK, {"key": key})
        return Proven(row.channel, row.address)
    return await _count_wrong(session, res.settings, key, lock, row, now)


async def _count_wrong(session: AsyncSession, settings: Settings, key: str, lock: Any, challenge: Any, now: datetime) -> AppError:
    fresh = lock is None or lock.locked_until is not None or lock.since < now - timedelta(seconds=settings.code_lock_s)
    wrong = 1 if fresh else lock.wrong + 1
    locked_until = now + timedelta(seconds=settings.code_lock_s) if wrong >= settings.code_wrong_tries else None
    row = {"key": key, "wrong": wrong, "since": now if fresh else lock.since, "locked_until": locked_until}
    await session.execute(_NOTE_WRONG, row)
    if locked_until is None:
        return _wrong(settings.code_wrong_tries - wrong)
    await session.execute(_VOID, {"channel": challenge.channel, "address": challenge.address, "now": now})
    return _locked(locked_until, now)


async def _require_unlocked(session: AsyncSession, key: str, now: datetime) -> None:
    lock = (await session.execute(_LOCK, {"key": key})).first()
    if lock is not None and lock.locked_until is not None and lock.locked_until > now:
        raise _locked(lock.locked_until, now)


async def _require_pause(session: AsyncSession, channel: str, address: str, settings: Settings, now: datetime) -> None:
    last = (await session.execute(_LAST_SENT, {"channel": channel, "address": address})).scalar()
    wait_s = 0.0 if last is None else settings.code_resend_s - (now - last).total_seconds()
    if wait_s > 0:
        retry_after_s = math.ceil(wait_s)
        detail = f"A code is already on its way. You can ask for another one in {retry_after_s} seconds."
        raise AppError(Kind.RATE_LIMITED, "code-just-sent", detail, retry_after_s=retry_after_s)


def _wrong(left: int | None) -> AppError:
    tries = "" if left is None else f" Tries left: {left}."
    return AppError(Kind.UNAUTHENTICATED, "code-wrong", f"The code is not right.{tries} Check it, or ask for a new one.")


def _locked(until: datetime, now: datetime) -> AppError:
    wait_s = max(1, math.ceil((until - now).total_seconds()))
    detail = f"There were too many wrong codes. Please try again in {max(1, round(wait_s / 60))} minutes."
    return AppError(Kind.RATE_LIMITED, "contact-locked", detail, retry_after_s=wait_s)
