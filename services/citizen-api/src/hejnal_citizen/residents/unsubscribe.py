"""One-click unsubscribe (RFC 8058): a POST from a mail program works at once, without cookies; a GET only shows a page."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.access import Res
from hejnal_citizen.residents import contacts, subscription
from hejnal_citizen.resources import Resources
from hejnal_citizen.sql import query

router = APIRouter(include_in_schema=False)

_FIND = query("select id, resident_id from contacts where unsubscribe_token = :token")

_PAGE = """<!doctype html>
<html lang="pl"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>{title} · Hejnał</title></head>
<body><main><h1>{title}</h1>{body}</main></body></html>
"""
_ASK = """<p>Po naciśnięciu przycisku komunikaty nie będą już wysyłane na ten adres lub numer.</p>
<form method="post"><button type="submit">Wypisz mnie</button></form>
<p lang="en">Press the button and announcements will no longer be sent to this address or number.</p>
<p lang="uk">Натисніть кнопку, і повідомлення більше не надсилатимуться на цю адресу або номер.</p>"""
_DONE = """<p>Na ten adres lub numer nie wyślemy już komunikatów. Zgodę można w każdej chwili wyrazić ponownie.</p>
<p lang="en">Announcements are no longer sent to this address or number.</p>
<p lang="uk">Повідомлення більше не надсилаються на цю адресу або номер.</p>"""


@router.get("/wypisz/{token}")
async def unsubscribe_page(token: str) -> HTMLResponse:  # noqa: ARG001 mail scanners open every link: looking changes nothing
    """Ask whether the reader means it."""
    return HTMLResponse(_PAGE.format(title="Wypisać z powiadomień?", body=_ASK), headers={"Cache-Control": "no-store"})


@router.post("/wypisz/{token}")
async def unsubscribe(res: Res, token: str) -> HTMLResponse:
    """Withdraw the consent for one contact. The same answer for a token that is unknown or was used before."""
    async with res.database.transaction() as session:
        await _withdraw(session, res, token)
    return HTMLResponse(_PAGE.format(title="Wypisano", body=_DONE), headers={"Cache-Control": "no-store"})


async def _withdraw(session: AsyncSession, res: Resources, token: str) -> None:
    found = (await session.execute(_FIND, {"token": token})).first()
    if found is None:
        return
    await subscription.lock(session, found.resident_id)
    contact = await contacts.require(session, found.resident_id, found.id)
    if contact.consent_id is None:
        return
    await contacts.withdraw(session, found.resident_id, found.id, way="unsubscribe link", now=res.clock.now())
    await subscription.publish_state(session, res, found.resident_id)
