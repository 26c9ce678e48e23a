"""Staff reach this service only through operator-gateway, which vouches for who they are with a short-lived token."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from hejnal_citizen.access import Res
from hejnal_runtime.errors import AppError, Kind

GATEWAY = "operator-gateway"
ROLES = frozenset({"operator", "dispatcher", "editor", "clerk", "dpo", "admin"})
ANNOUNCERS = frozenset({"editor", "admin"})
APPROVERS = frozenset({"editor", "dispatcher", "admin"})
"""Who may be the second pair of eyes; the dispatcher is there at night."""
PROTECTION_OFFICERS = frozenset({"dpo"})
"""Who answers people about their own data."""
IMPORTERS = frozenset({"dpo", "admin"})
CLERKS = frozenset({"clerk", "editor", "admin"})

_scheme = HTTPBearer(auto_error=False, description="EdDSA token issued by operator-gateway for audience citizen-api")


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of staff as the gateway names them."""

    id: str
    role: str


def staff(roles: frozenset[str] = ROLES) -> Callable[..., Awaitable[Staff]]:
    """A dependency that gives the caller, or 401 without a valid token, or 403 without one of `roles`."""

    async def caller(request: Request, res: Res, _: Annotated[object, Depends(_scheme)]) -> Staff:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise AppError(Kind.UNAUTHENTICATED, "token-needed", "Staff reach this API through the console.")
        found = res.verifier.verify(token.strip())
        if found.service != GATEWAY or not found.subject or found.role not in ROLES:
            raise AppError(Kind.FORBIDDEN, "not-staff", "Only staff may use this API, through the console.")
        if found.role not in roles:
            raise AppError(Kind.FORBIDDEN, "role-missing", "Your role does not allow this. Ask an administrator if it should.")
        return Staff(found.subject, found.role)

    return caller


AnyStaff = Annotated[Staff, Depends(staff())]
Announcer = Annotated[Staff, Depends(staff(ANNOUNCERS))]
Approver = Annotated[Staff, Depends(staff(APPROVERS))]
Clerk = Annotated[Staff, Depends(staff(CLERKS))]
ProtectionOfficer = Annotated[Staff, Depends(staff(PROTECTION_OFFICERS))]
Importer = Annotated[Staff, Depends(staff(IMPORTERS))]
