"""Idempotency keys: the same request sent twice has one effect and one answer."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.sql import command, query
from hejnal_runtime.errors import AppError, Kind

KEPT = timedelta(days=2)

_CLAIM = command(
    """
    insert into idempotency (scope, key, fingerprint, result, at) values (:scope, :key, :fingerprint, cast(:result as jsonb), :at)
    on conflict do nothing returning 1
    """
)
_FOUND = query("select fingerprint, result from idempotency where scope = :scope and key = :key")
_NOTE = command("update idempotency set result = cast(:result as jsonb) where scope = :scope and key = :key")
_FORGET = command("delete from idempotency where at < :before")


def fingerprint(*parts: bytes | str) -> bytes:
    """A hash of everything that makes two requests the same."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.digest()


async def claim(
    session: AsyncSession, scope: str, key: str | None, request: bytes, result: dict[str, Any], *, now: datetime
) -> dict[str, Any] | None:
    """None when the caller is to do the work (and its `result` is noted with it), else the first request's result.

    A second request waits here until the first one's transaction has ended. AppError(CONFLICT) when the key was used for
    another request.
    """
    if key is None:
        return None
    row = {"scope": scope, "key": key, "fingerprint": request, "result": json.dumps(result), "at": now}
    if (await session.execute(_CLAIM, row)).first():
        return None
    found = (await session.execute(_FOUND, {"scope": scope, "key": key})).one()
    if bytes(found.fingerprint) != request:
        detail = "This Idempotency-Key was used for a different request. Use a fresh key for each new one."
        raise AppError(Kind.CONFLICT, "idempotency-key-reused", detail)
    noted: dict[str, Any] = found.result
    return noted


async def note(session: AsyncSession, scope: str, key: str, result: dict[str, Any]) -> None:
    """Replace the result noted with a claimed key: what is only known once the work is done. Same transaction as the claim."""
    await session.execute(_NOTE, {"scope": scope, "key": key, "result": json.dumps(result)})


async def forget_old(session: AsyncSession, *, now: datetime) -> None:
    """Drop keys that no client repeats any more."""
    await session.execute(_FORGET, {"before": now - KEPT})
