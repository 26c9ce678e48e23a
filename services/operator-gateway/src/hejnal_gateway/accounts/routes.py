"""Signing in and out."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from hejnal_gateway.access import Res, StaffRequired, cookie_name, source_ip
from hejnal_gateway.accounts.roles import ALL, Role
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.audit.facts import publish_audit

router = APIRouter(prefix="/api/v1/session", tags=["session"])
AnyStaff = Annotated[StaffSession, Depends(StaffRequired(ALL))]


class SignIn(BaseModel):
    """Proof of being a member of staff."""

    login: str = Field(min_length=1, max_length=120)
    password: str = Field(min_length=1, max_length=200)
    code: str = Field(min_length=6, max_length=9, description="One-time code of the authenticator app (TOTP), 6 digits")


class SessionView(BaseModel):
    """Who is signed in."""

    account_id: str
    login: str
    name: str
    role: Role
    expires_at: datetime


@router.post("", summary="Sign in; sets the session cookie")
async def sign_in(body: SignIn, request: Request, response: Response, resources: Res) -> SessionView:
    """Log a member of staff in. 401 sign-in-failed, 429 too-many-tries with Retry-After."""
    address = source_ip(request)
    account = await resources.accounts.prove(login=body.login, password=body.password, code=body.code, source_ip=address)
    async with resources.database.transaction() as session:
        token, expires_at = await resources.sessions.open(session, account.account_id, address)
        staff = StaffSession("", account.account_id, account.login, account.name, account.role, expires_at, address)
        await publish_audit(session, staff, "session.opened", resources.clock.now())
    response.set_cookie(
        cookie_name(secure=resources.secure_cookies),
        token,
        httponly=True,
        secure=resources.secure_cookies,
        samesite="strict",
        path="/",
        max_age=resources.settings.session_absolute_s,
    )
    return _view(staff)


@router.get("", summary="Who is signed in")
async def show_session(staff: AnyStaff) -> SessionView:
    """The session this browser holds; 401 when none."""
    return _view(staff)


@router.delete("", status_code=204, summary="Sign out")
async def sign_out(response: Response, resources: Res, staff: AnyStaff) -> None:
    """End the session here and its live views."""
    async with resources.database.transaction() as session:
        await resources.sessions.end(session, staff.session_id)
        await publish_audit(session, staff, "session.closed", resources.clock.now())
    await resources.viewers.close_of_session(staff.session_id)
    response.delete_cookie(
        cookie_name(secure=resources.secure_cookies), path="/", httponly=True, secure=resources.secure_cookies, samesite="strict"
    )


def _view(staff: StaffSession) -> SessionView:
    return SessionView(
        account_id=staff.account_id, login=staff.login, name=staff.name, role=staff.role, expires_at=staff.expires_at
    )
