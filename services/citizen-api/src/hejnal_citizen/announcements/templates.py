"""Texts to begin with: kept by the editors, filled in by hand."""

import json
from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen import idempotency
from hejnal_citizen.access import Res
from hejnal_citizen.announcements import rules
from hejnal_citizen.announcements.draft_schemas import Template, TemplateInput
from hejnal_citizen.audit import act
from hejnal_citizen.preconditions import IfMatch, tag
from hejnal_citizen.resources import SERVICE
from hejnal_citizen.schema import IdempotencyKey, problems
from hejnal_citizen.sql import command, query
from hejnal_citizen.staff_access import Announcer, AnyStaff
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id
from hejnal_runtime.outbox import publish

router = APIRouter(tags=["announcements"])

MOST = 200

_ALL = query("select id, version, name, body, valid_for_h, changed_by, changed_at from announcement_templates order by name, id")
_LOCK = query("select version from announcement_templates where id = :id for update")
_PUT = command(
    """
    insert into announcement_templates (id, name, body, valid_for_h, changed_by, changed_at)
    values (:id, :name, cast(:body as jsonb), :valid_for_h, :by, :now)
    on conflict (id) do update set version = announcement_templates.version + 1, name = excluded.name, body = excluded.body,
        valid_for_h = excluded.valid_for_h, changed_by = excluded.changed_by, changed_at = excluded.changed_at
    """
)
_DELETE = command("delete from announcement_templates where id = :id")


@router.get("/announcement-templates", responses=problems(401, 403))
async def list_templates(res: Res, _: AnyStaff) -> list[Template]:
    """All templates by name; at most 200 can be kept."""
    async with res.database.read() as session:
        return await _all(session)


@router.post("/announcement-templates", status_code=201, responses=problems(401, 403, 409))
async def create_template(
    res: Res, caller: Announcer, body: TemplateInput, response: Response, idempotency_key: IdempotencyKey = None
) -> Template:
    """Keep a new template."""
    now, template_id = res.clock.now(), new_id()
    async with res.database.transaction() as session:
        request = idempotency.fingerprint("template", body.model_dump_json())
        earlier = await idempotency.claim(
            session, f"template:{caller.id}", idempotency_key, request, {"id": template_id}, now=now
        )
        if earlier:
            return _one(await _all(session), str(earlier["id"]), response)
        if len(await _all(session)) >= MOST:
            raise AppError(Kind.CONFLICT, "too-many-templates", f"There are {MOST} templates. Delete one that is not used.")
        await session.execute(_PUT, _row(template_id, body) | {"by": caller.id, "now": now})
        await publish(session, act(caller, "announcement-template.created", template_id, now=now), source=SERVICE)
        return _one(await _all(session), template_id, response)


@router.put("/announcement-templates/{template_id}", responses=problems(401, 403, 404, 412))
async def change_template(
    res: Res, caller: Announcer, template_id: str, body: TemplateInput, response: Response, if_match: IfMatch = None
) -> Template:
    """Replace a template."""
    now = res.clock.now()
    async with res.database.transaction() as session:
        await _lock(session, template_id, if_match)
        await session.execute(_PUT, _row(template_id, body) | {"by": caller.id, "now": now})
        await publish(session, act(caller, "announcement-template.changed", template_id, now=now), source=SERVICE)
        return _one(await _all(session), template_id, response)


@router.delete("/announcement-templates/{template_id}", status_code=204, responses=problems(401, 403, 404, 412))
async def delete_template(res: Res, caller: Announcer, template_id: str, if_match: IfMatch = None) -> Response:
    """Throw a template away; what was made from it stays."""
    async with res.database.transaction() as session:
        await _lock(session, template_id, if_match)
        await session.execute(_DELETE, {"id": template_id})
        entry = act(caller, "announcement-template.deleted", template_id, now=res.clock.now())
        await publish(session, entry, source=SERVICE)
    return Response(status_code=204)


async def _all(session: AsyncSession) -> list[Template]:
    return [Template.model_validate(dict(row)) for row in (await session.execute(_ALL)).mappings()]


async def _lock(session: AsyncSession, template_id: str, if_match: str | None) -> None:
    version = (await session.execute(_LOCK, {"id": template_id})).scalar()
    if version is None:
        raise _not_found()
    rules.check_version(version, version, if_match)


def _one(templates: list[Template], template_id: str, response: Response) -> Template:
    found = next((one for one in templates if one.id == template_id), None)
    if found is None:
        raise _not_found()
    tag(response, found.version)
    return found


def _row(template_id: str, body: TemplateInput) -> dict[str, Any]:
    rules.check_characters({language: text.model_dump() for language, text in body.body.texts.items()})
    content = json.dumps(body.body.model_dump(mode="json"))
    return {"id": template_id, "name": body.name, "body": content, "valid_for_h": body.valid_for_h}


def _not_found() -> AppError:
    return AppError(Kind.NOT_FOUND, "not-found", "There is no template with this id.")
