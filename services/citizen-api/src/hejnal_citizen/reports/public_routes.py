"""Public: report something, follow it, see what has been reported."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import AwareDatetime

from hejnal_citizen.access import CurrentResident, MaybeSignedIn, Res, client_ip
from hejnal_citizen.announcements.schemas import FeatureCollection
from hejnal_citizen.places import parse_near
from hejnal_citizen.proof_of_work import ProofHeader
from hejnal_citizen.reports import intake, listing, nearby
from hejnal_citizen.reports.followup_schemas import NearbyReports, PublicReportView
from hejnal_citizen.reports.listing import PublicSelection
from hejnal_citizen.reports.schemas import MyReports, PublicReportPage, ReportAccepted, ReporterView, Status
from hejnal_citizen.schema import Cursor, IdempotencyKey, Limit, binary, problems
from hejnal_contracts.base import Point

router = APIRouter(tags=["reports"])

JPEG = binary("image/jpeg")

SUBMIT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "title": "ReportForm",
                    "type": "object",
                    "required": ["category", "text", "lat", "lon"],
                    "properties": {
                        "category": {"type": "string", "description": "Code of a report category of GET /town"},
                        "text": {"type": "string", "minLength": 1, "maxLength": 4000, "description": "Plain text"},
                        "lat": {"type": "number", "minimum": -90, "maximum": 90},
                        "lon": {"type": "number", "minimum": -180, "maximum": 180},
                        "answers": {
                            "type": "string",
                            "maxLength": 16384,
                            "description": 'JSON object of answers to the category\'s questions by code, e.g. {"depth_cm": 12}',
                        },
                        "language": {"type": "string", "enum": ["pl", "en", "uk"], "description": "Of answers and notices"},
                        "contact": {"type": "string", "maxLength": 254, "description": "E-mail or phone for questions; optional"},
                        "photos": {
                            "type": "array",
                            "maxItems": 6,
                            "items": {"type": "string", "format": "binary"},
                            "description": "JPEG, PNG, WebP or HEIC; 15 MB each, 40 MB together. Metadata is removed.",
                        },
                    },
                }
            }
        },
    }
}

Token = Annotated[
    str | None, Query(max_length=100, description="The report's follow-up token; not needed by its signed-in author")
]


@router.post("/reports", status_code=201, responses=problems(401, 409, 413, 415, 428, 429), openapi_extra=SUBMIT_BODY)
async def submit_report(
    res: Res, request: Request, caller: MaybeSignedIn, idempotency_key: IdempotencyKey = None, proof_of_work: ProofHeader = None
) -> ReportAccepted:
    """Report something with a pin, words and up to six photos. Everything is stored, or nothing.

    A draft sent again with its key after a lost answer is stored once. 428 `proof-of-work-needed`: see GET /proof-of-work.
    """
    resident_id = caller.resident_id if caller else None
    ip = client_ip(request)
    return await intake.submit(res, request, resident_id=resident_id, ip=ip, idempotency_key=idempotency_key, proof=proof_of_work)


@router.get("/reports", responses=problems())
async def list_reports(
    res: Res,
    category: Annotated[list[str] | None, Query()] = None,
    status: Annotated[list[Status] | None, Query()] = None,
    near: Annotated[str | None, Query(pattern=r"^-?[0-9.]{1,20},-?[0-9.]{1,20}$", description="lat,lon")] = None,
    radius_m: Annotated[float, Query(gt=0, le=50_000)] = 500,
    since: Annotated[AwareDatetime | None, Query(description="Only those submitted after this instant")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PublicReportPage:
    """What has been reported, with rounded places; text and photos only where staff has shown them. Newest first."""
    selection = PublicSelection(tuple(category or ()), tuple(status or ()), parse_near(near), radius_m, since)
    async with res.database.read() as session:
        return await listing.public_page(session, selection, cursor=cursor, limit=limit)


@router.get("/reports.geojson", responses=problems())
async def reports_geojson(
    res: Res, category: Annotated[list[str] | None, Query()] = None, status: Annotated[list[Status] | None, Query()] = None
) -> FeatureCollection:
    """The same for the map; open ones unless `status` says otherwise. At most 1,000, newest first."""
    selection = PublicSelection(tuple(category or ()), tuple(status or ("received", "in_progress", "planned")), None, 0, None)
    async with res.database.read() as session:
        return await listing.geojson(session, selection)


@router.get("/me/reports", responses=problems(401))
async def my_reports(res: Res, caller: CurrentResident) -> MyReports:
    """The signed-in resident's reports, newest first; at most 200."""
    async with res.database.read() as session:
        return MyReports(items=await listing.of_resident(session, caller.resident_id, now=res.clock.now()))


@router.get("/reports/nearby", responses=problems())
async def nearby_reports(
    res: Res,
    category: Annotated[str, Query(max_length=40)],
    lat: Annotated[float, Query(ge=-90, le=90)],
    lon: Annotated[float, Query(ge=-180, le=180)],
) -> NearbyReports:
    """Open reports of the category around a place, to be shown before another one is sent."""
    async with res.database.read() as session:
        return await nearby.open_nearby(session, category, Point(lat=lat, lon=lon))


@router.get("/reports/{report_id}/public", responses=problems(404))
async def get_public_report(res: Res, report_id: str) -> PublicReportView:
    """A report as everybody may see it, with the town's public answers."""
    async with res.database.read() as session:
        return await listing.public_view(session, report_id)


@router.get("/reports/{report_id}", responses=problems(404))
async def get_report(res: Res, report_id: str, caller: MaybeSignedIn, response: Response, token: Token = None) -> ReporterView:
    """A report as its author sees it, by its follow-up token or the author's session. To others it does not exist."""
    resident_id = caller.resident_id if caller else None
    async with res.database.read() as session:
        view = await listing.for_reporter(session, report_id, token=token, resident_id=resident_id, now=res.clock.now())
    response.headers["Cache-Control"] = "no-store"
    return view


@router.get("/reports/{report_id}/photos/{photo_id}", responses=problems(404) | JPEG, response_class=FileResponse)
async def get_report_photo(
    res: Res, report_id: str, photo_id: str, caller: MaybeSignedIn, token: Token = None, size: Literal["full", "thumb"] = "full"
) -> FileResponse:
    """A photo that everybody may see, or one of the author's own report (JPEG)."""
    resident_id = caller.resident_id if caller else None
    async with res.database.read() as session:
        if not await listing.require_photo(session, report_id, photo_id):
            await listing.require_reporter(session, report_id, token=token, resident_id=resident_id)
    return res.photos.response(report_id, photo_id, size)
