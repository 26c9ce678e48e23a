"""What a message would look like on each channel: text, HTML, SMS parts and encoding, and what SMS cannot say."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, Field

from hejnal_contracts.announcements import Text
from hejnal_contracts.base import Channel, Language, Severity
from hejnal_notifier.channels.email_message import EmailComposer
from hejnal_notifier.channels.push import announcement_payload, encode_payload
from hejnal_notifier.channels.sms.wording import SmsWording
from hejnal_notifier.sending.job import AnnouncementContent, VersionKind
from hejnal_notifier.town_templates.language import TownTemplate
from hejnal_runtime.sms_text import GSM7_BASIC, GSM7_EXTENSION, Encoding, split_text

MOST_UNREPRESENTABLE = 40

_SAMPLES: dict[Language, Text] = {
    Language.PL: Text(
        title="Nie ma wody na Krótkiej",
        body="Pękła rura przy Krótkiej 12.\nWoda wróci dziś około 18:00. Beczkowóz stoi na placu Wolności.",
        instruction="Nie pij wody z kranu bez przegotowania.",
    ),
    Language.EN: Text(
        title="No water in Krótka Street",
        body="A pipe burst at Krótka 12.\nWater will be back at about 18:00. A tank stands in Wolności Square.",
        instruction="Boil tap water before you drink it.",
    ),
    Language.UK: Text(
        title="Немає води на вулиці Крутка",
        body="Прорвало трубу біля Крутка 12.\nВода повернеться сьогодні близько 18:00.",
        instruction="Не пийте воду з крана без кип'ятіння.",
    ),
}


class Sample(BaseModel):
    """The announcement that is previewed; without a text, one of ours."""

    text: Text | None = None
    kind: VersionKind = "issued"
    severity: Severity = Severity.NOTICE
    category: str = Field(default="water", max_length=40)
    drill: bool = False
    page_url: str = Field(default="https://miasto.example/komunikaty/1", max_length=500)


class SmsPreview(BaseModel):
    """One SMS as the phone gets it."""

    written: str = Field(description="Before it was made to fit")
    text: str
    encoding: str = Field(description="gsm-7 or ucs-2")
    characters: int = Field(description="Septets, or UTF-16 units")
    parts: list[str]
    unrepresentable: list[str] = Field(description="Characters of what was written that GSM-7 does not have")
    shortened: bool = Field(description="It did not fit into the most parts that the town allows")


class Preview(BaseModel):
    """One channel in one language; only the channel's own fields are filled."""

    channel: Channel
    language: Language
    version: int | None = Field(description="Of the town's template; null: the built-in one, or the one that was sent along")
    subject: str = ""
    text: str = ""
    html: str = ""
    title: str = ""
    body: str = ""
    payload_bytes: int = Field(default=0, description="Push: size before encryption")
    sms: SmsPreview | None = None


class Trial:
    """A book with one template in it that nobody has stored yet, or with none."""

    def __init__(self, template: TownTemplate | None) -> None:
        self._template = template

    def find(self, channel: Channel, language: Language) -> TownTemplate | None:
        """The template on trial, whatever the language."""
        del language
        return self._template if self._template is not None and self._template.channel is channel else None

    def render(self, channel: Channel, language: Language, values: Mapping[str, Any]) -> dict[str, str] | None:
        """Its parts; what is wrong with them is raised."""
        template = self.find(channel, language)
        return template.render(values) if template is not None else None


def content_of_sample(sample: Sample, language: Language, now: datetime) -> AnnouncementContent:
    """The sample as an announcement that begins now."""
    text = sample.text or _SAMPLES[language]
    return AnnouncementContent(
        version_id=0,
        announcement_id="00000000-0000-7000-8000-000000000000",
        version=1,
        kind=sample.kind,
        category=sample.category,
        severity=sample.severity,
        texts={Language.PL: text, language: text},
        valid_from=now,
        valid_until=now + timedelta(hours=6),
        page_url=sample.page_url,
        drill=sample.drill,
        issued_at=now,
    )


def preview(
    channel: Channel,
    language: Language,
    content: AnnouncementContent,
    *,
    template: TownTemplate | None,
    sender: str,
    town: str,
    wording: SmsWording,
) -> Preview:
    """What recipients in `language` would get. TooLongError, TemplateError: the template cannot be used for this text."""
    trial = Trial(template)
    tried = SmsWording(wording.town, wording.diacritics, wording.max_parts, trial)
    return worded(channel, language, content, composer=EmailComposer(sender, town, book=trial), wording=tried)


def worded(
    channel: Channel, language: Language, content: AnnouncementContent, *, composer: EmailComposer, wording: SmsWording
) -> Preview:
    """An announcement on one channel in one language, in the words of `wording.book`, else the built-in ones."""
    book = wording.book
    template = book.find(channel, language) if book is not None else None
    seen = Preview(channel=channel, language=language, version=template.version if template and template.version else None)
    if channel is Channel.EMAIL:
        subject, text, html = composer.bodies(content, language, unsubscribe_url=_unsubscribe_sample(content.page_url))
        return seen.model_copy(update={"subject": subject, "text": text, "html": html})
    if channel is Channel.PUSH:
        payload = announcement_payload(content, language, town=wording.town, book=book)
        size = len(encode_payload(payload))
        return seen.model_copy(update={"title": payload["title"], "body": payload["body"], "payload_bytes": size})
    return seen.model_copy(update={"sms": sms_preview(wording, content, language)})


def _unsubscribe_sample(page_url: str) -> str:
    """Where a resident's own link would lead: the site that the announcement is read on, without their own token."""
    site = re.match(r"https?://[^/]+", page_url)
    return f"{site.group() if site is not None else 'https://miasto.example'}/wypisz/…"


def sms_preview(wording: SmsWording, content: AnnouncementContent, language: Language) -> SmsPreview:
    """An SMS with its parts, and what was lost on the way."""
    written, text = wording.written(content, language), wording.announcement(content, language)
    split = split_text(text)
    foreign = dict.fromkeys(one for one in written if one not in GSM7_BASIC and one not in GSM7_EXTENSION)
    unlimited = SmsWording(wording.town, wording.diacritics, 100, wording.book).announcement(content, language)
    return SmsPreview(
        written=written,
        text=text,
        encoding="gsm-7" if split.encoding is Encoding.GSM7 else "ucs-2",
        characters=split.units,
        parts=list(split.parts),
        unrepresentable=list(foreign)[:MOST_UNREPRESENTABLE],
        shortened=unlimited != text,
    )
