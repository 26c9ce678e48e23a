"""What everybody may see of a report, and what in its photos is made unrecognisable. Each step stays in the history."""

import asyncio
import json
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.audit import act
from hejnal_citizen.reports.followup_schemas import Blur, Moderation, ModerationEntry
from hejnal_citizen.reports.photo_workers import EncodedPhoto
from hejnal_citizen.resources import SERVICE, Resources
from hejnal_citizen.sql import command, query
from hejnal_citizen.staff_access import Staff
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id
from hejnal_runtime.outbox import publish

_REPORT = query("select id from reports where id = :id for update")
_TEXT = command("update reports set text_public = :public, version = version + 1 where id = :id")
_PHOTO = command("update report_photos set public = :public where report_id = :id and id = :photo_id returning 1")
_TOUCH = command("update reports set version = version + 1 where id = :id")
_ENTRY = command(
    """
    insert into report_moderation (id, report_id, subject, photo_id, action, reason, rectangles, by, at)
    values (:entry_id, :id, :subject, :photo_id, :action, :reason, cast(:rectangles as jsonb), :by, :at)
    """
)
_HISTORY = query(
    "select at, subject, photo_id, action, reason, rectangles, by from report_moderation where report_id = :id order by number"
)
_PHOTO_VERSION = query("select version from report_photos where report_id = :id and id = :photo_id")
_BLURRED = command(
    """
    update report_photos set blurs = cast(:blurs as jsonb), version = version + 1, width = :width, height = :height,
        size_bytes = :size_bytes, sha256 = :sha256, unblurred_until = :until
    where report_id = :id and id = :photo_id and version = :version returning 1
    """
)
_OVER = query("select report_id, id from report_photos where unblurred_until <= :now limit 200")
_FORGOTTEN = command("update report_photos set unblurred_until = null where id = any(cast(:ids as text[]))")


async def history_of(session: AsyncSession, report_id: str) -> list[ModerationEntry]:
    """All steps, oldest first."""
    rows = await session.execute(_HISTORY, {"id": report_id})
    return [ModerationEntry.model_validate(row, from_attributes=True) for row in rows]


async def moderate(session: AsyncSession, res: Resources, caller: Staff, report_id: str, body: Moderation) -> None:
    """Show or hide the text or a photo. AppError: NOT_FOUND (report, photo), INVALID (photo_id missing or too much)."""
    if (body.subject == "photo") != (body.photo_id is not None):
        detail = "Name the photo with `photo_id` when the subject is a photo, and only then."
        raise AppError(Kind.INVALID, "photo-id-mismatch", detail)
    await _lock(session, report_id)
    values = {"id": report_id, "photo_id": body.photo_id, "public": body.action == "show"}
    if body.subject == "text":
        await session.execute(_TEXT, values)
    else:
        if (await session.execute(_PHOTO, values)).first() is None:
            raise AppError(Kind.NOT_FOUND, "not-found", "There is no such photo.")
        await session.execute(_TOUCH, values)
    await _note(session, res, caller, report_id, body.subject, body.photo_id, body.action, body.reason, None)


async def blur(res: Resources, caller: Staff, report_id: str, photo_id: str, body: Blur) -> None:
    """Make parts of a photo unrecognisable: a new picture, encoded anew, takes the place of the old one.

    The picture without rectangles is kept, shown to nobody, for as long as the settings say; while it is, the list can be
    changed as a whole. Later rectangles come on top. AppError: NOT_FOUND, CONFLICT (somebody was faster), UNAVAILABLE (busy).
    """
    async with res.database.read() as session:
        version = (await session.execute(_PHOTO_VERSION, {"id": report_id, "photo_id": photo_id})).scalar()
    if version is None:
        raise AppError(Kind.NOT_FOUND, "not-found", "There is no such photo.")
    rectangles = [one.model_dump() for one in body.rectangles]
    draft = await asyncio.to_thread(res.photos.begin_blur, report_id, photo_id)
    try:
        photo = await res.photo_workers.blur(draft.source, draft.full, draft.thumb, rectangles)
        async with res.database.transaction() as session:
            await _lock(session, report_id)
            await _store(session, res, caller, report_id, photo_id, version, photo, rectangles, body.reason)
            await asyncio.to_thread(res.photos.finish_blur, draft)
    finally:
        await asyncio.to_thread(res.photos.abandon, draft.folder)


async def forget_unblurred(res: Resources) -> None:
    """Remove pictures without rectangles whose time is over."""
    async with res.database.read() as session:
        rows = list(await session.execute(_OVER, {"now": res.clock.now()}))
    for row in rows:
        await asyncio.to_thread(res.photos.drop_unblurred, row.report_id, row.id)
    if rows:
        async with res.database.transaction() as session:
            await session.execute(_FORGOTTEN, {"ids": [row.id for row in rows]})


async def _store(
    session: AsyncSession,
    res: Resources,
    caller: Staff,
    report_id: str,
    photo_id: str,
    version: int,
    photo: EncodedPhoto,
    rectangles: list[dict[str, Any]],
    reason: str,
) -> None:
    until = res.clock.now() + timedelta(days=res.settings.unblurred_days)
    values = {"id": report_id, "photo_id": photo_id, "version": version, "until": until, "blurs": json.dumps(rectangles)}
    values |= {
        "width": photo.width,
        "height": photo.height,
        "size_bytes": photo.size_bytes,
        "sha256": bytes.fromhex(photo.sha256),
    }
    if (await session.execute(_BLURRED, values)).first() is None:
        detail = "Somebody else changed this photo meanwhile. Look at it again before you change it."
        raise AppError(Kind.CONFLICT, "version-conflict", detail)
    await session.execute(_TOUCH, {"id": report_id})
    await _note(session, res, caller, report_id, "photo", photo_id, "blur", reason, rectangles)


async def _note(
    session: AsyncSession,
    res: Resources,
    caller: Staff,
    report_id: str,
    subject: str,
    photo_id: str | None,
    action: str,
    reason: str,
    rectangles: list[dict[str, Any]] | None,
) -> None:
    now = res.clock.now()
    row = {"entry_id": new_id(), "id": report_id, "subject": subject, "photo_id": photo_id, "action": action, "reason": reason}
    drawn = json.dumps(rectangles) if rectangles is not None else None
    await session.execute(_ENTRY, row | {"rectangles": drawn, "by": caller.id, "at": now})
    await publish(session, act(caller, f"report.{subject}-{action}", report_id, now=now, reason=reason), source=SERVICE)


async def _lock(session: AsyncSession, report_id: str) -> None:
    if (await session.execute(_REPORT, {"id": report_id})).first() is None:
        raise AppError(Kind.NOT_FOUND, "not-found", "There is no report with this id.")
