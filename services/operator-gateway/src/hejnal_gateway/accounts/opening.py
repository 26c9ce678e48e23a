"""The last step of every way to sign in: a session, its cookie, its entry in the audit log."""

from datetime import datetime
from typing import Literal

from fastapi import Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_gateway.access import cookie_name, source_ip
from hejnal_gateway.accounts import recovery_codes
from hejnal_gateway.accounts.accounts import Account
from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.accounts.sessions import SignInMethod, StaffSession
from hejnal_gateway.accounts.tables import passkeys
from hejnal_gateway.audit.facts import publish_audit
from hejnal_gateway.resources import Resources


class SessionView(BaseModel):
    """Who is signed in."""

    account_id: str
    login: str
    name: str
    role: Role
    expires_at: datetime
    method: Literal["password", "passkey", "oidc", "recovery", "set-up"] = Field(description="How this session was opened")
    camera_groups: list[str] | None = Field(description="The groups of cameras this person may know of; null: every camera")
    has_passkey: bool
    recovery_codes_left: int
    must_change_password: bool = Field(
        description="Until it is changed (PUT /api/v1/account/password) all else answers 403 password-change-required"
    )
    sign_out_page: str | None = Field(
        description="Open this page instead of DELETE /api/v1/session: it signs out here and at the identity provider"
    )


async def open_session(
    resources: Resources,
    session: AsyncSession,
    request: Request,
    response: Response,
    account: Account,
    method: SignInMethod,
    *,
    deed: str | None = None,
) -> SessionView:
    """A session for a proven account; the cookie is on the response. `deed`: what else the person did to their account."""
    address = source_ip(request)
    token, session_id, expires_at = await resources.sessions.open(
        session, account.account_id, address, method=method, browser=request.headers.get("user-agent", "")
    )
    staff = StaffSession(
        session_id,
        account.account_id,
        account.login,
        account.name,
        account.role,
        expires_at,
        address,
        account.camera_groups,
        account.must_change_password,
        method,
    )
    now = resources.clock.now()
    if deed is not None:
        await publish_audit(session, staff, deed, now, object_id=account.account_id)
    await publish_audit(session, staff, "session.opened", now, object_id=method)
    response.set_cookie(
        cookie_name(secure=resources.secure_cookies),
        token,
        httponly=True,
        secure=resources.secure_cookies,
        samesite="strict",
        path="/",
        max_age=resources.settings.session_absolute_s,
    )
    return await view_of(resources, session, staff)


async def view_of(resources: Resources, session: AsyncSession, staff: StaffSession) -> SessionView:
    """What the console is told of who is signed in."""
    keys = select(func.count()).where(passkeys.c.account_id == staff.account_id)
    return SessionView(
        account_id=staff.account_id,
        login=staff.login,
        name=staff.name,
        role=staff.role,
        expires_at=staff.expires_at,
        method=staff.method,
        camera_groups=None if staff.camera_groups is None else sorted(staff.camera_groups),
        has_passkey=(await session.execute(keys)).scalar_one() > 0,
        recovery_codes_left=await recovery_codes.left(session, staff.account_id),
        must_change_password=staff.must_change_password,
        sign_out_page="/api/v1/session/oidc/sign-out" if resources.provider and staff.method == "oidc" else None,
    )


def forget_cookie(resources: Resources, response: Response) -> None:
    """The browser holds no session any more."""
    secure = resources.secure_cookies
    response.delete_cookie(cookie_name(secure=secure), path="/", httponly=True, secure=secure, samesite="strict")
