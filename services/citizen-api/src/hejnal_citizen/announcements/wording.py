"""What an announcement would say on each channel and what its SMS cost: asked of notifier, who alone words messages."""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import structlog
from pydantic import BaseModel, Field, ValidationError

from hejnal_citizen.announcements.schemas import Draft, SmsWording, VersionKind, Wording
from hejnal_citizen.notifier import NotifierClient
from hejnal_citizen.settings import Settings
from hejnal_contracts.base import Channel, Language
from hejnal_runtime.clock import Clock

log = structlog.get_logger()

KEPT_S = 5.0
"""How long an answer is good for: notifier itself learns of a changed template within that time."""
MOST_KEPT = 64
_NO_ID = "00000000-0000-7000-8000-000000000000"


class SmsText(BaseModel):
    """One language's SMS, as notifier previews it."""

    written: str
    text: str
    encoding: Literal["gsm-7", "ucs-2"]
    characters: int
    parts: list[str] = Field(min_length=1)
    unrepresentable: list[str]
    shortened: bool


class ChannelText(BaseModel):
    """One channel in one language, as notifier previews it; only the channel's own fields are filled."""

    channel: Channel
    language: Language
    subject: str = ""
    text: str = ""
    title: str = ""
    body: str = ""
    sms: SmsText | None = None


class Worded(BaseModel):
    """Notifier's answer about one announcement."""

    wordings: list[ChannelText]
    channels_off: list[Channel]
    sms_price_grosze: int = Field(ge=0)
    organisations: list[str] = Field(default=[], description="Told by webhook besides; a notifier of an older release names none")

    @property
    def sms(self) -> dict[Language, SmsText]:
        """Each language's SMS."""
        return {one.language: one.sms for one in self.wordings if one.sms is not None}


@dataclass(frozen=True, slots=True)
class SmsCost:
    """What the SMS of an announcement cost together."""

    pln: float
    exact: bool
    """False: notifier could not be asked, this is the most they can cost."""


class Wordings:
    """Asks notifier, within two seconds; keeps answers for a moment: what was just previewed is not asked again to issue it."""

    def __init__(self, notifier: NotifierClient, settings: Settings, clock: Clock) -> None:
        self._notifier = notifier
        self._settings = settings
        self._clock = clock
        self._kept: OrderedDict[bytes, tuple[float, Worded]] = OrderedDict()

    async def of(self, draft: Draft, kind: VersionKind, announcement_id: str | None = None) -> Worded | None:
        """What `draft` would say; None when notifier does not answer (or would not take such a text).

        Never to be called in a transaction.
        """
        body = draft.model_dump(
            mode="json", include={"category", "severity", "texts", "channels", "valid_from", "valid_until", "drill"}
        )
        body |= {"kind": kind, "page_url": self._settings.announcement_url(announcement_id or _NO_ID)}
        key = hashlib.sha256(repr(body).encode()).digest()
        now = self._clock.monotonic()
        if (kept := self._kept.get(key)) is not None and now - kept[0] < KEPT_S:
            return kept[1]
        answer = await self._notifier.announcement_wordings(body)
        if answer is None:
            return None
        try:
            worded = Worded.model_validate(answer)
        except ValidationError as error:
            log.warning("wordings_not_understood", errors=error.error_count())
            return None
        self._kept[key] = (now, worded)
        self._kept.move_to_end(key)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return worded


def language_for(wanted: Language, texts: Iterable[Language]) -> Language:
    """The language somebody is written to: theirs where the text exists, else Polish."""
    return wanted if wanted in texts else Language.PL


def sms_cost(worded: Worded | None, readers: Mapping[Language, int], settings: Settings) -> SmsCost:
    """What the SMS to so many readers per language cost; without notifier's answer, the most they can cost."""
    if worded is None:
        return SmsCost(round(sum(readers.values()) * settings.sms_max_parts * settings.sms_price_pln, 2), exact=False)
    texts = worded.sms
    parts = sum(count * len(texts[language].parts) for language, count in readers.items() if language in texts)
    return SmsCost(round(parts * worded.sms_price_grosze / 100, 2), exact=True)


def sms_views(worded: Worded, readers: Mapping[Language, int]) -> list[SmsWording]:
    """Each language's SMS with its encoding, parts and price."""
    return [
        SmsWording(
            language=language,
            text=sms.text,
            encoding=sms.encoding,
            characters=sms.characters,
            parts=len(sms.parts),
            recipients=readers.get(language, 0),
            cost_pln=round(len(sms.parts) * readers.get(language, 0) * worded.sms_price_grosze / 100, 2),
            written=sms.written,
            unrepresentable=sms.unrepresentable,
            shortened=sms.shortened,
        )
        for language, sms in worded.sms.items()
    ]


def message_views(worded: Worded, contacts: Mapping[tuple[Channel, Language], int]) -> list[Wording]:
    """What push messages and e-mails say in each language."""
    return [
        Wording(
            channel=one.channel,
            language=one.language,
            title=one.subject or one.title,
            text=one.body or one.text,
            recipients=contacts.get((one.channel, one.language), 0),
        )
        for one in worded.wordings
        if one.sms is None
    ]
