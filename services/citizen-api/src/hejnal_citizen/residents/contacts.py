"""Contact points of residents and the consent each rests on. Callers hold the resident's lock and publish afterwards."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.residents.consent import BROWSER_TEXT, BROWSER_VERSION, CONSENT_TEXTS, CONSENT_VERSION
from hejnal_citizen.residents.schemas import ConsentGiven, PushTarget
from hejnal_citizen.secrets import new_token
from hejnal_citizen.sql import command, query
from hejnal_contracts.base import Language
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id

Way = Literal["web form", "browser permission", "settings page", "unsubscribe link", "opt-out message", "START message"]

# Serializes the first use of an address: two sign-ins at once must not make two residents.
_HOLD_ADDRESS = query("select pg_advisory_xact_lock(hashtextextended(:address, 7))")
_OWNER = query("select id, resident_id, failed from contacts where channel = :channel and address = :address")
_INSERT = command(
    """
    insert into contacts (id, resident_id, channel, address, push_p256dh, push_auth, push_server_key, verified_at,
        unsubscribe_token)
    values (:id, :resident_id, :channel, :address, :push_p256dh, :push_auth, :push_server_key, :now, :unsubscribe_token)
    """
)
_VERIFIED = command("update contacts set verified_at = :now, failed = null, failed_at = null where id = :id")
# A browser that does not say which key it subscribed with took the one it was given; where nothing is new, the one before.
_RENEW = command(
    """
    update contacts set push_p256dh = :push_p256dh, push_auth = :push_auth, address = :address,
        push_server_key = coalesce(:server_key, case when address = :address then push_server_key else :current end)
    where id = :id
    """
)
_DELETE = command("delete from contacts where id = :id")
_CONTACT = query("select id, channel, consent_id, failed from contacts where resident_id = :resident_id and id = :id")
_CONSENTED = command("update contacts set consent_id = :consent_id, consented_at = :at where id = :contact_id")
_LEDGER = command(
    """
    insert into consents (id, resident_id, contact_id, action, text, text_version, language, way, legal_basis, at)
    values (:id, :resident_id, :contact_id, :action, :text, :text_version, :language, :way, :legal_basis, :at)
    """
)
_LAST_GRANT = query(
    """
    select text, text_version, language, legal_basis from consents
    where contact_id = :contact_id and action = 'granted' order by number desc limit 1
    """
)


async def hold_address(session: AsyncSession, channel: str, address: str) -> None:
    """Nobody else adds this address until the transaction ends."""
    await session.execute(_HOLD_ADDRESS, {"address": f"{channel}:{address}"})


async def owner_of(session: AsyncSession, channel: str, address: str) -> Any:
    """Row (id, resident_id, failed) of the contact with this address, or None."""
    return (await session.execute(_OWNER, {"channel": channel, "address": address})).first()


async def add(session: AsyncSession, resident_id: str, channel: str, address: str, *, now: datetime) -> str:
    """A new verified contact's id; without consent yet."""
    row = {"resident_id": resident_id, "channel": channel, "address": address, "now": now}
    return await _add(session, row | {"push_p256dh": None, "push_auth": None, "push_server_key": None})


async def add_push(session: AsyncSession, resident_id: str, target: PushTarget, *, server_key: str | None, now: datetime) -> str:
    """A new browser's contact id; without consent yet. `server_key`: the key that browsers are given now."""
    row = {"resident_id": resident_id, "channel": "push", "address": target.endpoint, "now": now}
    row |= {"push_p256dh": target.keys.p256dh, "push_auth": target.keys.auth}
    return await _add(session, row | {"push_server_key": _told(target) or server_key})


async def _add(session: AsyncSession, row: dict[str, Any]) -> str:
    contact_id = new_id()
    row["id"] = contact_id
    await session.execute(_INSERT, row | {"unsubscribe_token": new_token()})
    return contact_id


async def verified_again(session: AsyncSession, contact_id: str, *, now: datetime) -> None:
    """The holder has proven the contact anew: it is no longer taken for failed."""
    await session.execute(_VERIFIED, {"id": contact_id, "now": now})


async def renew_push(
    session: AsyncSession, contact_id: str, target: PushTarget, *, server_key: str | None, now: datetime
) -> None:
    """A browser gave its subscription again, maybe with new keys or a new endpoint.

    It stays the contact that it was: what waits for it goes to the new subscription, and nothing goes to both.
    """
    row = {"id": contact_id, "address": target.endpoint, "push_p256dh": target.keys.p256dh, "push_auth": target.keys.auth}
    await session.execute(_RENEW, row | {"server_key": _told(target), "current": server_key})
    await verified_again(session, contact_id, now=now)


def _told(target: PushTarget) -> str | None:
    return target.application_server_key.rstrip("=") if target.application_server_key else None


async def delete(session: AsyncSession, contact_id: str) -> None:
    """Forget a contact."""
    await session.execute(_DELETE, {"id": contact_id})


async def require(session: AsyncSession, resident_id: str, contact_id: str) -> Any:
    """Row (id, channel, consent_id, failed) of a resident's contact; AppError(NOT_FOUND)."""
    row = (await session.execute(_CONTACT, {"resident_id": resident_id, "id": contact_id})).first()
    if row is None:
        raise AppError(Kind.NOT_FOUND, "not-found", "You have no such contact.")
    return row


async def grant(
    session: AsyncSession, resident_id: str, contact_id: str, given: ConsentGiven, *, way: Way, legal_basis: str, now: datetime
) -> None:
    """Note the consent with the text that was shown. AppError(CONFLICT) when the client showed an old wording."""
    if given.version != CONSENT_VERSION:
        detail = "The consent text has changed meanwhile. Load the page again and read the present one."
        raise AppError(Kind.CONFLICT, "consent-outdated", detail)
    text = CONSENT_TEXTS[given.language]
    await _granted(session, resident_id, contact_id, (text, CONSENT_VERSION, given.language, legal_basis), way, now)


async def grant_by_browser(
    session: AsyncSession, resident_id: str, contact_id: str, language: Language, *, legal_basis: str, now: datetime
) -> None:
    """Note the consent given in the browser's own permission prompt."""
    await _granted(
        session, resident_id, contact_id, (BROWSER_TEXT, BROWSER_VERSION, language, legal_basis), "browser permission", now
    )


async def _granted(
    session: AsyncSession, resident_id: str, contact_id: str, wording: tuple[str, str, Language, str], way: Way, now: datetime
) -> None:
    text, version, language, legal_basis = wording
    entry: dict[str, Any] = {"id": new_id(), "resident_id": resident_id, "contact_id": contact_id}
    entry |= {"action": "granted", "text": text}
    entry |= {"text_version": version, "language": language.value, "way": way, "legal_basis": legal_basis, "at": now}
    await session.execute(_LEDGER, entry)
    await session.execute(_CONSENTED, {"contact_id": contact_id, "consent_id": entry["id"], "at": now})


async def grant_again(session: AsyncSession, resident_id: str, contact_id: str, *, way: Way, now: datetime) -> bool:
    """Note a consent in the words of the last one; False when there never was one."""
    last = (await session.execute(_LAST_GRANT, {"contact_id": contact_id})).first()
    if last is None:
        return False
    wording = (last.text, last.text_version, Language(last.language), last.legal_basis)
    await _granted(session, resident_id, contact_id, wording, way, now)
    return True


async def withdraw(session: AsyncSession, resident_id: str, contact_id: str, *, way: Way, now: datetime) -> None:
    """Note the withdrawal; nothing is sent to this contact from now on. Fine without a consent."""
    granted = (await session.execute(_LAST_GRANT, {"contact_id": contact_id})).first()
    if granted is not None:
        entry = {
            "id": new_id(),
            "resident_id": resident_id,
            "contact_id": contact_id,
            "action": "withdrawn",
            "text": granted.text,
        }
        entry |= {"text_version": granted.text_version, "language": granted.language, "way": way, "at": now}
        await session.execute(_LEDGER, entry | {"legal_basis": granted.legal_basis})
    await session.execute(_CONSENTED, {"contact_id": contact_id, "consent_id": None, "at": None})
