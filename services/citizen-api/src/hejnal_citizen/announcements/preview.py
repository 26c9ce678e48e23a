"""What would happen if this were sent now: people per channel, SMS parts, cost. The same matching as notifier's plan."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.announcements import areas, attachments, rules, wording
from hejnal_citizen.announcements.areas import Shape
from hejnal_citizen.announcements.four_eyes import FourEyes
from hejnal_citizen.announcements.schemas import (
    ChannelReach,
    Draft,
    Preview,
    PreviewRequest,
    SmsBudgetView,
)
from hejnal_citizen.announcements.wording import SmsCost, Worded
from hejnal_citizen.settings import Settings
from hejnal_citizen.sql import query
from hejnal_citizen.town import registry
from hejnal_contracts.announcements import TownArea
from hejnal_contracts.base import Channel, Language, Severity

SEVERITIES = list(Severity)

# A paused resident is told when the pause ends in time; an emergency does not wait.
_MATCHED = """
    from contacts c join residents r on r.id = c.resident_id
    where c.consent_id is not null and c.failed is null and c.channel = any(cast(:channels as text[]))
      and (:emergency or r.paused_until is null or r.paused_until < :valid_until)
      and exists (select from filters f where f.resident_id = c.resident_id and c.channel = any(f.channels)
                  and :category = any(f.categories) and f.min_severity = any(cast(:severities as text[]))
                  and (:whole_town or f.footprint is null or st_intersects(f.footprint, cast(:footprint as geometry))))
"""
_RECIPIENTS = query(
    f"""
    with matched as (select c.resident_id, c.channel, r.language {_MATCHED})
    select channel, language, count(*) as contacts, (select count(distinct resident_id) from matched) as people,
        count(*) filter (where channel = 'sms' and resident_id in (
            select resident_id from matched where channel = 'push')) as with_push
    from matched group by channel, language
    """  # noqa: S608 constants of this file
)
_BY_LANGUAGE = query(f"select r.language, count(*) as contacts {_MATCHED} group by r.language")


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a draft would reach."""

    people: int
    contacts: Mapping[tuple[Channel, Language], int]
    shape: Shape
    with_push: int = 0
    """SMS recipients who have a push device, too."""

    @property
    def sms_readers(self) -> dict[Language, int]:
        """SMS recipients by the language they would read."""
        return {language: count for (channel, language), count in self.contacts.items() if channel is Channel.SMS}


async def reach(session: AsyncSession, request: PreviewRequest, settings: Settings, *, now: datetime) -> Reach:
    """Whom a draft that could be issued now would reach; AppError(INVALID) where it could not be.

    A new version also goes to those who were told the last one and would not match any more: notifier alone knows them.
    """
    draft = draft_of(request)
    rules.check_draft(draft, allowed=settings.announcement_channels, now=now)
    await registry.require_announcement_categories(session, {draft.category})
    await attachments.require(session, draft.attachments)
    shape = await areas.shape_of(session, draft.area)
    rows = await session.execute(_RECIPIENTS, _values(draft, draft.channels, shape))
    people = with_push = 0
    contacts: Counter[tuple[Channel, Language]] = Counter()
    for row in rows:
        people = row.people
        with_push += row.with_push
        contacts[Channel(row.channel), wording.language_for(Language(row.language), draft.texts)] += row.contacts
    return Reach(people, contacts, shape, with_push)


async def sms_cost(session: AsyncSession, draft: Draft, settings: Settings, worded: Worded | None) -> SmsCost:
    """What a draft's SMS would cost, without the rest of a preview: for the four-eyes rule."""
    if Channel.SMS not in draft.channels:
        return SmsCost(0.0, exact=True)
    shape = None if isinstance(draft.area, TownArea) else await areas.shape_of(session, draft.area)
    readers: Counter[Language] = Counter()
    for row in await session.execute(_BY_LANGUAGE, _values(draft, (Channel.SMS,), shape)):
        readers[wording.language_for(Language(row.language), draft.texts)] += row.contacts
    return wording.sms_cost(worded, readers, settings)


def draft_of(request: PreviewRequest) -> Draft:
    """What is previewed, as it would be issued."""
    return Draft.model_validate(request.model_dump(exclude={"updates"}))


def shown(draft: Draft, found: Reach, worded: Worded | None, settings: Settings) -> Preview:
    """The preview of a draft, without the budget. Without notifier's answer it says so, and gives no figure that may be wrong."""
    cost = SmsCost(0.0, exact=True)
    if Channel.SMS in draft.channels:
        cost = wording.sms_cost(worded, found.sms_readers, settings)
    return Preview(
        people=found.people,
        channels=[_channel(found, channel, worded, cost) for channel in dict.fromkeys(draft.channels)],
        organisations=worded.organisations if worded else [],
        worded=worded is not None,
        sms=wording.sms_views(worded, found.sms_readers) if worded else [],
        wordings=wording.message_views(worded, found.contacts) if worded else [],
        cost_pln=cost.pln if cost.exact else None,
        approval_needed=FourEyes.of(settings).reasons(draft.severity, cost.pln),
        geometry=found.shape.geojson,
        addresses=found.shape.addresses,
    )


def with_budget(preview: Preview, limit_pln: float | None, spent_pln: float) -> Preview:
    """The preview with what is left of the month's budget."""
    left = None if limit_pln is None else round(limit_pln - spent_pln, 2)
    enough = left is None or (preview.cost_pln or 0) <= left
    budget = SmsBudgetView(limit_pln=limit_pln, spent_pln=round(spent_pln, 2), left_pln=left, enough=enough)
    return preview.model_copy(update={"budget": budget})


def _values(draft: Draft, channels: Sequence[Channel], shape: Shape | None) -> dict[str, Any]:
    return {
        "channels": [channel.value for channel in channels],
        "category": draft.category,
        "severities": [severity.value for severity in SEVERITIES[: SEVERITIES.index(draft.severity) + 1]],
        "emergency": draft.severity is Severity.EMERGENCY,
        "valid_until": draft.valid_until,
        "whole_town": isinstance(draft.area, TownArea),
        "footprint": shape.geometry if shape else None,
    }


def _channel(found: Reach, channel: Channel, worded: Worded | None, cost: SmsCost) -> ChannelReach:
    recipients = sum(count for (one, _), count in found.contacts.items() if one is channel)
    seen = ChannelReach(channel=channel, recipients=recipients, off=worded is not None and channel in worded.channels_off)
    if channel is not Channel.SMS:
        return seen
    parts = sum(one.parts * one.recipients for one in wording.sms_views(worded, found.sms_readers)) if worded else None
    known = {"sms_parts": parts, "cost_pln": cost.pln if cost.exact else None, "with_push": found.with_push}
    return seen.model_copy(update=known)
