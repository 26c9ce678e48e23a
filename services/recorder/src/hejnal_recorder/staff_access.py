"""Staff as operator-gateway names them in its token: who asks, and in which role."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.tokens import TokenVerifier


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of staff."""

    id: str
    role: str


def staff(roles: frozenset[str]) -> Callable[[Request], Staff]:
    """A dependency that gives the person behind the request; 403 without one, or without one of `roles`."""

    def person(request: Request) -> Staff:
        verifier = cast("TokenVerifier", request.app.state.verifier)
        caller = verifier.verify(request.headers.get("authorization", "").partition(" ")[2].strip())
        if not caller.subject or not caller.role:
            raise AppError(Kind.FORBIDDEN, "not-staff", "Only staff may do this, through the console.")
        if caller.role not in roles:
            raise AppError(Kind.FORBIDDEN, "role-missing", "Your role does not allow this. Ask an administrator if it should.")
        return Staff(caller.subject, caller.role)

    return person


Viewer = Annotated[Staff, Depends(staff(frozenset({"operator", "dispatcher", "dpo", "admin"})))]
"""Who may see what is held and marked."""
Holder = Annotated[Staff, Depends(staff(frozenset({"operator", "dpo", "admin"})))]
"""Who may secure footage, and mark it."""
Releaser = Annotated[Staff, Depends(staff(frozenset({"dpo", "admin"})))]
"""Who may decide that footage is deleted or no longer secured."""
