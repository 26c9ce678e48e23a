"""Open311 GeoReport v2 for everybody: discovery, services, requests, tokens, updates; XML and JSON."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.access import Res, client_ip
from hejnal_citizen.open311 import catalogue, requests, submit, updates
from hejnal_citizen.open311.documents import Document, response
from hejnal_citizen.open311.errors import Open311Route, format_of, unknown
from hejnal_citizen.open311.keys import Open311Key
from hejnal_citizen.open311.parameters import Wanted, given, wanted
from hejnal_citizen.resources import Resources
from hejnal_citizen.schema import IdempotencyKey
from hejnal_contracts.base import Language

router = APIRouter(prefix=catalogue.PATH, route_class=Open311Route, include_in_schema=False)


@router.get("/discovery.{ending}")
async def open311_discovery(res: Res, request: Request, ending: str) -> Response:
    """Where this server is and what it speaks."""
    _checked(res, request, ending)
    return _answer(request, catalogue.discovery(res.settings))


@router.get("/services.{ending}")
async def open311_services(res: Res, request: Request, ending: str) -> Response:
    """What may be reported."""
    parameters = _checked(res, request, ending)
    async with res.database.read() as session:
        return _answer(request, await catalogue.services(session, _language(parameters)))


@router.get("/services/{code}.{ending}")
async def open311_service(res: Res, request: Request, code: str, ending: str) -> Response:
    """One service's own questions."""
    parameters = _checked(res, request, ending)
    async with res.database.read() as session:
        return _answer(request, await catalogue.definition(session, code, _language(parameters)))


@router.post("/requests.{ending}")
async def open311_submit(res: Res, request: Request, ending: str, idempotency_key: IdempotencyKey = None) -> Response:
    """Report something."""
    async with submit.form_of(res, request, ip=client_ip(request)) as form:
        _checked(res, request, ending, given(form.pairs))
        return _answer(request, await submit.submit(res, form, idempotency_key=idempotency_key), status=201)


@router.get("/requests.{ending}")
async def open311_requests(res: Res, request: Request, ending: str) -> Response:
    """What has been reported."""
    parameters = _checked(res, request, ending)
    selection = wanted(parameters, res.clock.now())
    async with res.database.read() as session:
        key = await _key(session, parameters)
        found = await requests.listing(session, res.settings, selection, key, _language(parameters))
    return _answer(request, found)


@router.get("/requests/{reference}.{ending}")
async def open311_request(res: Res, request: Request, reference: str, ending: str) -> Response:
    """One request, as a list of one."""
    parameters = _checked(res, request, ending)
    extensions = wanted({**parameters, "service_request_id": reference}, res.clock.now()).extensions
    async with res.database.read() as session:
        key = await _key(session, parameters)
        selection = Wanted(ids=(reference,), extensions=extensions)
        return _answer(request, await requests.one(session, res.settings, selection, key, _language(parameters)))


@router.get("/tokens/{token}.{ending}")
async def open311_token(res: Res, request: Request, token: str, ending: str) -> Response:
    """The number that a token stands for."""
    _checked(res, request, ending)
    async with res.database.read() as session:
        return _answer(request, await requests.by_token(session, token))


@router.get("/servicerequestupdates.{ending}")
@router.get("/requestupdates.{ending}", name="open311_updates_alias")
async def open311_updates(res: Res, request: Request, ending: str) -> Response:
    """The town's answers of a time."""
    parameters = _checked(res, request, ending)
    async with res.database.read() as session:
        return _answer(request, await updates.listing(session, parameters, res.clock.now()))


@router.post("/servicerequestupdates.{ending}")
@router.post("/requestupdates.{ending}", name="open311_submit_update_alias")
async def open311_submit_update(res: Res, request: Request, ending: str) -> Response:
    """Answer a report from outside, by a key that may."""
    pairs = await submit.pairs_of(request)
    _checked(res, request, ending, given(pairs))
    return _answer(request, await updates.submit(res, pairs), status=201)


@router.get("/{path:path}")
async def open311_nothing(path: str) -> Response:
    """Anything else, as the standard's errors have it."""
    raise unknown(f"/{path[:80]}")


def _checked(res: Resources, request: Request, ending: str, parameters: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """The parameters of a request to this town. AppError(NOT_FOUND) for another format or jurisdiction."""
    if ending not in {"json", "xml"}:
        raise unknown(f"The format {ending[:20]!r}")
    found = {**given(request.query_params.multi_items()), **(parameters or {})}
    own = res.settings.open311_jurisdiction
    if own and "jurisdiction_id" in found and found["jurisdiction_id"] != own:
        raise unknown("jurisdiction_id")
    return found


async def _key(session: AsyncSession, parameters: Mapping[str, str]) -> Open311Key | None:
    """The key of a reader; reading needs none, but a wrong one is told."""
    return await submit.require_key(session, dict(parameters)) if "api_key" in parameters else None


def _language(parameters: Mapping[str, str]) -> Language:
    named = parameters.get("locale", parameters.get("lang", "pl"))[:2].lower()
    return Language(named) if named in set(Language) else Language.PL


def _answer(request: Request, document: Document, *, status: int = 200) -> Response:
    return response(document, format_of(request), status=status)
