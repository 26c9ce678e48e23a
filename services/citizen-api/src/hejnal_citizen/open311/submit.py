"""POST Service Request: the form of another program becomes a report like any other."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from fastapi import Request
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen import idempotency, metrics, rates
from hejnal_citizen.open311 import catalogue, keys
from hejnal_citizen.open311.documents import Document
from hejnal_citizen.open311.errors import bad, missing
from hejnal_citizen.open311.keys import Open311Key
from hejnal_citizen.open311.parameters import attributes, given, number
from hejnal_citizen.reports import form as forms
from hejnal_citizen.reports import intake
from hejnal_citizen.reports.upload import ReceivedPhoto, receive
from hejnal_citizen.resources import Resources
from hejnal_citizen.secrets import new_token
from hejnal_citizen.sql import command, query
from hejnal_citizen.town import addresses
from hejnal_contracts.base import Language, Point
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id

BODY_BYTES = 256 * 1024
MOST_PAIRS = 200
LONGEST_MEDIA_URL = 1000

_ORIGIN = command(
    "insert into open311_origins (report_id, key_id, token, media_url) values (:report_id, :key_id, :token, :media_url)"
)
_REFERENCE = query("select reference from reports where id = :id")
_ADDRESS = query("select st_y(place) as lat, st_x(place) as lon from addresses where id = :id")

MEDIA_FIELDS = frozenset({"media", "media[]"})

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Form:
    """What was sent: the pairs, and the files of `media`."""

    pairs: Pairs
    photos: Sequence[ReceivedPhoto] = ()
    folder: Path = Path()


@asynccontextmanager
async def form_of(res: Resources, request: Request, *, ip: str) -> AsyncIterator[Form]:
    """The form of a POST: urlencoded as the standard has it, or multipart with up to six photos in `media` as many servers do.

    AppError: INVALID, TOO_LARGE, RATE_LIMITED (uploads of one address).
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "multipart/form-data":
        yield Form(await pairs_of(request))
        return
    async with res.database.transaction() as session:
        key, limit = res.secrets.caller_key("open311-ip", ip), res.settings.open311_per_key_hour
        await rates.spend(session, key, limit, now=res.clock.now())
    folder = await asyncio.to_thread(res.photos.begin)
    try:
        upload = await receive(
            request,
            folder,
            photo_bytes=res.settings.photo_bytes,
            upload_bytes=res.settings.upload_bytes,
            photo_fields=MEDIA_FIELDS,
            most_fields=MOST_PAIRS,
        )
        yield Form(upload.pairs, upload.photos, folder)
    finally:
        await asyncio.to_thread(res.photos.abandon, folder)


async def pairs_of(request: Request) -> list[tuple[str, str]]:
    """The pairs of an `application/x-www-form-urlencoded` body in UTF-8. AppError: INVALID, TOO_LARGE."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES:
            raise AppError(Kind.TOO_LARGE, "form-too-large", "The form is too large. Send a media_url instead of media.")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in {"application/x-www-form-urlencoded", ""}:
        raise bad("The form must be application/x-www-form-urlencoded, or multipart/form-data to report with media", "not-a-form")
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_PAIRS, errors="strict")
    except ValueError as error:
        raise bad("The form is not UTF-8, or has too many fields", "form-broken") from error


async def require_key(session: AsyncSession, parameters: dict[str, str]) -> Open311Key:
    """The caller's key. AppError(FORBIDDEN) when there is none, or it is unknown or revoked."""
    if "api_key" not in parameters:
        raise AppError(Kind.FORBIDDEN, "api-key-missing", "api_key was not provided")
    found = await keys.find(session, parameters["api_key"])
    if found is None:
        raise AppError(Kind.FORBIDDEN, "api-key-invalid", "api_key is invalid")
    return found


async def submit(res: Resources, form: Form, *, idempotency_key: str | None) -> Document:
    """Store the report; its number, or a token where the service is a batch one.

    AppError: INVALID, FORBIDDEN (api_key), NOT_FOUND (service_code), RATE_LIMITED, CONFLICT (idempotency key reused).
    """
    pairs, parameters, now = form.pairs, given(form.pairs), res.clock.now()
    async with res.database.read() as session:
        key = await require_key(session, parameters)
        if "service_code" not in parameters:
            raise missing("service_code")
        service = await catalogue.require(session, parameters["service_code"])
        place = await _place(session, parameters)
        checked = await _checked(session, service, parameters, attributes(pairs), place)
    token = new_token() if service.open311 == "batch" else None
    photos, report_id = await intake.encoded(res, form.folder, form.photos), new_id()
    hashes = [photo.sha256.hex() for photo in form.photos]
    async with intake.keeping(res, form.folder, report_id, photos), res.database.transaction() as session:
        await rates.spend(session, f"open311-key:{key.id}", res.settings.open311_per_key_hour, now=now)
        await keys.used(session, key.id, now=now)
        print_of = idempotency.fingerprint(*(f"{name}={value}" for name, value in sorted(pairs)), *hashes)
        claimed = {"token": token}
        earlier = await idempotency.claim(session, f"open311:{key.id}", idempotency_key, print_of, claimed, now=now)
        if earlier is not None:
            reference = (await session.execute(_REFERENCE, {"id": earlier["id"]})).scalar_one()
            await asyncio.to_thread(res.photos.drop, report_id)
            return _accepted(reference, earlier["token"])
        await intake.store(session, res, checked, hand_over=not key.may_update, report_id=report_id, photos=photos)
        media_url = _media_url(parameters.get("media_url", ""))
        row = {"report_id": report_id, "key_id": key.id, "token": token, "media_url": media_url}
        await session.execute(_ORIGIN, row)
        if idempotency_key is not None:
            await idempotency.note(session, f"open311:{key.id}", idempotency_key, claimed | {"id": report_id})
        reference = (await session.execute(_REFERENCE, {"id": report_id})).scalar_one()
    metrics.REPORTS.labels(checked.category.code).inc()
    return _accepted(reference, token)


def _accepted(reference: str, token: str | None) -> Document:
    number_or_token = {"token": token} if token else {"service_request_id": reference}
    return Document("service_requests", [number_or_token | {"service_notice": None, "account_id": None}])


async def _place(session: AsyncSession, parameters: dict[str, str]) -> Point:
    lat, lon = number(parameters, "lat", -90, 90), number(parameters, "long", -180, 180)
    if lat is not None and lon is not None:
        return Point(lat=lat, lon=lon)
    if "address_id" in parameters and parameters["address_id"].isdecimal():
        row = (await session.execute(_ADDRESS, {"id": min(int(parameters["address_id"]), 2**31 - 1)})).first()
        if row is not None:
            return Point(lat=row.lat, lon=row.lon)
    if "address_string" in parameters:
        hits = await addresses.search(session, parameters["address_string"][:200].split(",")[0], 1)
        if hits:
            return hits[0].place
    if {"address_string", "address_id"} & parameters.keys():
        raise bad("The address is not known here; send lat and long", "address-unknown")
    raise missing("lat and long, address_string or address_id")


async def _checked(
    session: AsyncSession, service: Any, parameters: dict[str, str], answers: dict[str, Any], place: Point
) -> forms.CheckedReport:
    fields: dict[str, Any] = {
        "category": service.code,
        "text": parameters.get("description") or service.names[Language.PL.value],
        "lat": place.lat,
        "lon": place.lon,
        "contact": parameters.get("email") or parameters.get("phone") or "",
    }
    try:
        form = forms.ReportForm.model_validate(fields)
    except ValidationError as error:
        raise bad("; ".join(f"{item['loc'][0]}: {item['msg']}" for item in error.errors()), "invalid-request") from error
    return await forms.check(session, form, None, answers=answers, source="open311")


def _media_url(text: str) -> str:
    """A link for staff to follow, never for us: only http and https, bounded."""
    if not text:
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or len(text) > LONGEST_MEDIA_URL:
        raise bad("media_url must be a http or https address", "media-url-invalid")
    return text
