"""A resident's own page: who they are, their contacts and consents."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.residents import contacts, erasure, sessions, subscription
from hejnal_citizen.residents.codes import Proven
from hejnal_citizen.residents.push_endpoints import check_target, host_of
from hejnal_citizen.residents.schemas import ConsentGiven, Contact, Me, PushContactInput
from hejnal_citizen.resources import Resources
from hejnal_citizen.sql import command, query
from hejnal_contracts.base import Language
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id

_RESIDENT = query("select created_at, language from residents where id = :id")
_CONTACTS = query(
    """
    select id, channel, address, verified_at, consented_at, consent_id is not null as consented, failed, failed_at
    from contacts where resident_id = :id order by id
    """
)
_NEW = command("insert into residents (id, kind, created_at, changed_at) values (:id, 'account', :now, :now)")
_BROWSER = query("select id from contacts where id = :id and resident_id = :resident_id and channel = 'push'")
_KIND = query("select kind from residents where id = :id")
_ADDRESSED = query("select count(*) from contacts where resident_id = :id and channel in ('email', 'sms')")


async def describe(session: AsyncSession, resident_id: str) -> Me:
    """The resident with contacts and subscription."""
    row = (await session.execute(_RESIDENT, {"id": resident_id})).first()
    if row is None:
        raise AppError(Kind.UNAUTHENTICATED, "sign-in-needed", "Please sign in first.")
    found = [_contact(contact) for contact in await session.execute(_CONTACTS, {"id": resident_id})]
    wish = await subscription.describe(session, resident_id)
    return Me(id=resident_id, created_at=row.created_at, contacts=found, subscription=wish)


async def sign_in(res: Resources, proven: Proven, consent: ConsentGiven | None, *, device: str) -> tuple[str, Me]:
    """A session token and the resident behind a proven contact: the one who has it, or a new one."""
    now = res.clock.now()
    async with res.database.transaction() as session:
        await contacts.hold_address(session, proven.channel, proven.address)
        found = await contacts.owner_of(session, proven.channel, proven.address)
        if found is None:
            resident_id = new_id()
            await session.execute(_NEW, {"id": resident_id, "now": now})
            contact_id = await contacts.add(session, resident_id, proven.channel, proven.address, now=now)
        else:
            resident_id, contact_id = found.resident_id, found.id
            await subscription.lock(session, resident_id)
            if found.failed:
                await contacts.verified_again(session, contact_id, now=now)
        if consent:
            await _grant(session, res, resident_id, contact_id, consent)
        if found is None or consent or found.failed:
            await subscription.publish_state(session, res, resident_id)
        token = await sessions.begin(session, resident_id, days=res.settings.session_days, device=device, now=now)
        return token, await describe(session, resident_id)


async def add_contact(res: Resources, resident_id: str, proven: Proven, consent: ConsentGiven | None) -> Me:
    """Add a proven contact. AppError(CONFLICT) when it belongs to another account."""
    now = res.clock.now()
    async with res.database.transaction() as session:
        await contacts.hold_address(session, proven.channel, proven.address)
        await subscription.lock(session, resident_id)
        found = await contacts.owner_of(session, proven.channel, proven.address)
        if found is not None and found.resident_id != resident_id:
            detail = "This contact belongs to another account. Sign in with it and delete that account first."
            raise AppError(Kind.CONFLICT, "contact-taken", detail)
        if found is None:
            contact_id = await contacts.add(session, resident_id, proven.channel, proven.address, now=now)
        else:
            contact_id = found.id
            await contacts.verified_again(session, contact_id, now=now)
        if consent:
            await _grant(session, res, resident_id, contact_id, consent)
        await subscription.publish_state(session, res, resident_id)
        return await describe(session, resident_id)


async def add_push(res: Resources, resident_id: str, target: PushContactInput) -> Me:
    """Let announcements come to this browser. A subscription it had without an account moves here.

    With `replaces` it takes the place of the browser's former one at once: what waits for that goes to this.
    """
    check_target(target, res.settings, res.server_keys)
    now, server_key = res.clock.now(), res.server_keys.current
    async with res.database.transaction() as session:
        await contacts.hold_address(session, "push", target.endpoint)
        found = await contacts.owner_of(session, "push", target.endpoint)
        if found is not None and found.resident_id != resident_id:
            await take_browser_from(session, res, found)
            found = None
        await subscription.lock(session, resident_id)
        former = await _former(session, resident_id, target.replaces)
        if former is not None and found is not None and found.id != former:
            await contacts.delete(session, former)
            former = None
        known = former or (found.id if found is not None else None)
        if known is None:
            contact_id = await contacts.add_push(session, resident_id, target, server_key=server_key, now=now)
        else:
            contact_id = known
            await contacts.renew_push(session, contact_id, target, server_key=server_key, now=now)
        if former is None:  # a browser that only renews its subscription has agreed before, or has taken it back
            language = Language((await session.execute(_RESIDENT, {"id": resident_id})).one().language)
            basis = res.settings.legal_basis
            await contacts.grant_by_browser(session, resident_id, contact_id, language, legal_basis=basis, now=now)
        await subscription.publish_state(session, res, resident_id)
        return await describe(session, resident_id)


async def _former(session: AsyncSession, resident_id: str, contact_id: str | None) -> str | None:
    """The resident's own browser of this id; None where there is none, or it is no browser."""
    if contact_id is None:
        return None
    found: str | None = (await session.execute(_BROWSER, {"id": contact_id, "resident_id": resident_id})).scalar()
    return found


async def take_browser_from(session: AsyncSession, res: Resources, found: Any) -> None:
    """A browser changes hands: its former owner loses it; one who was nothing but this browser is erased."""
    await subscription.lock(session, found.resident_id)
    kind = (await session.execute(_KIND, {"id": found.resident_id})).scalar_one()
    if kind == "browser":
        await erasure.erase(session, found.resident_id)
        return
    await contacts.delete(session, found.id)
    await subscription.publish_state(session, res, found.resident_id)


async def remove_contact(res: Resources, resident_id: str, contact_id: str) -> Me:
    """Forget a contact. AppError: NOT_FOUND, CONFLICT (the last one by which the resident can sign in)."""
    async with res.database.transaction() as session:
        await subscription.lock(session, resident_id)
        found = await contacts.require(session, resident_id, contact_id)
        addressed = (await session.execute(_ADDRESSED, {"id": resident_id})).scalar_one()
        if found.channel != "push" and addressed == 1:
            detail = (
                "This is your last contact: without it you could not sign in again. Withdraw its consent, or delete the account."
            )
            raise AppError(Kind.CONFLICT, "last-contact", detail)
        await contacts.delete(session, contact_id)
        await subscription.publish_state(session, res, resident_id)
        return await describe(session, resident_id)


async def give_consent(res: Resources, resident_id: str, contact_id: str, given: ConsentGiven) -> Me:
    """Agree that announcements come to this contact. AppError: NOT_FOUND, CONFLICT (old wording)."""
    async with res.database.transaction() as session:
        await subscription.lock(session, resident_id)
        await contacts.require(session, resident_id, contact_id)
        await _grant(session, res, resident_id, contact_id, given)
        await subscription.publish_state(session, res, resident_id)
        return await describe(session, resident_id)


async def withdraw_consent(res: Resources, resident_id: str, contact_id: str) -> Me:
    """Withdraw the consent for this contact. AppError(NOT_FOUND)."""
    async with res.database.transaction() as session:
        await subscription.lock(session, resident_id)
        await contacts.require(session, resident_id, contact_id)
        await contacts.withdraw(session, resident_id, contact_id, way="settings page", now=res.clock.now())
        await subscription.publish_state(session, res, resident_id)
        return await describe(session, resident_id)


async def _grant(session: AsyncSession, res: Resources, resident_id: str, contact_id: str, given: ConsentGiven) -> None:
    basis, now = res.settings.legal_basis, res.clock.now()
    await contacts.grant(session, resident_id, contact_id, given, way="web form", legal_basis=basis, now=now)


def _contact(row: Any) -> Contact:
    fields = {
        name: getattr(row, name) for name in ("id", "channel", "verified_at", "consented", "consented_at", "failed", "failed_at")
    }
    return Contact(address=host_of(row.address) if row.channel == "push" else row.address, **fields)
