"""Everything kept about a resident, for themselves (GDPR art. 15 and 20)."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.residents import profile
from hejnal_citizen.residents.schemas import ConsentEntry, Export, ExportedAnswer, ExportedReport, ExportedSession
from hejnal_citizen.sql import query

_CONSENTS = query(
    """
    select id, contact_id, action, text, text_version, language, way, legal_basis, at from consents
    where resident_id = :id order by number
    """
)
_SESSIONS = query("select created_at, last_seen_at, expires_at, device from sessions where resident_id = :id order by created_at")
_REPORTS = query(
    """
    select r.id, r.reference, r.category, r.text, st_y(r.place) as lat, st_x(r.place) as lon, r.address, r.status, r.submitted_at,
           (select count(*) from report_photos p where p.report_id = r.id) as photos
    from reports r where r.resident_id = :id order by r.submitted_at
    """
)
_ANSWERS = query(
    "select at, status, answer from report_events where report_id = :id and kind in ('answered', 'closed') order by number"
)


async def collect(session: AsyncSession, resident_id: str, *, now: datetime) -> Export:
    """The export of one resident."""
    me = await profile.describe(session, resident_id)
    consents = [
        ConsentEntry.model_validate(row, from_attributes=True) for row in await session.execute(_CONSENTS, {"id": resident_id})
    ]
    devices = [
        ExportedSession.model_validate(row, from_attributes=True) for row in await session.execute(_SESSIONS, {"id": resident_id})
    ]
    reports = []
    for row in list(await session.execute(_REPORTS, {"id": resident_id})):
        answers = [
            ExportedAnswer.model_validate(answer, from_attributes=True)
            for answer in await session.execute(_ANSWERS, {"id": row.id})
        ]
        names = ("reference", "category", "text", "lat", "lon", "address", "status", "submitted_at", "photos")
        reports.append(ExportedReport(answers=answers, **{name: getattr(row, name) for name in names}))
    return Export(exported_at=now, me=me, consents=consents, sessions=devices, reports=reports)
