"""What people see and change of their own account. What guards the account asks for the password once more."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from hejnal_gateway.access import Res, StaffRequired
from hejnal_gateway.accounts.password_rules import LONGEST, SHORTEST
from hejnal_gateway.accounts.roles import ALL
from hejnal_gateway.accounts.routes import PasskeyOptions
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.accounts.setups import totp_uri
from hejnal_gateway.audit.facts import publish_audit
from hejnal_gateway.resources import Resources
from hejnal_runtime.errors import AppError, Kind

router = APIRouter(prefix="/api/v1/account", tags=["account"])
AnyStaff = Annotated[StaffSession, Depends(StaffRequired(ALL))]
EvenDue = Annotated[StaffSession, Depends(StaffRequired(ALL, though_password_is_due=True))]


class OpenSession(BaseModel):
    """One of an account's sessions."""

    session_id: str
    current: bool = Field(description="The one this request was made with")
    method: Literal["password", "passkey", "oidc", "recovery", "set-up"]
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    source_ip: str = Field(description="Where it was opened")
    browser: str = Field(description="What the browser calls itself (User-Agent)")


class OpenSessions(BaseModel):
    """The last used first."""

    items: list[OpenSession]


class PasswordProof(BaseModel):
    """The present password, once more."""

    model_config = ConfigDict(extra="forbid")

    password: str = Field(min_length=1, max_length=LONGEST)


class PasswordChange(BaseModel):
    """From one password to another."""

    model_config = ConfigDict(extra="forbid")

    current_password: str = Field(min_length=1, max_length=LONGEST)
    new_password: str = Field(min_length=1, max_length=LONGEST, description=f"At least {SHORTEST} characters, hard to guess")


class TotpEnrolment(BaseModel):
    """A secret for an authenticator app, shown this once."""

    totp_secret: str
    totp_uri: str = Field(description="For the QR code")


class TotpCode(BaseModel):
    """What the new authenticator app shows."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(min_length=6, max_length=9)


class RecoveryCodes(BaseModel):
    """Shown this once."""

    recovery_codes: list[str]


class NewPasskey(BaseModel):
    """A key as the browser made it."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)] = Field(
        description="What its owner calls it"
    )
    credential: dict[str, Any] = Field(description="PublicKeyCredential.toJSON()")


class Passkey(BaseModel):
    """A key of this account."""

    passkey_id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None
    backed_up: bool = Field(description="Whether the device's maker keeps a copy, so that other devices have it too")
    transports: list[str]


class PasskeyList(BaseModel):
    """The oldest first."""

    items: list[Passkey]


def shown_sessions(rows: Any, current: str) -> OpenSessions:
    """Sessions for a screen."""
    return OpenSessions(items=[OpenSession(**{**row, "current": row["session_id"] == current}) for row in rows])


async def end_sessions(
    resources: Resources, staff: StaffSession, account_id: str, *, only: str | None = None, spare: str | None = None
) -> int:
    """End sessions of an account with all they hold open, on record; how many there were."""
    async with resources.database.transaction() as session:
        gone = await resources.sessions.end_of_account(session, account_id, only=only, spare=spare)
        if gone:
            object_id = only or account_id
            await publish_audit(session, staff, "session.revoked", resources.clock.now(), object_id=object_id)
    await resources.endings.ended(gone)
    return len(gone)


@router.get("/sessions", summary="Where I am signed in")
async def list_own_sessions(resources: Res, staff: AnyStaff) -> OpenSessions:
    """All open sessions of this account."""
    async with resources.database.read() as session:
        return shown_sessions(await resources.sessions.of_account(session, staff.account_id), staff.session_id)


@router.delete("/sessions", status_code=204, summary="Sign out everywhere else")
async def end_other_sessions(resources: Res, staff: AnyStaff) -> None:
    """Ends every session of this account but this one."""
    await end_sessions(resources, staff, staff.account_id, spare=staff.session_id)


@router.delete("/sessions/{session_id}", status_code=204, summary="Sign out elsewhere")
async def end_own_session(session_id: str, resources: Res, staff: AnyStaff) -> None:
    """Ends one session of this account; its live views end at once, within 30 s where another process serves them."""
    if not await end_sessions(resources, staff, staff.account_id, only=session_id):
        raise AppError(Kind.NOT_FOUND, "session-unknown", "This session is over already.")


@router.put("/password", status_code=204, summary="Change my password")
async def change_password(body: PasswordChange, resources: Res, staff: EvenDue) -> None:
    """Other sessions of the account end. 403 password-wrong; 422 password-short, password-weak, password-same."""
    password_hash = await resources.own.hash_of(staff, body.current_password, body.new_password)
    async with resources.database.transaction() as session:
        await resources.own.set_password(session, staff, password_hash)
        gone = await resources.sessions.end_of_account(session, staff.account_id, spare=staff.session_id)
        await _note(resources, session, staff, "account.password-changed")
    await resources.endings.ended(gone)


@router.post("/totp", summary="Begin to enrol another authenticator app")
async def begin_totp(body: PasswordProof, resources: Res, staff: AnyStaff) -> TotpEnrolment:
    """The present app counts until a code of the new one is confirmed."""
    await resources.own.confirm(staff, body.password)
    async with resources.database.transaction() as session:
        secret = await resources.own.begin_totp(session, staff)
    return TotpEnrolment(totp_secret=secret, totp_uri=totp_uri(secret, staff.login))


@router.post("/totp/confirmation", status_code=204, summary="Confirm another authenticator app")
async def confirm_totp(body: TotpCode, resources: Res, staff: AnyStaff) -> None:
    """The new app counts from now on, the old one no longer. 422 code-wrong; 409 totp-not-begun."""
    async with resources.database.transaction() as session:
        await resources.own.confirm_totp(session, staff, body.code)
        await _note(resources, session, staff, "account.totp-changed")


@router.post("/recovery-codes", summary="Make new recovery codes")
async def make_recovery_codes(body: PasswordProof, resources: Res, staff: AnyStaff) -> RecoveryCodes:
    """Ten, shown this once; the old ones no longer work."""
    await resources.own.confirm(staff, body.password)
    async with resources.database.transaction() as session:
        codes = await resources.own.new_recovery_codes(session, staff)
        await _note(resources, session, staff, "account.recovery-codes-made")
    return RecoveryCodes(recovery_codes=codes)


@router.get("/passkeys", summary="My passkeys")
async def list_passkeys(resources: Res, staff: AnyStaff) -> PasskeyList:
    """Passkeys and security keys of this account."""
    async with resources.database.read() as session:
        rows = await resources.passkeys.of_account(session, staff.account_id)
    return PasskeyList(items=[Passkey(**{name: row[name] for name in Passkey.model_fields}) for row in rows])


@router.post("/passkeys/options", summary="Begin to add a passkey")
async def begin_passkey(body: PasswordProof, resources: Res, staff: AnyStaff) -> PasskeyOptions:
    """What the browser needs to make one. 409 passkeys-not-offered, passkeys-full, no-password; 403 password-wrong."""
    await resources.own.confirm(staff, body.password)
    async with resources.database.transaction() as session:
        return PasskeyOptions(public_key=await resources.passkeys.begin_registration(session, staff))


@router.post("/passkeys", status_code=201, summary="Add a passkey")
async def add_passkey(body: NewPasskey, resources: Res, staff: AnyStaff) -> Passkey:
    """The key opens this account from now on. 401 passkey-too-late; 422 passkey-refused; 409 passkey-known."""
    async with resources.database.transaction() as session:
        passkey_id = await resources.passkeys.register(session, staff, body.name, body.credential)
        await _note(resources, session, staff, "account.passkey-added", passkey_id)
        rows = await resources.passkeys.of_account(session, staff.account_id)
    row = next(row for row in rows if row["passkey_id"] == passkey_id)
    return Passkey(**{name: row[name] for name in Passkey.model_fields})


@router.delete("/passkeys/{passkey_id}", status_code=204, summary="Remove a passkey")
async def remove_passkey(passkey_id: str, resources: Res, staff: AnyStaff) -> None:
    """It opens nothing any more; sessions it opened go on."""
    async with resources.database.transaction() as session:
        await resources.passkeys.remove(session, staff.account_id, passkey_id)
        await _note(resources, session, staff, "account.passkey-removed", passkey_id)


async def _note(resources: Resources, session: Any, staff: StaffSession, action: str, object_id: str = "") -> None:
    await publish_audit(session, staff, action, resources.clock.now(), object_id=object_id or staff.account_id)
