"""Pictures and PDFs of announcements. They are few and small and live in the database: one backup, no file without a row.

A picture is decoded and written anew (as residents' photos are), a PDF is opened and rewritten; what cannot be is not kept.
"""

import asyncio
import contextlib
import hashlib
import json
import os
import re
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import structlog
from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.announcements.schemas import Attachment
from hejnal_citizen.reports.photo_workers import PhotoWorkers
from hejnal_citizen.sql import command, query
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id

log = structlog.get_logger()

UNUSED_KEPT = timedelta(days=7)
PDF_TIMEOUT_S = 20.0
_PASSED_ON = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "HOME", "VIRTUAL_ENV")
_MESSAGES = {
    "attachment-unreadable": "This file is neither a picture nor a PDF we can read. Send a JPEG, PNG, WebP, HEIC or PDF file.",
    "pdf-encrypted": "This PDF is protected by a password. Save it without one and send it again.",
    "pdf-too-long": "This PDF has more than 200 pages. Send a shorter one.",
    "pdf-acts": "This PDF has scripts, forms or files in it. Print it to a new PDF and send that.",
    "pdf-too-complex": "This PDF could not be checked in time. Print it to a new PDF and send that.",
}

_INSERT = command(
    """
    insert into attachments (id, media_type, name, description, size_bytes, width, height, pages, sha256, content, uploaded_by,
        uploaded_at)
    values (:id, :media_type, :name, :description, :size_bytes, :width, :height, :pages, :sha256, :content, :by, :now)
    """
)
_SOME = query(
    """
    select id, media_type, name, description, size_bytes, width, height, pages from attachments
    where id = any(cast(:ids as text[]))
    """
)
_CONTENT = query("select id, media_type, name, sha256, content from attachments where id = :id")
_BELONGS = query(
    "select 1 from announcement_versions where announcement_id = :announcement_id and :id = any(attachments) limit 1"
)
_FORGET = command(
    """
    delete from attachments a where uploaded_at < :before
      and not exists (select from announcement_versions v where a.id = any(v.attachments))
      and not exists (select from announcement_drafts d where d.body->'attachments' @> to_jsonb(array[a.id]))
      and not exists (select from announcement_templates t where t.body->'attachments' @> to_jsonb(array[a.id]))
    """
)


@dataclass(frozen=True, slots=True)
class Checked:
    """A file as it may be kept."""

    media_type: Literal["image/jpeg", "application/pdf"]
    content: bytes
    width: int | None = None
    height: int | None = None
    pages: int | None = None


class AttachmentCheck:
    """Makes a file from outside one that may be kept: pictures by the photo workers, PDFs one at a time in a process."""

    def __init__(self, workers: PhotoWorkers, folder: Path) -> None:
        self._workers = workers
        self._folder = folder
        self._one_pdf = asyncio.Semaphore(1)

    async def __call__(self, content: bytes) -> Checked:
        """The file, written anew. AppError: UNSUPPORTED, TOO_LARGE (pixels, pages), UNAVAILABLE (busy)."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        place = tempfile.TemporaryDirectory(dir=self._folder, prefix="attachment-")
        try:
            source, target = Path(place.name) / "source", Path(place.name) / "target"
            await asyncio.to_thread(source.write_bytes, content)
            if content.startswith(b"%PDF-"):
                async with self._one_pdf:
                    pages = await _pdf(source, target)
                return Checked("application/pdf", await asyncio.to_thread(target.read_bytes), pages=pages)
            try:
                photo = await self._workers.encode(source, target, Path(place.name) / "thumb")
            except AppError as error:
                if error.slug == "photo-unreadable":
                    raise AppError(Kind.UNSUPPORTED, "attachment-unreadable", _MESSAGES["attachment-unreadable"]) from error
                raise
            return Checked("image/jpeg", await asyncio.to_thread(target.read_bytes), photo.width, photo.height)
        finally:
            await asyncio.to_thread(place.cleanup)


async def keep(session: AsyncSession, file: Checked, *, name: str, description: str, by: str, now: datetime) -> Attachment:
    """Keep a checked file; its name gets the ending of what it has become."""
    ending = "jpg" if file.media_type == "image/jpeg" else "pdf"
    attachment = Attachment(
        id=new_id(),
        media_type=file.media_type,
        name=f"{_plain_name(name)}.{ending}",
        description=description,
        size_bytes=len(file.content),
        width=file.width,
        height=file.height,
        pages=file.pages,
    )
    row = attachment.model_dump() | {"by": by, "now": now, "content": file.content}
    await session.execute(_INSERT, row | {"sha256": hashlib.sha256(file.content).digest()})
    return attachment


async def some(session: AsyncSession, ids: Sequence[str]) -> list[Attachment]:
    """Attachments in the order of their ids; what is gone is left out."""
    if not ids:
        return []
    found = {row.id: row for row in await session.execute(_SOME, {"ids": list(ids)})}
    return [Attachment.model_validate(found[one], from_attributes=True) for one in ids if one in found]


async def require(session: AsyncSession, ids: Iterable[str]) -> None:
    """AppError(INVALID) names an id that is no attachment."""
    wanted = list(dict.fromkeys(ids))
    found = {one.id for one in await some(session, wanted)}
    for number, one in enumerate(wanted):
        if one not in found:
            detail = "One of the attached files is gone. Attach it again."
            raise AppError(
                Kind.INVALID,
                "unknown-attachment",
                detail,
                errors=[{"pointer": f"/body/attachments/{number}", "code": "unknown-attachment", "detail": detail}],
            )


async def public_file(session: AsyncSession, announcement_id: str, attachment_id: str) -> Response:
    """A file of an announcement; AppError(NOT_FOUND) when it belongs to none of its versions."""
    if (await session.execute(_BELONGS, {"announcement_id": announcement_id, "id": attachment_id})).first() is None:
        raise _not_found()
    return await file(session, attachment_id)


async def file(session: AsyncSession, attachment_id: str) -> Response:
    """A file with headers that let a browser do nothing but show or save it."""
    row: Any = (await session.execute(_CONTENT, {"id": attachment_id})).first()
    if row is None:
        raise _not_found()
    how = "inline" if row.media_type == "image/jpeg" else "attachment"
    headers = {
        "Content-Disposition": f"{how}; filename=\"{attachment_id}\"; filename*=UTF-8''{quote(row.name)}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "public, max-age=31536000, immutable",
        "ETag": f'"{bytes(row.sha256).hex()[:32]}"',
    }
    return Response(bytes(row.content), media_type=row.media_type, headers=headers)


async def forget_unused(session: AsyncSession, *, now: datetime) -> None:
    """Drop what nobody has used in a week."""
    await session.execute(_FORGET, {"before": now - UNUSED_KEPT})


def _plain_name(name: str) -> str:
    stem = name.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return re.sub(r"[^\w .,()-]", "", stem).strip(" .")[:80] or "plik"


async def _pdf(source: Path, target: Path) -> int:
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    command_line = [sys.executable, "-m", "hejnal_citizen.announcements.pdf_process", str(source), str(target)]
    process = await asyncio.create_subprocess_exec(
        *command_line, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, env=environment, start_new_session=True
    )
    try:
        async with asyncio.timeout(PDF_TIMEOUT_S):
            output, _ = await process.communicate()
    except TimeoutError:
        output = b""
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    answer: dict[str, Any] = json.loads(output) if output else {"refused": "pdf-too-complex"}
    if "refused" in answer:
        slug = answer["refused"]
        log.info("attachment_refused", slug=slug, reason=answer.get("reason"))
        kind = Kind.TOO_LARGE if slug in {"pdf-too-long", "pdf-too-complex"} else Kind.UNSUPPORTED
        raise AppError(kind, slug, _MESSAGES[slug])
    return int(answer["pages"])


def _not_found() -> AppError:
    return AppError(Kind.NOT_FOUND, "not-found", "There is no such file.")
