"""The text of an SMS: the editor's wording, or title, body and page, as far as they fit."""

from dataclasses import dataclass

from hejnal_contracts.base import Language
from hejnal_notifier.channels.wording import WORDS, direct_words, headline
from hejnal_notifier.sending.job import AnnouncementContent, Job
from hejnal_runtime.sms_text import shorten, split_text, transliterate


@dataclass(frozen=True, slots=True)
class SmsWording:
    """How this town writes SMS, the same over every provider."""

    town: str
    diacritics: bool
    max_parts: int

    def of(self, job: Job) -> str:
        """What one recipient gets."""
        return sms_wording(job, town=self.town, diacritics=self.diacritics, max_parts=self.max_parts)

    def parts_of(self, content: AnnouncementContent, language: Language) -> int:
        """How many SMS parts an announcement is in a language."""
        text = announcement_wording(content, language, diacritics=self.diacritics, max_parts=self.max_parts)
        return len(split_text(text).parts)


def sms_wording(job: Job, *, town: str, diacritics: bool, max_parts: int) -> str:
    """The text of an SMS: the editor's wording, or title, body and instruction as far as they fit."""
    content = job.content
    if isinstance(content, AnnouncementContent):
        return announcement_wording(content, job.language, diacritics=diacritics, max_parts=max_parts)
    if content.kind == "one_time_code":
        text = WORDS[job.language].code_sms.format(code=content.code, town=town)
    else:
        text = direct_words(content, job.language, town=town)[1]
    return text if diacritics or job.language is Language.UK else transliterate(text)


def announcement_wording(content: AnnouncementContent, language: Language, *, diacritics: bool, max_parts: int) -> str:
    """An announcement as an SMS in one language, the same for everybody who reads it."""
    language, words = content.text(language)
    title = headline(content, language, words)
    if words.sms:
        text = title.removesuffix(words.title) + words.sms
    else:
        text = f"{title}. {words.body} {words.instruction}".strip()
    if not diacritics and language is not Language.UK:
        text = transliterate(text)
    return shorten(" ".join(text.split()), max_parts)
