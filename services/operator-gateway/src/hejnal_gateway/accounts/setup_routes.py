"""The page behind a set-up link. Nobody is signed in there yet: the link is the proof."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from hejnal_gateway.access import Limited, Res, source_ip
from hejnal_gateway.accounts.directory import Login, PersonName
from hejnal_gateway.accounts.opening import SessionView, open_session
from hejnal_gateway.accounts.password_rules import LONGEST
from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.accounts.setups import Chosen, totp_uri

router = APIRouter(prefix="/api/v1/account-setups", tags=["account-setups"])
Counted = Depends(Limited("set-up", most=30))
Token = Annotated[str, Field(min_length=20, max_length=100, description="What stands behind # in the link")]


class SetUpToken(BaseModel):
    """Which link."""

    token: Token


class SetUpView(BaseModel):
    """What a link is for, and the secret to enrol in an authenticator app."""

    login: str | None = Field(description="null: the first administrator, who chooses login and name")
    name: str | None
    role: Role
    totp_secret: str
    totp_uri: str | None = Field(
        description="For the QR code; null while the login is not chosen: otpauth://totp/Hejnał:LOGIN?secret=…&issuer=Hejnał"
    )
    expires_at: datetime


class SetUpChoice(BaseModel):
    """What the person chose."""

    model_config = ConfigDict(extra="forbid")

    token: Token
    password: str = Field(min_length=1, max_length=LONGEST)
    code: str = Field(min_length=6, max_length=9, description="What the authenticator app shows now")
    login: Login | None = Field(default=None, description="The first administrator's only")
    name: PersonName | None = Field(default=None, description="The first administrator's only")


class SetUpDone(BaseModel):
    """Signed in, with the recovery codes, shown this once."""

    session: SessionView
    recovery_codes: list[str]


@router.post("/inspection", summary="What a set-up link is for", dependencies=[Counted])
async def inspect_set_up(body: SetUpToken, resources: Res) -> SetUpView:
    """The link still works afterwards. 404 set-up-unknown when it was used, replaced, or is too old."""
    found = await resources.setups.show(body.token)
    return SetUpView(
        login=found.login,
        name=found.name,
        role=found.role,
        totp_secret=found.totp_secret,
        totp_uri=None if found.login is None else totp_uri(found.totp_secret, found.login),
        expires_at=found.expires_at,
    )


@router.post("/completion", summary="Set an account up; signs in", dependencies=[Counted])
async def complete_set_up(body: SetUpChoice, request: Request, response: Response, resources: Res) -> SetUpDone:
    """Password, authenticator app and recovery codes in one step; sets the session cookie. The link is used up.

    404 set-up-unknown; 422 password-short, password-weak, code-wrong, login-missing; 409 login-taken, admin-exists.
    """
    chosen = Chosen(body.password, body.code, body.login, body.name)
    async with resources.database.transaction() as session:
        account, codes = await resources.setups.complete(session, body.token, chosen)
        gone = await resources.sessions.end_of_account(session, account.account_id)
        view = await open_session(resources, session, request, response, account, "set-up", deed="account.set-up")
        await resources.accounts.succeeded(session, "set-up", source_ip(request))
    await resources.endings.ended(gone)
    return SetUpDone(session=view, recovery_codes=codes)
