"""Taking a report in: everything is stored, or nothing."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen import idempotency, metrics, proof_of_work, rates
from hejnal_citizen.open311 import back_office
from hejnal_citizen.reports import listing, notices
from hejnal_citizen.reports.form import CheckedReport, ReportForm, check, parse
from hejnal_citizen.reports.photo_store import photo_name
from hejnal_citizen.reports.photo_workers import EncodedPhoto
from hejnal_citizen.reports.schemas import ReportAccepted
from hejnal_citizen.reports.upload import ReceivedPhoto, Upload, drain, receive
from hejnal_citizen.resources import SERVICE, Resources
from hejnal_citizen.secrets import token_hash
from hejnal_citizen.sql import command, query
from hejnal_contracts.residents import ReportRouted, ReportSubmitted
from hejnal_runtime.errors import AppError, is_transient
from hejnal_runtime.ids import new_id
from hejnal_runtime.outbox import publish
from hejnal_runtime.quiet_hours import TOWN_TIME

Photos = Sequence[tuple[str, EncodedPhoto]]
"""With their ids."""

_NUMBER = query(
    """
    insert into report_numbers (year, last) values (:year, 1)
    on conflict (year) do update set last = report_numbers.last + 1 returning last
    """
)
_REPORT = command(
    """
    insert into reports (id, reference, category, text, place, street, address, contact, resident_id, token_hash, status, unit,
        urgent, submitted_at, updated_at, answers, source, language)
    values (:id, :reference, :category, :text, st_setsrid(st_makepoint(:lon, :lat), 4326), :street, :address, :contact,
        :resident_id, :token_hash, 'received', :unit, :urgent, :now, :now,
        cast(:answers as jsonb), :source, :language)
    """
)
_PHOTO = command(
    """
    insert into report_photos (id, report_id, position, width, height, size_bytes, sha256)
    values (:id, :report_id, :position, :width, :height, :size_bytes, :sha256)
    """
)
_EVENT = command(
    """
    insert into report_events (id, report_id, kind, status, unit, at) values (:id, :report_id, :kind, 'received', :unit, :at)
    """
)


async def _all_or_none(works: Sequence[Coroutine[Any, Any, EncodedPhoto]]) -> list[EncodedPhoto]:
    """All results, or the first error once no work goes on: nothing may still write into a folder that is about to go."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def submit(
    res: Resources, request: Request, *, resident_id: str | None, ip: str, idempotency_key: str | None, proof: str | None = None
) -> ReportAccepted:
    """Receive, judge and store one report.

    AppError: INVALID (form, category, outside the town), TOO_LARGE, UNSUPPORTED, RATE_LIMITED, CONFLICT (key
    reused), PRECONDITION_REQUIRED (proof of work), UNAVAILABLE (photos busy).
    """
    now = res.clock.now()
    try:
        await _admit(res, resident_id, ip, proof, now)
    except AppError:
        if "expect" not in request.headers:
            await drain(request.stream())
        raise
    folder = await asyncio.to_thread(res.photos.begin)
    try:
        settings = res.settings
        upload = await receive(request, folder, photo_bytes=settings.photo_bytes, upload_bytes=settings.upload_bytes)
        form = parse(upload)
        async with res.database.read() as session:
            checked = await check(session, form, resident_id)
        if checked.contact:
            async with res.database.transaction() as session:
                key = res.secrets.caller_key("reports-contact", checked.contact)
                await rates.spend(session, key, res.settings.reports_per_contact_hour, now=now)
        photos = await encoded(res, folder, upload.photos)
        report_id = new_id()
        request_hash = _fingerprint(form, resident_id, upload)
        async with keeping(res, folder, report_id, photos), res.database.transaction() as session:
            stored_id = await _store(session, res, report_id, checked, resident_id, photos, request_hash, idempotency_key)
            view = await listing.reporter_view(session, stored_id, now=now)
        if stored_id != report_id:
            await asyncio.to_thread(res.photos.drop, report_id)
        else:
            metrics.REPORTS.labels(form.category).inc()
    finally:
        await asyncio.to_thread(res.photos.abandon, folder)
    token = res.secrets.follow_token(stored_id)
    return ReportAccepted(**view.model_dump(), follow_token=token)


async def encoded(res: Resources, folder: Path, received: Sequence[ReceivedPhoto]) -> Photos:
    """Photos made anew without metadata, in `folder`, each with its new id. AppError: INVALID, TOO_LARGE, UNAVAILABLE (busy)."""
    ids = [new_id() for _ in received]
    names = [[folder / "photos" / photo_name(photo_id, size) for size in ("full", "thumb")] for photo_id in ids]
    works = [res.photo_workers.encode(one.path, *paths) for one, paths in zip(received, names, strict=True)]
    return list(zip(ids, await _all_or_none(works), strict=True))


@asynccontextmanager
async def keeping(res: Resources, folder: Path, report_id: str, photos: Photos) -> AsyncIterator[None]:
    """The photos are the report's while the block stores it, and go again when it fails."""
    if photos:
        await asyncio.to_thread(res.photos.keep, folder, report_id)
    try:
        yield
    except Exception as error:
        if not is_transient(error):  # an unknown end of the commit is left to housekeeping, which looks for the row
            await asyncio.to_thread(res.photos.drop, report_id)
        raise


async def _admit(res: Resources, resident_id: str | None, ip: str, proof: str | None, now: datetime) -> None:
    async with res.database.transaction() as session:
        sent = await rates.spend(session, res.secrets.caller_key("reports-ip", ip), res.settings.reports_per_ip_hour, now=now)
        if sent > res.settings.reports_without_work and resident_id is None:
            await proof_of_work.spend(session, res, proof, now=now)


async def _store(
    session: AsyncSession,
    res: Resources,
    report_id: str,
    checked: CheckedReport,
    resident_id: str | None,
    photos: Photos,
    request_hash: bytes,
    key: str | None,
) -> str:
    """The id under which the report is stored: an earlier one when the key was used for the same report before."""
    now = res.clock.now()
    earlier = await idempotency.claim(session, "reports", key, request_hash, {"id": report_id}, now=now)
    if earlier:
        return str(earlier["id"])
    await _write(session, res, report_id, checked, resident_id, photos)
    return report_id


async def store(
    session: AsyncSession,
    res: Resources,
    checked: CheckedReport,
    *,
    hand_over: bool = True,
    report_id: str = "",
    photos: Photos = (),
) -> str:
    """Store a report that came another way than by our own form (SMS, Open311) in the caller's transaction; its id.

    `hand_over=False` keeps it from the back office: it came from one. `photos` are those that `keeping` holds for `report_id`.
    """
    report_id = report_id or new_id()
    await _write(session, res, report_id, checked, None, photos, hand_over=hand_over)
    return report_id


async def _write(
    session: AsyncSession,
    res: Resources,
    report_id: str,
    checked: CheckedReport,
    resident_id: str | None,
    photos: Photos,
    *,
    hand_over: bool = True,
) -> None:
    now = res.clock.now()
    reference = await _next_reference(session, now)
    category = checked.category
    row: dict[str, Any] = {"id": report_id, "reference": reference, "category": category.code, "text": checked.text}
    row |= {"lat": checked.place.lat, "lon": checked.place.lon, "street": checked.street, "address": checked.address}
    row |= {"contact": checked.contact, "resident_id": resident_id, "unit": checked.unit, "urgent": category.urgent, "now": now}
    row |= {"answers": json.dumps(checked.answers), "source": checked.source, "language": checked.language.value}
    await session.execute(_REPORT, row | {"token_hash": token_hash(res.secrets.follow_token(report_id))})
    if photos:
        await session.execute(_PHOTO, [_photo_row(report_id, number, *photo) for number, photo in enumerate(photos)])
    kinds = ("submitted", "routed") if checked.unit else ("submitted",)
    events = [{"id": new_id(), "report_id": report_id, "kind": kind, "unit": checked.unit, "at": now} for kind in kinds]
    await session.execute(_EVENT, events)
    submitted = ReportSubmitted(
        report_id=report_id,
        reference=reference,
        category=category.code,
        urgent=category.urgent,
        place=checked.place,
        address=checked.address,
        photos=len(photos),
        submitted_at=now,
    )
    routed = [ReportRouted(report_id=report_id, unit=checked.unit, at=now)] if checked.unit else []
    await publish(session, submitted, *routed, source=SERVICE)
    if hand_over:
        await back_office.enqueue(session, report_id, category.code, now=now)
    if checked.contact:
        await notices.tell(session, res, report_id, "received", to=notices.To(), said=checked.address)


async def _next_reference(session: AsyncSession, now: datetime) -> str:
    """Z-2026-00001: without gaps, for the row is locked until the report is stored."""
    year = now.astimezone(TOWN_TIME).year
    number = (await session.execute(_NUMBER, {"year": year})).scalar_one()
    return f"Z-{year}-{number:05d}"


def _photo_row(report_id: str, position: int, photo_id: str, photo: EncodedPhoto) -> dict[str, object]:
    row: dict[str, object] = {"id": photo_id, "report_id": report_id, "position": position, "sha256": bytes.fromhex(photo.sha256)}
    return row | {"width": photo.width, "height": photo.height, "size_bytes": photo.size_bytes}


def _fingerprint(form: ReportForm, resident_id: str | None, upload: Upload) -> bytes:
    photos = hashlib.sha256(b"".join(photo.sha256 for photo in upload.photos)).digest()
    return idempotency.fingerprint(form.model_dump_json(), resident_id or "", photos)
