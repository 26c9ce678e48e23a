"""What would happen if this were sent now: people per channel, SMS parts, cost. The same matching as notifier's plan."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

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
    SmsWording,
    VersionKind,
)
from hejnal_citizen.settings import Settings
from hejnal_citizen.sql import query
from hejnal_citizen.town import registry
from hejnal_contracts.announcements import TownArea
from hejnal_contracts.base import Channel, Language, Severity

SEVERITIES = list(Severity)

# A paused resident is told when the pause ends in time; an emergency does not wait.
_RECIPIENTS = query(
    """
    with matched as (
        select distinct c.id, c.resident_id, c.channel, r.language
        from residents r
        join filters f on f.resident_id = r.id
        join contacts c on c.resident_id = r.id and c.channel = any(f.channels)
        where c.consent_id is not null and c.failed is null and c.channel = any(cast(:channels as text[]))
          and :category = any(f.categories)
          and array_position(cast(:severities as text[]), f.min_severity)
              <= array_position(cast(:severities as text[]), :severity)
          and (:emergency or r.paused_until is null or r.paused_until < :valid_until)
          and (:whole_town or f.footprint is null or st_intersects(f.footprint, cast(:footprint as geometry))))
    select channel, language, count(*) as contacts, (select count(distinct resident_id) from matched) as people
    from matched group by channel, language
    """
)


@dataclass(frozen=True, slots=True)
class Estimate:
    """Whom a draft would reach, and what its SMS would cost."""

    people: int
    contacts: Mapping[tuple[Channel, Language], int]
    sms: tuple[SmsWording, ...]
    shape: Shape

    @property
    def cost_pln(self) -> float:
        """Of all SMS together."""
        return round(sum(one.cost_pln for one in self.sms), 2)


async def estimate(session: AsyncSession, draft: Draft, settings: Settings, *, kind: VersionKind) -> Estimate:
    """People and cost of a draft that keeps the rules; AppError(INVALID) when its area is none.

    A new version also goes to those who were told the last one and would not match any more: notifier alone knows them.
    """
    shape = await areas.shape_of(session, draft.area)
    rows = await session.execute(
        _RECIPIENTS,
        {
            "channels": [channel.value for channel in draft.channels],
            "category": draft.category,
            "severities": [severity.value for severity in SEVERITIES],
            "severity": draft.severity.value,
            "emergency": draft.severity is Severity.EMERGENCY,
            "valid_until": draft.valid_until,
            "whole_town": isinstance(draft.area, TownArea),
            "footprint": shape.geometry,
        },
    )
    people = 0
    contacts: Counter[tuple[Channel, Language]] = Counter()
    for row in rows:
        people = row.people
        contacts[Channel(row.channel), wording.language_for(Language(row.language), draft.texts)] += row.contacts
    sms: tuple[SmsWording, ...] = ()
    if Channel.SMS in draft.channels:
        counts = {language: contacts[Channel.SMS, language] for language in draft.texts}
        sms = tuple(wording.sms_view(draft, language, settings, kind, count) for language, count in counts.items())
    return Estimate(people, contacts, sms, shape)


async def of_draft(session: AsyncSession, request: PreviewRequest, settings: Settings, *, now: datetime) -> Preview:
    """The preview of a draft, without the budget; AppError(INVALID) where it could not be issued."""
    draft = Draft.model_validate(request.model_dump(exclude={"updates"}))
    kind: VersionKind = "updated" if request.updates else "issued"
    rules.check_draft(draft, allowed=settings.announcement_channels, now=now)
    await registry.require_announcement_categories(session, {draft.category})
    await attachments.require(session, draft.attachments)
    found = await estimate(session, draft, settings, kind=kind)
    return Preview(
        people=found.people,
        channels=[_reach(found, channel) for channel in dict.fromkeys(draft.channels)],
        sms=list(found.sms),
        wordings=[
            wording.message_view(draft, channel, language, kind, found.contacts.get((channel, language), 0))
            for channel in dict.fromkeys(draft.channels)
            if channel is not Channel.SMS
            for language in draft.texts
        ],
        cost_pln=found.cost_pln,
        approval_needed=FourEyes.of(settings).reasons(draft.severity, found.cost_pln),
        geometry=found.shape.geojson,
        addresses=found.shape.addresses,
    )


def with_budget(preview: Preview, limit_pln: float | None, spent_pln: float) -> Preview:
    """The preview with what is left of the month's budget."""
    left = None if limit_pln is None else round(limit_pln - spent_pln, 2)
    enough = left is None or preview.cost_pln <= left
    budget = SmsBudgetView(limit_pln=limit_pln, spent_pln=round(spent_pln, 2), left_pln=left, enough=enough)
    return preview.model_copy(update={"budget": budget})


def _reach(found: Estimate, channel: Channel) -> ChannelReach:
    recipients = sum(count for (one, _), count in found.contacts.items() if one is channel)
    if channel is not Channel.SMS:
        return ChannelReach(channel=channel, recipients=recipients)
    parts = sum(one.parts * one.recipients for one in found.sms)
    return ChannelReach(channel=channel, recipients=recipients, sms_parts=parts, cost_pln=found.cost_pln)
