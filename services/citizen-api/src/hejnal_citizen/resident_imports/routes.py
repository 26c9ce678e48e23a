"""Staff: import the town's existing SMS base."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from hejnal_citizen.access import Res
from hejnal_citizen.resident_imports import store
from hejnal_citizen.resident_imports.schemas import ResidentImport
from hejnal_citizen.schema import IdempotencyKey, problems
from hejnal_citizen.staff_access import Importer
from hejnal_runtime.errors import AppError, Kind

router = APIRouter(tags=["residents"])

MOST_BYTES = 1024 * 1024
TYPES = frozenset({"text/csv", "text/plain", "application/csv", "application/vnd.ms-excel"})
CSV_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "CSV in UTF-8 or Windows-1250, separated by semicolon, comma or tab, at most 1 MiB and 20,000 rows. The "
        "first line names the columns: phone (telefon), consented_on (data zgody), proof (dowód zgody), and, if wanted, "
        "categories (kategorie) and language (język).",
        "content": {
            "text/csv": {
                "schema": {"type": "string"},
                "example": "telefon;data zgody;dowód zgody\n600 100 200;31.05.2021;formularz 17/2021\n",
            }
        },
    }
}


@router.post("/resident-imports", status_code=202, responses=problems(401, 403, 409, 413, 415), openapi_extra=CSV_BODY)
async def import_residents(
    res: Res,
    caller: Importer,
    request: Request,
    response: Response,
    consent_text: Annotated[
        str,
        Query(min_length=20, max_length=2000, description="What people agreed to, word for word, for the consent ledger"),
    ],
    dry_run: Annotated[bool, Query(description="Only say what would be imported and what is wrong")] = True,  # noqa: FBT002
    category: Annotated[list[str] | None, Query(max_length=40, description="For rows that name none; all where left out")] = None,
    idempotency_key: IdempotencyKey = None,
) -> ResidentImport:
    """Take a file in. One wrong row refuses the whole file; without any, all of it is imported in one go.

    A number the town has already is left as it is, also where its holder has withdrawn: a second import changes nothing.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in TYPES:
        raise AppError(Kind.UNSUPPORTED, "csv-needed", "Send the file as text/csv.")
    data = await _body(request)
    async with res.database.transaction() as session:
        read, categories = await store.judge(session, res, data, tuple(dict.fromkeys(category or ())))
        import_id = await store.take_in(
            session,
            res,
            caller,
            data,
            consent_text=consent_text.strip(),
            categories=categories,
            dry_run=dry_run,
            read=read,
            key=idempotency_key,
        )
        found = await store.find(session, import_id)
    response.headers["Location"] = f"/staff/v1/resident-imports/{import_id}"
    return found


@router.get("/resident-imports/{import_id}", responses=problems(401, 403, 404))
async def get_resident_import(res: Res, _: Importer, import_id: str) -> ResidentImport:
    """How far an import is, and its report."""
    async with res.database.read() as session:
        return await store.find(session, import_id)


async def _body(request: Request) -> bytes:
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MOST_BYTES:
            raise AppError(Kind.TOO_LARGE, "file-too-large", "A file has at most 1 MiB. Split it.")
    return bytes(data)
