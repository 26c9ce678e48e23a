"""Who may do what: residents by session cookie, staff by service token, and the explicit list of what needs neither."""

from dataclasses import dataclass
from typing import Annotated, Protocol
from urllib.parse import urlsplit

from fastapi import Depends, Request

from hejnal_citizen.residents import sessions
from hejnal_citizen.resources import Resources
from hejnal_runtime.errors import AppError, Kind

PUBLIC_ROUTES: frozenset[str] = frozenset(
    {
        "get_town",
        "search_addresses",
        "nearest_address",
        "town_map",
        "list_announcements",
        "announcements_geojson",
        "get_announcement",
        "get_attachment",
        "announcements_atom",
        "announcements_calendar",
        "cap_index",
        "cap_life_sign",
        "cap_certificate",
        "cap_document",
        "open_data_catalogue",
        "open_announcements_csv",
        "open_announcements_geojson",
        "open_reports_csv",
        "open_reports_geojson",
        "list_cameras",
        "list_reports",
        "reports_geojson",
        "submit_report",  # asks for a contact or a session where the category does not allow anonymous reports
        "get_report",  # the follow-up token or the author's session, judged inside
        "get_report_photo",  # the same
        "nearby_reports",
        "get_public_report",
        "report_me_too",  # counted by session, contact or the device's own name
        "list_report_messages",  # the follow-up token or the author's session, judged inside
        "send_report_message",  # the same
        "reopen_report",  # the same
        "rate_report",  # the same
        "read_photo_place",  # keeps nothing
        "get_challenge",
        "open311_discovery",
        "open311_services",
        "open311_service",
        "open311_submit",  # asks for an api_key
        "open311_requests",  # words and exact places only for an api_key that may read
        "open311_request",  # the same
        "open311_token",
        "open311_updates",
        "open311_updates_alias",
        "open311_submit_update",  # asks for an api_key that may
        "open311_submit_update_alias",
        "open311_nothing",
        "request_code",
        "sign_in",
        "sign_out",
        "create_push_subscription",
        "message_shown",  # the contact's id, which only the device knows, and nothing but a note for the notifier
        "submit_footage_request",
        "get_camera",
        "list_contacts",
        "alarm_signal_guide",
        "list_consultations",
        "get_consultation",
        "vote",  # asks for a session where one vote per person holds
        "list_opinions",
        "give_opinion",
        "consultation_result",
        "consultation_result_csv",
        "unsubscribe_page",
        "unsubscribe",  # the token names one contact and can do nothing else
        "openapi",
        "docs",
        "security_txt",
        "site",
    }
)
"""Operations of the public door that work without a session. Everything else must depend on `signed_in` or a bearer secret."""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class _HasResources(Protocol):
    resources: Resources


def resources_of(request: Request) -> Resources:
    """The service's resources."""
    state: _HasResources = request.app.state
    return state.resources


Res = Annotated[Resources, Depends(resources_of)]


def client_ip(request: Request) -> str:
    """The caller's address as the server (or its trusted proxy) saw it."""
    return request.client.host if request.client else "unknown"


def same_origin(request: Request, res: Res) -> None:
    """Refuse state changes that another site's page sends with a resident's cookie.

    Browsers send `Origin` with every such request; programs without a cookie need none.
    """
    if request.method in _SAFE_METHODS:
        return
    origin = request.headers.get("origin")
    if origin is None:
        if sessions.COOKIE in request.cookies:
            raise AppError(
                Kind.FORBIDDEN, "origin-missing", "A request that uses the session cookie must carry an Origin header."
            )
        return
    if urlsplit(origin).netloc == request.headers.get("host") or origin in res.settings.origins:
        return
    raise AppError(
        Kind.FORBIDDEN, "origin-refused", "This request comes from another site. Open the town's own page and try again."
    )


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A resident with a valid session."""

    resident_id: str
    token_hash: bytes


async def maybe_signed_in(request: Request, res: Res) -> SignedIn | None:
    """The resident of the session cookie, or None."""
    token = request.cookies.get(sessions.COOKIE)
    if not token:
        return None
    async with res.database.transaction() as session:
        found = await sessions.resident_of(session, token, now=res.clock.now())
    return SignedIn(found[0], found[1]) if found else None


async def signed_in(caller: Annotated[SignedIn | None, Depends(maybe_signed_in)]) -> SignedIn:
    """The resident of the session cookie, or 401."""
    if caller is None:
        raise AppError(Kind.UNAUTHENTICATED, "sign-in-needed", "Please sign in first.")
    return caller


def bearer_secret(request: Request) -> str:
    """The secret of `Authorization: Bearer …`, or 401."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        raise AppError(Kind.UNAUTHENTICATED, "token-needed", "Send the secret token of this subscription as a bearer token.")
    return secret.strip()


MaybeSignedIn = Annotated[SignedIn | None, Depends(maybe_signed_in)]
CurrentResident = Annotated[SignedIn, Depends(signed_in)]
BearerSecret = Annotated[str, Depends(bearer_secret)]
