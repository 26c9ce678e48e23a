"""Erasure: nothing that leads to the person stays here, and a tombstone tells every other service to forget them."""

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.resources import SERVICE
from hejnal_citizen.sql import command, query
from hejnal_runtime.outbox import publish_tombstone

_LOCK = query("select 1 from residents where id = :id for update")
_CHALLENGES = command(
    """
    delete from challenges where resident_id = :id
       or (channel, address) in (select channel, address from contacts where resident_id = :id)
    """
)
# The town keeps what was reported (a hole in the road has no author), but not who did, nor addresses written into the text.
_REPORTS = command(
    """
    update reports r set resident_id = null, contact = null, text = coalesce(
        (select regexp_replace(r.text, string_agg(regexp_replace(c.address, '([^a-zA-Z0-9@])', '\\\\\\1', 'g'), '|'), '[…]', 'gi')
         from contacts c where c.resident_id = :id and c.channel in ('email', 'sms')), r.text)
    where r.resident_id = :id
       or r.contact in (select address from contacts where resident_id = :id)
    """
)
_RESIDENT = command("delete from residents where id = :id")


async def erase(session: AsyncSession, resident_id: str) -> None:
    """Erase in the caller's transaction. Contacts, consents, filters and sessions go with the resident's row."""
    await session.execute(_LOCK, {"id": resident_id})
    await session.execute(_CHALLENGES, {"id": resident_id})
    await session.execute(_REPORTS, {"id": resident_id})
    await session.execute(_RESIDENT, {"id": resident_id})
    await publish_tombstone(session, "subscriptions", resident_id, source=SERVICE)
