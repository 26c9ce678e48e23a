"""Staff: what the town keeps about one person, and its erasure at that person's wish."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from hejnal_citizen.access import Res
from hejnal_citizen.audit import act
from hejnal_citizen.residents import contact_forms, contacts, erasure, export
from hejnal_citizen.residents.staff_schemas import FoundResident, FoundResidents
from hejnal_citizen.resources import SERVICE
from hejnal_citizen.schema import problems
from hejnal_citizen.sql import query
from hejnal_citizen.staff_access import ProtectionOfficer
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.outbox import publish

router = APIRouter(tags=["residents"])

_KNOWN = query("select 1 from residents where id = :id")


@router.get("/residents", responses=problems(401, 403))
async def find_residents(
    res: Res,
    _: ProtectionOfficer,
    response: Response,
    q: Annotated[str, Query(min_length=3, max_length=254, description="Whole e-mail address, phone number, or a resident's id")],
) -> FoundResidents:
    """Who has exactly this contact, with the consents it rests on. Parts of addresses find nobody: this is no address book."""
    response.headers["Cache-Control"] = "no-store"
    async with res.database.read() as session:
        if (await session.execute(_KNOWN, {"id": q.strip()})).first():
            resident_id: str | None = q.strip()
        else:
            found = await contacts.owner_of(session, *_contact(q))
            resident_id = found.resident_id if found else None
        if resident_id is None:
            return FoundResidents(items=[])
        document = await export.collect(session, resident_id, now=res.clock.now())
    me = document.me
    person = FoundResident(
        id=me.id,
        created_at=me.created_at,
        contacts=me.contacts,
        subscription=me.subscription,
        consents=document.consents,
    )
    return FoundResidents(items=[person])


@router.delete("/residents/{resident_id}", status_code=204, responses=problems(401, 403, 404))
async def erase_resident(
    res: Res,
    caller: ProtectionOfficer,
    resident_id: str,
    reason: Annotated[str, Query(min_length=3, max_length=300, description="Why, e.g. the letter's number; no name")],
) -> None:
    """Erase everything that leads to a person, here and in every other service, as `DELETE /me` does."""
    now = res.clock.now()
    async with res.database.transaction() as session:
        if (await session.execute(_KNOWN, {"id": resident_id})).first() is None:
            raise AppError(Kind.NOT_FOUND, "not-found", "There is no such person here, or the data are erased already.")
        await erasure.erase(session, resident_id)
        await publish(session, act(caller, "resident.erased", resident_id, now=now, reason=reason), source=SERVICE)


def _contact(q: str) -> tuple[str, str]:
    try:
        return contact_forms.normalise(q)
    except AppError as error:
        detail = "Give a whole e-mail address, a phone number or a resident's id."
        errors = [{"pointer": "/query/q", "code": "not-a-contact", "detail": detail}]
        raise AppError(Kind.INVALID, "not-a-contact", detail, errors=errors) from error
