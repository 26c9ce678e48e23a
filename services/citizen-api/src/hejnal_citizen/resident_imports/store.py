"""Imports in the database: taken in and judged at once, carried out by a loop, all of it in one transaction."""

import hashlib
import json
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen import idempotency
from hejnal_citizen.audit import act
from hejnal_citizen.resident_imports import sheet as sheets
from hejnal_citizen.resident_imports.schemas import ResidentImport, RowError
from hejnal_citizen.resident_imports.sheet import Sheet
from hejnal_citizen.resources import SERVICE, Resources
from hejnal_citizen.sql import command, query
from hejnal_citizen.staff_access import Staff
from hejnal_citizen.town import registry
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id
from hejnal_runtime.outbox import publish

KNOWN = query(
    """
    select c.address, c.consent_id is not null and c.failed is null as consented from contacts c
    where c.channel = 'sms' and c.address = any(cast(:phones as text[]))
    """
)
_INSERT = command(
    """
    insert into resident_imports (id, state, dry_run, sha256, consent_text, legal_basis, categories, total, known, withdrawn,
        doubled, importable, errors, rows, created_at, created_by, finished_at)
    values (:id, :state, :dry_run, :sha256, :consent_text, :legal_basis, :categories, :total, :known, :withdrawn, :doubled,
        :importable, cast(:errors as jsonb), cast(:rows as jsonb), :now, :by, :finished_at)
    """
)
_ONE = query("select * from resident_imports where id = :id")


async def take_in(
    session: AsyncSession,
    res: Resources,
    caller: Staff,
    data: bytes,
    *,
    consent_text: str,
    categories: tuple[str, ...],
    dry_run: bool,
    read: Sheet,
    key: str | None,
) -> str:
    """The import's id, judged. AppError(CONFLICT) when the key was used for another file."""
    now, import_id = res.clock.now(), new_id()
    request = idempotency.fingerprint(data, consent_text, str(dry_run), *categories)
    earlier = await idempotency.claim(session, f"import:{caller.id}", key, request, {"id": import_id}, now=now)
    if earlier:
        return str(earlier["id"])
    phones = [row.phone for row in read.rows]
    found = {row.address: row.consented for row in await session.execute(KNOWN, {"phones": phones})}
    fresh = [row for row in read.rows if row.phone not in found]
    known = sum(1 for row in read.rows if found.get(row.phone) is True)
    state = "refused" if read.errors_total else "checked" if dry_run else "waiting" if fresh else "done"
    values: dict[str, Any] = {"id": import_id, "state": state, "dry_run": dry_run, "now": now, "by": caller.id}
    values |= {"sha256": hashlib.sha256(data).digest(), "consent_text": consent_text, "categories": list(categories)}
    values |= {"legal_basis": res.settings.legal_basis, "total": read.total, "known": known, "doubled": read.doubled}
    values |= {"withdrawn": len(read.rows) - len(fresh) - known, "importable": len(fresh)}
    shown = {"total": read.errors_total, "items": [error.model_dump() for error in read.errors]}
    values["errors"] = json.dumps(shown)
    values["rows"] = json.dumps([_stored(row) for row in fresh]) if state == "waiting" else None
    values["finished_at"] = None if state == "waiting" else now
    await session.execute(_INSERT, values)
    counts = f"{read.total} rows, {len(fresh)} new, {read.errors_total} errors" + (", dry run" if dry_run else "")
    await publish(session, act(caller, "resident-import.taken-in", import_id, now=now, reason=counts), source=SERVICE)
    return import_id


async def judge(session: AsyncSession, res: Resources, data: bytes, categories: tuple[str, ...]) -> tuple[Sheet, tuple[str, ...]]:
    """The file row by row, and the categories for rows that name none. AppError(INVALID)."""
    known = frozenset(category.code for category in await registry.announcement_categories(session))
    for code in categories:
        if code not in known:
            raise AppError(Kind.INVALID, "unknown-category", f"There is no category {code!r}. GET /town lists them.")
    chosen = categories or tuple(sorted(known))
    today = sheets.today_in_town(res.clock.now())
    return sheets.read(data, known_categories=known, default_categories=chosen, today=today), chosen


async def find(session: AsyncSession, import_id: str) -> ResidentImport:
    """An import; AppError(NOT_FOUND)."""
    row = (await session.execute(_ONE, {"id": import_id})).first()
    if row is None:
        raise AppError(Kind.NOT_FOUND, "not-found", "There is no such import.")
    names = set(ResidentImport.model_fields) - {"errors", "errors_total"}
    fields = {name: getattr(row, name) for name in names}
    errors = [RowError.model_validate(error) for error in row.errors["items"]]
    return ResidentImport(**fields, errors=errors, errors_total=row.errors["total"])


def _stored(row: sheets.ImportRow) -> dict[str, Any]:
    return {
        "row": row.row,
        "phone": row.phone,
        "consented_at": row.consented_at.isoformat(),
        "proof": row.proof,
        "categories": row.categories,
        "language": row.language.value,
    }
