"""Keys of other programs: made and revoked by an administrator, kept as hashes."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic import AwareDatetime, Field
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.access import Res
from hejnal_citizen.audit import act
from hejnal_citizen.resources import SERVICE, Resources
from hejnal_citizen.schema import Input, Output, problems
from hejnal_citizen.secrets import new_token, token_hash
from hejnal_citizen.sql import command, query
from hejnal_citizen.staff_access import Staff, staff
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id
from hejnal_runtime.outbox import publish

router = APIRouter(tags=["open311"])
KeyKeeper = Annotated[Staff, Depends(staff(frozenset({"admin"})))]
HINT = 4


class NewOpen311Key(Input):
    """A program that is to be let in."""

    label: str = Field(min_length=1, max_length=120, description="Whose key it is, e.g. Aplikacja „Naprawmy to”")
    may_read: bool = Field(default=False, description="Also sees words, exact places and answers to questions of all reports")
    may_update: bool = Field(default=False, description="May answer and close reports (servicerequestupdates)")


class Open311Key(Output):
    """A key without itself."""

    id: str
    label: str
    hint: str = Field(description="The key's last four characters")
    may_read: bool
    may_update: bool
    created_at: AwareDatetime
    created_by: str
    last_used_at: AwareDatetime | None = Field(description="To the hour; null: never")
    revoked_at: AwareDatetime | None


class Open311KeyMade(Open311Key):
    """A new key, shown this once."""

    api_key: str


class Open311Keys(Output):
    """All keys, newest first, revoked ones too."""

    items: list[Open311Key]


_NAMES = "id, label, hint, may_read, may_update, created_at, created_by, last_used_at, revoked_at"
_ALL = query(f"select {_NAMES} from open311_keys order by created_at desc, id desc limit 500")  # noqa: S608 a constant
_INSERT = command(
    """
    insert into open311_keys (id, label, key_hash, hint, may_read, may_update, created_at, created_by)
    values (:id, :label, :key_hash, :hint, :may_read, :may_update, :now, :by)
    on conflict (key_hash) do nothing
    """
)
_REVOKE = command("update open311_keys set revoked_at = :now where id = :id and revoked_at is null returning label")
_KNOWN = query("select 1 from open311_keys where id = :id")
_FIND = query(f"select {_NAMES} from open311_keys where key_hash = :key_hash and revoked_at is null")  # noqa: S608 a constant
_USED = command(
    """
    update open311_keys set last_used_at = cast(:now as timestamptz)
    where id = :id and (last_used_at is null or last_used_at < cast(:now as timestamptz) - interval '1 hour')
    """
)


async def find(session: AsyncSession, api_key: str) -> Open311Key | None:
    """The key that this text is, unless it was revoked."""
    row = (await session.execute(_FIND, {"key_hash": token_hash(api_key)})).first()
    return Open311Key.model_validate(row, from_attributes=True) if row else None


async def used(session: AsyncSession, key_id: str, *, now: datetime) -> None:
    """Note that a key is in use, to the hour."""
    await session.execute(_USED, {"id": key_id, "now": now})


async def add(session: AsyncSession, api_key: str, body: NewOpen311Key, *, by: str, now: datetime) -> Open311Key:
    """Let a program in by this key; the same key again changes nothing."""
    row: dict[str, Any] = {"id": new_id(), "hint": api_key[-HINT:], "key_hash": token_hash(api_key), "now": now, "by": by}
    await session.execute(_INSERT, row | body.model_dump())
    found = await find(session, api_key)
    if found is None:
        raise AppError(Kind.CONFLICT, "key-revoked", "This key was revoked before. Make a new one.")
    return found


@router.get("/open311-keys", responses=problems(401, 403))
async def list_open311_keys(res: Res, _: KeyKeeper) -> Open311Keys:
    """Keys of other programs."""
    async with res.database.read() as session:
        rows = await session.execute(_ALL)
        return Open311Keys(items=[Open311Key.model_validate(row, from_attributes=True) for row in rows])


@router.post("/open311-keys", status_code=201, responses=problems(401, 403))
async def create_open311_key(res: Res, caller: KeyKeeper, body: NewOpen311Key) -> Open311KeyMade:
    """Make a key for a program. It is shown in this answer and never again."""
    api_key, now = new_token(), res.clock.now()
    async with res.database.transaction() as session:
        made = await add(session, api_key, body, by=caller.id, now=now)
        await publish(session, act(caller, "api-key.created", made.id, now=now, reason=body.label), source=SERVICE)
    return Open311KeyMade(**made.model_dump(), api_key=api_key)


@router.delete("/open311-keys/{key_id}", status_code=204, responses=problems(401, 403, 404))
async def revoke_open311_key(res: Res, caller: KeyKeeper, key_id: Annotated[str, Path(max_length=64)]) -> None:
    """Shut a program out at once. What came by its key stays."""
    async with res.database.transaction() as session:
        await _revoke(session, res, caller, key_id)


async def _revoke(session: AsyncSession, res: Resources, caller: Staff, key_id: str) -> None:
    now = res.clock.now()
    label = (await session.execute(_REVOKE, {"id": key_id, "now": now})).scalar()
    if label is not None:
        await publish(session, act(caller, "api-key.revoked", key_id, now=now, reason=label), source=SERVICE)
    elif (await session.execute(_KNOWN, {"id": key_id})).first() is None:
        raise AppError(Kind.NOT_FOUND, "not-found", "There is no key with this id.")
