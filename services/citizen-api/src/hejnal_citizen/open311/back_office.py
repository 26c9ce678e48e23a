"""The back office that gets the town's reports by Open311: which, what of them, and how it goes. The key lies encrypted."""

import json
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, Field, field_validator
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.access import Res
from hejnal_citizen.audit import act
from hejnal_citizen.open311.client import Office
from hejnal_citizen.open311.keys import KeyKeeper
from hejnal_citizen.preconditions import IfMatch, require, tag
from hejnal_citizen.resources import SERVICE, Resources
from hejnal_citizen.schema import Input, Output, problems
from hejnal_citizen.sql import command, query
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.outbox import publish

router = APIRouter(tags=["open311"])

PURPOSE = "open311 back office"
CategoryCode = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
ServiceCode = Annotated[str, Field(min_length=1, max_length=100)]


class BackOfficeEdit(Input):
    """What an administrator decides about the back office."""

    enabled: bool = Field(description="False: nothing more is handed over; what was handed over is still followed")
    url: str = Field(max_length=500, description="Where its services.xml lies, e.g. https://zgloszenia.example.pl/open311/v2")
    jurisdiction_id: str = Field(default="", max_length=100)
    api_key: str | None = Field(default=None, min_length=1, max_length=200, description="null: keep the present one")
    services: dict[CategoryCode, ServiceCode] = Field(
        default={}, max_length=200, description="Category to its service_code; categories that are not named stay here"
    )
    with_contact: bool = Field(default=False, description="True: the reporter's e-mail or phone goes along")
    poll_s: int = Field(default=300, ge=10, le=86_400, description="How often it is asked for answers")

    @field_validator("url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query or parts.fragment:
            raise ValueError("give a http or https address without a user, a query or a fragment")
        return value.rstrip("/")


class BackOffice(Output):
    """The back office, without its key, and how it goes."""

    enabled: bool
    url: str
    jurisdiction_id: str
    api_key_set: bool
    services: dict[str, str]
    with_contact: bool
    poll_s: int
    version: int = Field(description="0: none was named yet")
    waiting: int = Field(description="Reports still to be handed over")
    sent: int
    failed: int = Field(description="Refused for good; saving the settings tries them again")
    last_error: str
    polled_until: AwareDatetime | None = Field(description="Answers up to here have been put to the reporters")


_ROW = query("select * from open311_back_office")
_LOCK = query("select version, api_key_sealed, url from open311_back_office for update")
_COUNTS = query(
    """
    select count(*) filter (where state in ('waiting', 'token')) as waiting, count(*) filter (where state = 'sent') as sent,
           count(*) filter (where state = 'failed') as failed,
           coalesce((select error from open311_pushes where error <> '' order by updated_at desc limit 1), '') as last_error
    from open311_pushes
    """
)
_SAVE = command(
    """
    insert into open311_back_office (single, enabled, url, jurisdiction_id, api_key_sealed, services, with_contact, poll_s,
        version, changed_at)
    values (true, :enabled, :url, :jurisdiction_id, :sealed, cast(:services as jsonb), :with_contact, :poll_s, 1, :now)
    on conflict (single) do update set enabled = excluded.enabled, url = excluded.url, services = excluded.services,
        jurisdiction_id = excluded.jurisdiction_id, api_key_sealed = excluded.api_key_sealed, poll_s = excluded.poll_s,
        with_contact = excluded.with_contact, version = open311_back_office.version + 1, changed_at = excluded.changed_at
    """
)
_TRY_AGAIN = command(
    "update open311_pushes set state = 'waiting', next_at = :now, attempts = 0, updated_at = :now where state = 'failed'"
)
_ENQUEUE = command(
    """
    insert into open311_pushes (report_id, service_code, state, next_at, created_at, updated_at)
    select cast(:report_id as text), services ->> cast(:category as text), 'waiting', cast(:now as timestamptz),
           :now, :now
    from open311_back_office where enabled and services ? cast(:category as text)
    on conflict do nothing
    """
)
_KNOWN = query("select code from categories where kind = 'report' and code = any(cast(:codes as text[]))")


async def enqueue(session: AsyncSession, report_id: str, category: str, *, now: datetime) -> None:
    """Note, in the transaction that stores a report, that it is to be handed over; nothing where that is not wanted."""
    await session.execute(_ENQUEUE, {"report_id": report_id, "category": category, "now": now})


async def office(session: AsyncSession, res: Resources) -> Office | None:
    """The back office with its key opened; None when there is none."""
    row = (await session.execute(_ROW)).first()
    if row is None:
        return None
    api_key = res.secrets.unseal(PURPOSE, bytes(row.api_key_sealed)) if row.api_key_sealed is not None else None
    names = ("enabled", "url", "jurisdiction_id", "with_contact", "poll_s", "polled_until")
    return Office(api_key=api_key, **{name: getattr(row, name) for name in names})


@router.get("/open311-back-office", responses=problems(401, 403))
async def get_back_office(res: Res, _: KeyKeeper, response: Response) -> BackOffice:
    """The back office and how it goes; version 0 when none was named yet."""
    async with res.database.read() as session:
        found = await _describe(session)
    tag(response, found.version)
    return found


@router.put("/open311-back-office", responses=problems(401, 403, 412))
async def put_back_office(
    res: Res, caller: KeyKeeper, body: BackOfficeEdit, response: Response, if_match: IfMatch = None
) -> BackOffice:
    """Name the back office. Reports that it refused before are tried again."""
    now = res.clock.now()
    async with res.database.transaction() as session:
        row = (await session.execute(_LOCK)).first()
        require(if_match, row.version if row else 0)
        await _check(session, body)
        sealed = row.api_key_sealed if row else None
        if body.api_key is not None:
            sealed = res.secrets.seal(PURPOSE, body.api_key)
        elif row is not None and row.url != body.url and sealed is not None:
            detail = "The address changed: send the key for it too, so that the old key does not go to somebody else."
            raise AppError(Kind.INVALID, "api-key-needed", detail)
        values = body.model_dump(exclude={"api_key", "services"}) | {"sealed": sealed, "services": json.dumps(body.services)}
        await session.execute(_SAVE, values | {"now": now})
        await session.execute(_TRY_AGAIN, {"now": now})
        await publish(session, act(caller, "back-office.changed", "back-office", now=now, reason=body.url), source=SERVICE)
        found = await _describe(session)
    tag(response, found.version)
    return found


async def _check(session: AsyncSession, body: BackOfficeEdit) -> None:
    known = {row.code for row in await session.execute(_KNOWN, {"codes": sorted(body.services)})}
    for code in sorted(body.services.keys() - known):
        errors = [{"pointer": f"/body/services/{code}", "detail": "no such category", "code": "unknown-category"}]
        raise AppError(Kind.INVALID, "unknown-category", f"There is no category of reports {code!r}.", errors=errors)


async def _describe(session: AsyncSession) -> BackOffice:
    counts: Any = (await session.execute(_COUNTS)).one()
    how = {name: getattr(counts, name) for name in ("waiting", "sent", "failed", "last_error")}
    row = (await session.execute(_ROW)).first()
    if row is None:
        nothing = {"enabled": False, "url": "", "jurisdiction_id": "", "with_contact": False, "poll_s": 300, "version": 0}
        return BackOffice(api_key_set=False, services={}, polled_until=None, **nothing, **how)
    names = ("enabled", "url", "jurisdiction_id", "services", "with_contact", "poll_s", "version", "polled_until")
    return BackOffice(api_key_set=row.api_key_sealed is not None, **{name: getattr(row, name) for name in names}, **how)
