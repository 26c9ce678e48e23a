"""The staff's accounts, kept by administrators; camera groups to give them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Response
from pydantic import BaseModel, Field
from sqlalchemy import text

from hejnal_gateway.access import Res, StaffRequired
from hejnal_gateway.accounts import directory, history
from hejnal_gateway.accounts.directory import AccountDraft, AccountPatch
from hejnal_gateway.accounts.own_routes import OpenSessions, end_sessions, shown_sessions
from hejnal_gateway.accounts.roles import ALL, KEEP_ACCOUNTS, SEE_ACCOUNTS, Role
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.accounts.setups import SetUpLink
from hejnal_gateway.audit.facts import publish_audit
from hejnal_gateway.if_match import version_of

router = APIRouter(prefix="/api/v1", tags=["accounts"])
Keeper = Annotated[StaffSession, Depends(StaffRequired(KEEP_ACCOUNTS))]
Seer = Annotated[StaffSession, Depends(StaffRequired(SEE_ACCOUNTS))]
AnyStaff = Annotated[StaffSession, Depends(StaffRequired(ALL))]
IfMatch = Annotated[str, Header(description="The ETag this change was made from, or *")]

_GROUPS = text(
    """
    select name, count(*) as cameras from cameras, jsonb_array_elements_text(state->'groups') as name
    where removed_at is null group by name order by name
    """
)


class StaffAccount(BaseModel):
    """One account. No secret is ever shown."""

    account_id: str
    version: int
    login: str
    name: str
    role: Role
    camera_groups: list[str] | None = Field(description="The groups of cameras this person may know of; null: every camera")
    enabled: bool
    created_at: datetime
    changed_at: datetime
    last_signed_in_at: datetime | None
    has_password: bool = Field(description="False until it is set up, and for accounts of the identity provider")
    passkeys: int
    provider: str | None = Field(description="The identity provider that vouches for this person; null: a local account")
    set_up_until: datetime | None = Field(description="An unused set-up link works until then")
    must_change_password: bool


class StaffAccounts(BaseModel):
    """By name."""

    items: list[StaffAccount]


class LinkView(BaseModel):
    """A one-time link for the person. Shown this once: hand it over yourself, by a way that is known to reach them."""

    url: str
    expires_at: datetime


class NewStaffAccount(BaseModel):
    """The account and how its owner gets in."""

    account: StaffAccount
    set_up: LinkView


class AccountVersion(BaseModel):
    """One step in the story of an account."""

    version: int
    change: str = Field(description="created, changed, reset, set-up or changed-by-provider")
    state: dict[str, Any] = Field(description="login, name, role, camera_groups, enabled from this version on")
    changed_by: str
    changed_at: datetime


class AccountVersions(BaseModel):
    """Newest first."""

    items: list[AccountVersion]


class CameraGroup(BaseModel):
    """A group that cameras of the registry name."""

    name: str
    cameras: int


class CameraGroups(BaseModel):
    """By name."""

    items: list[CameraGroup]


def _shown(row: Mapping[str, Any], response: Response | None = None) -> StaffAccount:
    if response is not None:
        response.headers["ETag"] = f'"{row["version"]}"'
    now = {name: row[name] for name in StaffAccount.model_fields if name in row}
    return StaffAccount(**now, has_password=row["password_hash"] is not None)


def _link(link: SetUpLink) -> LinkView:
    return LinkView(url=link.url, expires_at=link.expires_at)


async def _version(session: Any, account_id: str, if_match: str) -> int:
    """The version an If-Match header means; for `*` the newest."""
    version = version_of(if_match)
    return version if version is not None else int((await directory.find(session, account_id))["version"])


@router.get("/accounts", summary="All accounts")
async def list_accounts(resources: Res, _staff: Seer) -> StaffAccounts:
    """Those switched off, and those not set up yet, too."""
    async with resources.database.read() as session:
        return StaffAccounts(items=[_shown(row) for row in await directory.every(session)])


@router.post("/accounts", status_code=201, summary="Make an account")
async def add_account(body: AccountDraft, resources: Res, staff: Keeper, response: Response) -> NewStaffAccount:
    """It opens when its owner has used the one-time link. 409 login-taken; 422 role-sees-all."""
    now = resources.clock.now()
    async with resources.database.transaction() as session:
        account_id = await directory.add(session, body, by=staff.account_id, now=now)
        link = await resources.setups.issue(session, account_id)
        row = await directory.find(session, account_id)
        what = history.differences(None, row)
        await publish_audit(session, staff, "account.created", now, object_id=account_id, reason=what)
    response.headers["Location"] = f"/api/v1/accounts/{account_id}"
    return NewStaffAccount(account=_shown(row, response), set_up=_link(link))


@router.get("/accounts/{account_id}", summary="One account")
async def show_account(account_id: str, resources: Res, _staff: Keeper, response: Response) -> StaffAccount:
    """With its ETag."""
    async with resources.database.read() as session:
        return _shown(await directory.find(session, account_id), response)


@router.patch("/accounts/{account_id}", summary="Change an account")
async def change_account(
    account_id: str, body: AccountPatch, resources: Res, staff: Keeper, response: Response, if_match: IfMatch
) -> StaffAccount:
    """Another role, other groups or switching it off end its sessions and live views: at once here, within 30 s elsewhere.

    409 last-admin; 412 account-changed-meanwhile; 422 role-sees-all.
    """
    now = resources.clock.now()
    async with resources.database.transaction() as session:
        version = await _version(session, account_id, if_match)
        before = dict(await directory.find(session, account_id))
        row, may_less = await directory.change(session, account_id, body, version=version, by=staff.account_id, now=now)
        gone = await resources.sessions.end_of_account(session, account_id) if may_less else []
        if row["version"] != version:
            what = history.differences(before, row)
            await publish_audit(session, staff, "account.changed", now, object_id=account_id, reason=what)
    await resources.endings.ended(gone)
    return _shown(row, response)


@router.post("/accounts/{account_id}/reset", summary="Let a person set their account up anew")
async def reset_account(account_id: str, resources: Res, staff: Keeper, if_match: IfMatch = "*") -> LinkView:
    """Password, authenticator app, passkeys and recovery codes are forgotten, sessions end, a lock-out is lifted.

    409 last-admin, account-of-provider; 412 account-changed-meanwhile.
    """
    now = resources.clock.now()
    async with resources.database.transaction() as session:
        version = await _version(session, account_id, if_match)
        local = resources.settings.oidc_local_passwords
        await directory.strip(session, account_id, version=version, local_passwords=local, by=staff.account_id, now=now)
        link = await resources.setups.issue(session, account_id)
        gone = await resources.sessions.end_of_account(session, account_id)
        await publish_audit(session, staff, "account.reset", now, object_id=account_id)
    await resources.endings.ended(gone)
    return _link(link)


@router.get("/accounts/{account_id}/history", summary="The story of an account")
async def list_account_versions(account_id: str, resources: Res, _staff: Keeper) -> AccountVersions:
    """Every change of name, role, groups and state with who made it."""
    async with resources.database.read() as session:
        await directory.find(session, account_id)
        rows = await history.versions(session, account_id)
    return AccountVersions(items=[AccountVersion(**{name: row[name] for name in AccountVersion.model_fields}) for row in rows])


@router.get("/accounts/{account_id}/sessions", summary="Where a person is signed in")
async def list_account_sessions(account_id: str, resources: Res, staff: Keeper) -> OpenSessions:
    """All open sessions of an account."""
    async with resources.database.read() as session:
        await directory.find(session, account_id)
        return shown_sessions(await resources.sessions.of_account(session, account_id), staff.session_id)


@router.delete("/accounts/{account_id}/sessions", status_code=204, summary="Sign a person out everywhere")
async def end_account_sessions(account_id: str, resources: Res, staff: Keeper) -> None:
    """Ends all sessions of an account and their live views."""
    async with resources.database.read() as session:
        await directory.find(session, account_id)
    await end_sessions(resources, staff, account_id)


@router.get("/camera-groups", summary="Groups of cameras")
async def list_camera_groups(resources: Res, staff: AnyStaff) -> CameraGroups:
    """What the registry's cameras name; people with groups of their own see those."""
    async with resources.database.read() as session:
        rows = (await session.execute(_GROUPS)).mappings().all()
    seen = staff.camera_groups
    return CameraGroups(items=[CameraGroup(**row) for row in rows if seen is None or row["name"] in seen])
