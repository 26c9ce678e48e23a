"""Signing in at the town's identity provider: pages a browser is sent to, not calls of a script."""

import hmac
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from hejnal_gateway import metrics
from hejnal_gateway.access import Limited, Res, find_session, source_ip
from hejnal_gateway.accounts import ceremonies
from hejnal_gateway.accounts.opening import forget_cookie, open_session
from hejnal_gateway.accounts.provider import IdentityProvider
from hejnal_gateway.accounts.provider_accounts import admit, linked
from hejnal_gateway.accounts.routes import close_session
from hejnal_gateway.audit.facts import PROVIDER_ACTOR, publish_by_service, publish_refused_sign_in
from hejnal_gateway.resources import Resources
from hejnal_runtime.errors import AppError, Kind

PATH = "/api/v1/session/oidc"
TRIES = 300
COUNTED = Depends(Limited("oidc", most=TRIES))
router = APIRouter(prefix=PATH, tags=["session"], default_response_class=RedirectResponse)
Text = Annotated[str, Query(max_length=4096)]


def _cookie(resources: Resources) -> str:
    """Ties the way back to the browser that set out. Lax: it comes back from another site."""
    return "__Secure-hejnal-oidc" if resources.secure_cookies else "hejnal-oidc"


def _provider(resources: Resources) -> IdentityProvider:
    if resources.provider is None:
        raise AppError(Kind.NOT_FOUND, "oidc-not-set-up", "No identity provider is set up here.")
    return resources.provider


def _home(problem: str = "") -> RedirectResponse:
    return RedirectResponse("/?" + urlencode({"sign-in-problem": problem}) if problem else "/", status_code=303)


@router.get("/start", status_code=303, summary="Go to the identity provider", dependencies=[COUNTED])
async def start_at_provider(resources: Res) -> RedirectResponse:
    """Redirects to the provider; when it does not answer, to the sign-in page with `?sign-in-problem=oidc-unavailable`."""
    try:
        journey = await _provider(resources).begin()
    except AppError as error:
        return _home(error.slug)
    state = {"nonce": journey.nonce, "code_verifier": journey.code_verifier}
    async with resources.database.transaction() as session:
        await ceremonies.begin(session, "oidc", journey.state, state, now=resources.clock.now())
    response = RedirectResponse(journey.url, status_code=303)
    response.set_cookie(
        _cookie(resources),
        journey.state,
        max_age=ceremonies.TIME_S,
        path=PATH,
        httponly=True,
        secure=resources.secure_cookies,
        samesite="lax",
    )
    return response


@router.get("/callback", status_code=303, summary="Come back from the identity provider", dependencies=[COUNTED])
async def return_from_provider(
    request: Request, resources: Res, state: Text = "", code: Text = "", iss: Text | None = None, error: Text = ""
) -> Response:
    """Sets the session cookie and redirects to the console; otherwise to `/?sign-in-problem=SLUG`.

    Slugs: oidc-refused (state, nonce, signature, audience or time do not fit), oidc-denied (the person or the provider said
    no), oidc-role-unknown, oidc-second-factor, oidc-unavailable, account-disabled, last-admin.
    """
    provider = _provider(resources)
    response = _home()
    try:
        began = await _began(request, resources, state, "" if error else code)
        identity = await provider.identify(code, nonce=began["nonce"], code_verifier=began["code_verifier"], issuer=iss)
        async with resources.database.transaction() as session:
            account, changed = await admit(session, identity, resources.clock.now())
            gone = await resources.sessions.end_of_account(session, account.account_id) if changed else []
            await resources.accounts.succeeded(session, "oidc", source_ip(request))
            await open_session(resources, session, request, response, account, "oidc")
        await resources.endings.ended(gone)
        metrics.SIGN_INS.labels("allowed").inc()
    except AppError as problem:
        metrics.SIGN_INS.labels("refused").inc()
        async with resources.database.transaction() as session:
            await publish_refused_sign_in(session, None, source_ip(request), resources.clock.now())
        response = _home(problem.slug)
    response.delete_cookie(_cookie(resources), path=PATH, httponly=True, secure=resources.secure_cookies, samesite="lax")
    return response


async def _began(request: Request, resources: Resources, state: str, code: str) -> dict[str, str]:
    """What was remembered when this browser set out."""
    cookie = request.cookies.get(_cookie(resources), "")
    if state and hmac.compare_digest(cookie.encode(), state.encode()):
        async with resources.database.transaction() as session:
            began = await ceremonies.take(session, "oidc", state, now=resources.clock.now())
        if began is not None and not code:
            raise AppError(Kind.UNAUTHENTICATED, "oidc-denied", "The provider did not let this person in.")
        if began is not None:
            return began
    raise AppError(Kind.UNAUTHENTICATED, "oidc-refused", "This answer belongs to no sign-in of this browser. Begin again.")


@router.get("/sign-out", status_code=303, summary="Sign out here and at the identity provider")
async def sign_out_at_provider(request: Request, resources: Res) -> RedirectResponse:
    """Ends the session, if there is one, and redirects to the provider's own sign-out."""
    provider = _provider(resources)
    staff = await find_session(request)
    if staff is not None:
        await close_session(resources, staff)
    try:
        response = RedirectResponse(await provider.sign_out_url(), status_code=303)
    except AppError as error:
        response = _home(error.slug)
    forget_cookie(resources, response)
    return response


@router.post(
    "/sign-out", status_code=200, response_class=Response, summary="The provider has signed a person out", dependencies=[COUNTED]
)
async def signed_out_at_provider(
    request: Request, resources: Res, logout_token: Annotated[str, Form(min_length=1, max_length=16_384)]
) -> Response:
    """For the provider, not for browsers (OpenID Connect Back-Channel Logout 1.0): ends the sessions it had opened here.

    `application/x-www-form-urlencoded`. 401 oidc-refused when the token is not the provider's, not for us, or old.
    """
    provider = _provider(resources)
    subject = await provider.whom_it_signed_out(logout_token)
    gone: list[str] = []
    async with resources.database.transaction() as session:
        account_id = await linked(session, provider.issuer, subject)
        if account_id is not None:
            gone = await resources.sessions.end_of_account(session, account_id, method="oidc")
            now = resources.clock.now()
            await publish_by_service(session, PROVIDER_ACTOR, "session.revoked", now, object_id=account_id)
        await resources.accounts.succeeded(session, "oidc", source_ip(request))
    await resources.endings.ended(gone)
    return Response()
