"""CAP documents as they were first handed out: what once stood behind an address stands there for good.

They are made when first asked for, oldest first, so that references name earlier messages exactly as those were published.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.announcements import attachments
from hejnal_citizen.feeds.cap.chain import Message, Version, messages
from hejnal_citizen.feeds.cap.document import Issuer, Reference, alert, identifier_of, instant
from hejnal_citizen.feeds.cap.signing import CapSigner
from hejnal_citizen.sql import command, query
from hejnal_runtime.errors import AppError, Kind

_KEPT = query("select document, signed_at from cap_documents where announcement_id = :id and version = :version")
_VERSIONS = query(
    """
    select v.version, v.kind, category, c.cap_category, c.names as category_names, severity, texts, origins, area, valid_from,
           valid_until, drill, issued_at, attachments,
           st_asgeojson(st_multi(st_simplifypreservetopology(footprint,
               case when area->>'kind' = 'town' then 0.0005 else 0.00001 end)), 6)::json as geometry
    from announcement_versions v left join categories c on c.kind = 'announcement' and c.code = v.category
    where announcement_id = :id order by v.version
    """
)
_PUBLISHED = query("select version, sender, sent from cap_documents where announcement_id = :id")
# two readers at once must not publish two documents under one identifier
_ONE_AT_A_TIME = query("select pg_advisory_xact_lock(hashtext('hejnal cap'), hashtext(:id))")
_KEEP = command(
    """
    insert into cap_documents (announcement_id, version, sender, sent, document, signed_at)
    values (:id, :version, :sender, :sent, :document, :now)
    """
)


async def kept(session: AsyncSession, announcement_id: str, version: int) -> tuple[bytes, datetime] | None:
    """A document that was handed out before, and when it was signed."""
    row = (await session.execute(_KEPT, {"id": announcement_id, "version": version})).first()
    return (bytes(row.document), row.signed_at) if row else None


async def make(
    session: AsyncSession, issuer: Issuer, signer: CapSigner, announcement_id: str, version: int, *, now: datetime
) -> tuple[bytes, datetime]:
    """Publish a version's document and those before it. AppError(NOT_FOUND) where CAP says nothing of it."""
    await session.execute(_ONE_AT_A_TIME, {"id": announcement_id})
    rows = (await session.execute(_VERSIONS, {"id": announcement_id})).mappings()
    chain = messages([Version(**row) for row in rows])
    if version not in {one.version.version for one in chain}:
        raise AppError(Kind.NOT_FOUND, "not-found", "There is no CAP document of this version.")
    published = {
        row.version: Reference(row.sender, identifier_of(announcement_id, row.version), row.sent)
        for row in await session.execute(_PUBLISHED, {"id": announcement_id})
    }
    for message in chain:
        if message.version.version > version or message.version.version in published:
            continue
        published[message.version.version] = await _publish(
            session, issuer, signer, announcement_id, message, [published[one] for one in message.earlier], now
        )
    found = await kept(session, announcement_id, version)
    assert found is not None
    return found


async def _publish(
    session: AsyncSession,
    issuer: Issuer,
    signer: CapSigner,
    announcement_id: str,
    message: Message,
    references: Sequence[Reference],
    now: datetime,
) -> Reference:
    version = message.version
    files = await attachments.some(session, version.attachments)
    document = signer.sign(alert(issuer, announcement_id, message, references, files))
    sent = instant(version.issued_at)
    row = {"id": announcement_id, "version": version.version, "sender": issuer.sender, "sent": sent}
    await session.execute(_KEEP, row | {"document": document, "now": now})
    return Reference(issuer.sender, identifier_of(announcement_id, version.version), sent)
