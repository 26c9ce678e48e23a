"""The text of an SMS: the editor's wording, or title, body and page, as far as they fit."""

from dataclasses import dataclass

from hejnal_contracts.base import Channel, Language
from hejnal_notifier.channels.wording import WORDS, direct_words, headline
from hejnal_notifier.sending.job import AnnouncementContent, DigestContent, Job
from hejnal_notifier.town_templates.language import Templates
from hejnal_notifier.town_templates.values import values_of
from hejnal_runtime.sms_text import shorten, split_text, transliterate


@dataclass(frozen=True, slots=True)
class SmsWording:
    """How this town writes SMS, the same over every provider."""

    town: str
    diacritics: bool
    max_parts: int
    book: Templates | None = None
    """The town's own words around an announcement, where it has written some."""

    def of(self, job: Job) -> str:
        """What one recipient gets."""
        if isinstance(job.content, AnnouncementContent):
            return self.announcement(job.content, job.language)
        return sms_wording(job, town=self.town, diacritics=self.diacritics, max_parts=self.max_parts)

    def parts_of(self, content: AnnouncementContent, language: Language) -> int:
        """How many SMS parts an announcement is in a language."""
        return len(split_text(self.announcement(content, language)).parts)

    def announcement(self, content: AnnouncementContent, language: Language) -> str:
        """An announcement in one language, made to fit."""
        written = self.written(content, language)
        return _fitting(written, content.text(language)[0], diacritics=self.diacritics, max_parts=self.max_parts)

    def written(self, content: AnnouncementContent, language: Language) -> str:
        """An announcement in one language before it is made to fit."""
        language, _ = content.text(language)
        message = _message(content, language)
        if self.book is None:
            return message
        written = self.book.render(Channel.SMS, language, values_of(content, language, town=self.town, message=message))
        return " ".join(written["text"].split()) if written is not None else message


def sms_wording(job: Job, *, town: str, diacritics: bool, max_parts: int) -> str:
    """The text of an SMS: the editor's wording, or title, body and instruction as far as they fit."""
    content = job.content
    if isinstance(content, AnnouncementContent):
        return announcement_wording(content, job.language, diacritics=diacritics, max_parts=max_parts)
    if isinstance(content, DigestContent):
        text = " ".join(f"{one.text(job.language)[1].title}." for one in content.items)
        return _fitting(text, job.language, diacritics=diacritics, max_parts=max_parts)
    if content.kind == "one_time_code":
        text = WORDS[job.language].code_sms.format(code=content.code, town=town)
    else:
        text = direct_words(content, job.language, town=town)[1]
    return text if diacritics or job.language is Language.UK else transliterate(text)


def announcement_wording(content: AnnouncementContent, language: Language, *, diacritics: bool, max_parts: int) -> str:
    """An announcement as an SMS in one language, the same for everybody who reads it."""
    return _fitting(_message(content, language), content.text(language)[0], diacritics=diacritics, max_parts=max_parts)


def _message(content: AnnouncementContent, language: Language) -> str:
    language, words = content.text(language)
    title = headline(content, language, words)
    text = title.removesuffix(words.title) + words.sms if words.sms else f"{title}. {words.body} {words.instruction}"
    return " ".join(text.split())


def _fitting(text: str, language: Language, *, diacritics: bool, max_parts: int) -> str:
    if not diacritics and language is not Language.UK:
        text = transliterate(text)
    return shorten(" ".join(text.split()), max_parts)
