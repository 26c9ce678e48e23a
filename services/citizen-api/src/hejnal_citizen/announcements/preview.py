"""What would happen if this were sent now: people per channel, SMS parts, cost. The same matching as notifier's plan."""

from collections import Counter
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.announcements import areas, rules
from hejnal_citizen.announcements.schemas import ChannelReach, Draft, Preview, SmsWording
from hejnal_citizen.settings import Settings
from hejnal_citizen.sql import query
from hejnal_citizen.town import registry
from hejnal_contracts.announcements import Text, TownArea
from hejnal_contracts.base import Channel, Language, Severity
from hejnal_runtime.sms_text import Encoding, shorten, split_text, transliterate

SEVERITIES = list(Severity)

# The marks notifier puts before a text (its channels/wording.py): they cost characters, so the preview has them too.
_DRILL = {Language.PL: "ĆWICZENIA", Language.EN: "DRILL", Language.UK: "НАВЧАННЯ"}
_EMERGENCY = {Language.PL: "Zagrożenie", Language.EN: "Emergency", Language.UK: "Небезпека"}

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


async def of_draft(session: AsyncSession, draft: Draft, settings: Settings, *, now: datetime) -> Preview:
    """The preview of a draft; AppError(INVALID) where it could not be issued."""
    rules.check_draft(draft, allowed=settings.announcement_channels, now=now)
    await registry.require_announcement_categories(session, {draft.category})
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
        contacts[Channel(row.channel), language_for(Language(row.language), draft.texts)] += row.contacts
    wordings = _wordings(draft, contacts, settings) if Channel.SMS in draft.channels else []
    parts = sum(wording.parts * wording.recipients for wording in wordings)
    cost_pln = round(parts * settings.sms_price_pln, 2)
    channels = []
    for channel in dict.fromkeys(draft.channels):
        recipients = sum(count for (one, _), count in contacts.items() if one is channel)
        sms = channel is Channel.SMS
        reach = ChannelReach(
            channel=channel, recipients=recipients, sms_parts=parts if sms else None, cost_pln=cost_pln if sms else None
        )
        channels.append(reach)
    return Preview(
        people=people,
        channels=channels,
        sms=wordings,
        cost_pln=cost_pln,
        geometry=shape.geojson,
        addresses=shape.addresses,
    )


def language_for(wanted: Language, texts: dict[Language, Text]) -> Language:
    """The language somebody is written to: theirs where the text exists, else Polish."""
    return wanted if wanted in texts else Language.PL


def sms_of(draft: Draft, language: Language, settings: Settings) -> str:
    """The SMS of one language as notifier words it: marks, then its own wording, or title, body and instruction."""
    text = draft.texts[language]
    marks = [_DRILL[language]] if draft.drill else []
    if draft.severity is Severity.EMERGENCY:
        marks.append(_EMERGENCY[language])
    wording = ": ".join([*marks, text.sms or f"{text.title}. {text.body} {text.instruction}"])
    if not settings.sms_diacritics and language is not Language.UK:
        wording = transliterate(wording)
    return shorten(" ".join(wording.split()), settings.sms_max_parts)


def _wordings(draft: Draft, contacts: Counter[tuple[Channel, Language]], settings: Settings) -> list[SmsWording]:
    wordings = []
    for language in draft.texts:
        wording = sms_of(draft, language, settings)
        split = split_text(wording)
        wordings.append(
            SmsWording(
                language=language,
                text=wording,
                encoding="gsm-7" if split.encoding is Encoding.GSM7 else "ucs-2",
                characters=split.units,
                parts=len(split.parts),
                recipients=contacts[Channel.SMS, language],
            )
        )
    return wordings
