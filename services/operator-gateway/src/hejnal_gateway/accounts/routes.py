"""Signing in and out."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from hejnal_gateway import metrics
from hejnal_gateway.access import Limited, Res, StaffRequired, source_ip
from hejnal_gateway.accounts.opening import SessionView, forget_cookie, open_session, view_of
from hejnal_gateway.accounts.roles import ALL
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.audit.facts import publish_audit, publish_refused_sign_in
from hejnal_gateway.resources import Resources
from hejnal_runtime.errors import AppError, Kind

router = APIRouter(prefix="/api/v1/session", tags=["session"])
AnyStaff = Annotated[StaffSession, Depends(StaffRequired(ALL, though_password_is_due=True))]
PASSKEY_TRIES = 300
"""Of one address: a town hall behind one, where each visit of the sign-in page asks once."""


class SignIn(BaseModel):
    """Proof of being a member of staff."""

    login: str = Field(min_length=1, max_length=120)
    password: str = Field(min_length=1, max_length=200)
    code: str = Field(min_length=6, max_length=9, description="One-time code of the authenticator app (TOTP), 6 digits")


class Recovery(BaseModel):
    """The same without the authenticator app."""

    login: str = Field(min_length=1, max_length=120)
    password: str = Field(min_length=1, max_length=200)
    recovery_code: str = Field(min_length=8, max_length=40, description="One of the ten; hyphens and case do not matter")


class ProviderView(BaseModel):
    """The town's identity provider."""

    name: str = Field(description="What to call it")
    start: str = Field(description="Open this page to sign in there")


class SignInMethods(BaseModel):
    """The ways in that are open at this address."""

    password: bool
    passkey: bool
    oidc: ProviderView | None


class PasskeyOptions(BaseModel):
    """What `navigator.credentials.get` or `.create` is given."""

    public_key: dict[str, Any] = Field(
        description="For PublicKeyCredential.parseRequestOptionsFromJSON or parseCreationOptionsFromJSON (WebAuthn Level 3)"
    )


class PasskeyAnswer(BaseModel):
    """What the authenticator answered."""

    credential: dict[str, Any] = Field(description="PublicKeyCredential.toJSON()")


@router.get("/methods", summary="How one can sign in here")
async def sign_in_methods(resources: Res) -> SignInMethods:
    """For the sign-in page; nobody has to be signed in."""
    provider = resources.provider
    oidc = ProviderView(name=provider.name, start="/api/v1/session/oidc/start") if provider else None
    return SignInMethods(password=True, passkey=resources.passkeys.offered, oidc=oidc)


@router.post("", summary="Sign in; sets the session cookie")
async def sign_in(body: SignIn, request: Request, response: Response, resources: Res) -> SessionView:
    """Log a member of staff in. 401 sign-in-failed, 429 too-many-tries with Retry-After."""
    account = await resources.accounts.prove(
        login=body.login, password=body.password, code=body.code, source_ip=source_ip(request)
    )
    async with resources.database.transaction() as session:
        return await open_session(resources, session, request, response, account, "password")


@router.post("/recovery", summary="Sign in with a recovery code")
async def sign_in_by_recovery_code(body: Recovery, request: Request, response: Response, resources: Res) -> SessionView:
    """For who has lost the authenticator app; each code works once. Errors as at sign-in, counted together with it."""
    account = await resources.accounts.prove_by_recovery_code(
        login=body.login, password=body.password, code=body.recovery_code, source_ip=source_ip(request)
    )
    async with resources.database.transaction() as session:
        return await open_session(resources, session, request, response, account, "recovery")


@router.post(
    "/passkey/options", summary="Begin a sign-in with a passkey", dependencies=[Depends(Limited("passkey", most=PASSKEY_TRIES))]
)
async def begin_passkey_sign_in(resources: Res) -> PasskeyOptions:
    """A challenge for whatever passkey the device has for this door. Good for one answer within five minutes."""
    async with resources.database.transaction() as session:
        return PasskeyOptions(public_key=await resources.passkeys.begin_sign_in(session))


@router.post("/passkey", summary="Sign in with a passkey", dependencies=[Depends(Limited("passkey", most=PASSKEY_TRIES))])
async def sign_in_by_passkey(body: PasskeyAnswer, request: Request, response: Response, resources: Res) -> SessionView:
    """Possession and PIN or finger are both factors. 401 sign-in-failed or passkey-too-late, 429 too-many-tries."""
    address = source_ip(request)
    async with resources.database.transaction() as session:
        proof = await resources.passkeys.prove(session, body.credential)
        if proof.account is not None:
            await resources.accounts.succeeded(session, "passkey", address)
            metrics.SIGN_INS.labels("allowed").inc()
            return await open_session(resources, session, request, response, proof.account, "passkey")
        metrics.SIGN_INS.labels("refused").inc()
        await publish_refused_sign_in(session, proof.account_id, address, resources.clock.now())
    detail = "This passkey opens no account here. Sign in with login and password, or ask an administrator."
    raise AppError(Kind.UNAUTHENTICATED, "sign-in-failed", detail)


@router.get("", summary="Who is signed in")
async def show_session(resources: Res, staff: AnyStaff) -> SessionView:
    """The session this browser holds; 401 when none."""
    async with resources.database.read() as session:
        return await view_of(resources, session, staff)


@router.delete("", status_code=204, summary="Sign out")
async def sign_out(response: Response, resources: Res, staff: AnyStaff) -> None:
    """End the session here and its live views."""
    await close_session(resources, staff)
    forget_cookie(resources, response)


async def close_session(resources: Resources, staff: StaffSession) -> None:
    """End a session, with what it holds open."""
    async with resources.database.transaction() as session:
        await resources.sessions.end(session, staff.session_id)
        await publish_audit(session, staff, "session.closed", resources.clock.now())
    await resources.endings.ended([staff.session_id])
