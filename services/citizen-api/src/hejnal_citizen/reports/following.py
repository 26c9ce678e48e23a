"""Others with the same trouble: counted once each, told of answers when they want to be; and duplicates put together."""

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen import rates
from hejnal_citizen.reports.followup_schemas import MeToo, MeTooCount
from hejnal_citizen.residents import contact_forms
from hejnal_citizen.resources import Resources
from hejnal_citizen.sql import command, query
from hejnal_runtime.errors import AppError, Kind

_REPORT = query("select status, contact, resident_id from reports where id = :id")
_FOLLOW = command(
    """
    insert into report_followers (report_id, follower_key, resident_id, contact, language, at)
    values (:report_id, :key, :resident_id, :contact, :language, :now)
    on conflict do nothing returning 1
    """
)
_COUNT = query("select count(*) from report_followers where report_id = :report_id")
_TAKE_OVER = command(
    """
    insert into report_followers (report_id, follower_key, resident_id, contact, language, at)
    select cast(:into as text), follower_key, resident_id, contact, language, at from report_followers
    where report_id = :report_id
    on conflict do nothing
    """
)


async def me_too(
    session: AsyncSession, res: Resources, report_id: str, body: MeToo, *, resident_id: str | None, ip: str
) -> MeTooCount:
    """Count one more. AppError: NOT_FOUND, CONFLICT (closed), INVALID (contact, nobody to count), RATE_LIMITED."""
    now = res.clock.now()
    await rates.spend(session, res.secrets.caller_key("me-too-ip", ip), res.settings.me_too_per_ip_hour, now=now)
    report = (await session.execute(_REPORT, {"id": report_id})).first()
    if report is None:
        raise AppError(Kind.NOT_FOUND, "not-found", "There is no such report.")
    if report.status == "closed":
        detail = "This report is closed. If the trouble is there again, please send a new report."
        raise AppError(Kind.CONFLICT, "report-closed", detail)
    contact = contact_forms.normalise(body.contact)[1] if body.contact else None
    key = follower_key(res, resident_id=resident_id, contact=contact, device=body.device)
    if key is None:
        detail = "Send a random `device` name, sign in, or leave a contact, so that everybody is counted once."
        raise AppError(Kind.INVALID, "nobody-to-count", detail)
    own = (resident_id is not None and report.resident_id == resident_id) or (contact is not None and report.contact == contact)
    counted = False
    if not own:
        row = {"report_id": report_id, "key": key, "resident_id": resident_id, "contact": contact, "now": now}
        counted = (await session.execute(_FOLLOW, row | {"language": body.language.value})).first() is not None
    total = (await session.execute(_COUNT, {"report_id": report_id})).scalar_one()
    return MeTooCount(me_too=total, counted=counted, told=resident_id is not None or contact is not None)


def follower_key(res: Resources, *, resident_id: str | None, contact: str | None, device: str) -> str | None:
    """Who is counted once, without giving them away: the resident, else the contact, else the device; None for nobody."""
    for kind, value in (("resident", resident_id), ("contact", contact), ("device", device)):
        if value:
            return res.secrets.caller_key(f"me-too-{kind}", value)
    return None


async def take_over(session: AsyncSession, res: Resources, report_id: str, into: str) -> None:
    """Followers of a duplicate, and its reporter, follow the report in which it goes on."""
    await session.execute(_TAKE_OVER, {"report_id": report_id, "into": into})
    report = (
        await session.execute(query("select contact, resident_id, language from reports where id = :id"), {"id": report_id})
    ).one()
    key = follower_key(res, resident_id=report.resident_id, contact=report.contact, device=f"report-{report_id}")
    row = {"report_id": into, "key": key, "resident_id": report.resident_id, "contact": report.contact}
    await session.execute(_FOLLOW, row | {"language": report.language, "now": res.clock.now()})
