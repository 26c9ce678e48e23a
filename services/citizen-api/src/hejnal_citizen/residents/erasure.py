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
_PATTERN = query(
    """
    select string_agg(regexp_replace(address, '([^a-zA-Z0-9@])', '\\\\\\1', 'g'), '|') from contacts
    where resident_id = :id and channel in ('email', 'sms')
    """
)
_THEIRS = """
    (resident_id = :id or contact in (select address from contacts where resident_id = :id))
"""
_NOTICES = command(
    f"""
    delete from report_notices where address in (select address from contacts where resident_id = :id)
       or report_id in (select id from reports where {_THEIRS})
    """  # noqa: S608 a constant
)
_FOLLOWERS = command("delete from report_followers where contact in (select address from contacts where resident_id = :id)")
_MESSAGES = command(
    f"""
    update report_messages set text = regexp_replace(text, :pattern, '[…]', 'gi')
    where report_id in (select id from reports where {_THEIRS})
    """  # noqa: S608 a constant
)
_TEXTS = command(f"update reports set text = regexp_replace(text, :pattern, '[…]', 'gi') where {_THEIRS}")  # noqa: S608
_REPORTS = command(f"update reports set resident_id = null, contact = null where {_THEIRS}")  # noqa: S608 a constant
_RESIDENT = command("delete from residents where id = :id")


async def erase(session: AsyncSession, resident_id: str) -> None:
    """Erase in the caller's transaction.

    Contacts, consents, filters, sessions, opinions and me-toos go with the resident's row; votes lead to nobody.
    """
    await session.execute(_LOCK, {"id": resident_id})
    await session.execute(_CHALLENGES, {"id": resident_id})
    await session.execute(_NOTICES, {"id": resident_id})
    await session.execute(_FOLLOWERS, {"id": resident_id})
    pattern = (await session.execute(_PATTERN, {"id": resident_id})).scalar()
    if pattern:  # without e-mail and phone there is nothing that could stand in a text
        await session.execute(_MESSAGES, {"id": resident_id, "pattern": pattern})
        await session.execute(_TEXTS, {"id": resident_id, "pattern": pattern})
    await session.execute(_REPORTS, {"id": resident_id})
    await session.execute(_RESIDENT, {"id": resident_id})
    await publish_tombstone(session, "subscriptions", resident_id, source=SERVICE)
