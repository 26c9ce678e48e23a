"""`/.well-known/security.txt` (RFC 9116): whom to tell about a weakness of this door."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from pydantic import Field

from hejnal_runtime.errors import AppError, Kind

PATH = "/.well-known/security.txt"
SecurityContact = Annotated[str, Field(pattern=r"^(mailto:[^\s@]+@[^\s@]+|https://\S+|tel:\+?[0-9-]+)$")]
VALID_DAYS = 180
"""RFC 9116 §2.5.5 recommends less than a year. The document is made anew for every reader, so it never runs out while we run."""


def security_txt(contacts: Sequence[str], public_url: str, policy_url: str, now: datetime) -> str:
    """The document. `contacts` are URIs (`mailto:…`, `https://…`, `tel:…`) in the order of preference."""
    expires = (now + timedelta(days=VALID_DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
    fields = [("Contact", contact) for contact in contacts]
    fields += [("Expires", f"{expires:%Y-%m-%dT%H:%M:%SZ}"), ("Preferred-Languages", "pl, en, uk")]
    fields.append(("Canonical", public_url.rstrip("/") + PATH))
    if policy_url:
        fields.append(("Policy", policy_url))
    return "".join(f"{name}: {value}\n" for name, value in fields)


def create_router(contacts: Sequence[str], public_url: str, policy_url: str, now: Callable[[], datetime]) -> APIRouter:
    """The route; 404 where the town has named no contact."""
    router = APIRouter(include_in_schema=False)

    @router.api_route(PATH, methods=["GET", "HEAD"], name="security_txt")
    async def document() -> PlainTextResponse:
        """Whom to tell about a weakness."""
        if not contacts:
            raise AppError(Kind.NOT_FOUND, "not-found", "There is nothing here.")
        return PlainTextResponse(
            security_txt(contacts, public_url, policy_url, now()), headers={"Cache-Control": "public, max-age=86400"}
        )

    return router
