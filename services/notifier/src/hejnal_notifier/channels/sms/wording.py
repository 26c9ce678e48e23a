"""The text of an SMS: the editor's wording, or title, body and page, as far as they fit."""

from dataclasses import dataclass

from hejnal_contracts.base import Language
from hejnal_notifier.channels.wording import WORDS, direct_words, headline
from hejnal_notifier.sending.job import AnnouncementContent, Job
from hejnal_runtime.sms_text import shorten, transliterate


@dataclass(frozen=True, slots=True)
class SmsWording:
    """How this town writes SMS, the same over every provider."""

    town: str
    diacritics: bool
    max_parts: int

    def of(self, job: Job) -> str:
        """What one recipient gets."""
        return sms_wording(job, town=self.town, diacritics=self.diacritics, max_parts=self.max_parts)


def sms_wording(job: Job, *, town: str, diacritics: bool, max_parts: int) -> str:
    """The text of an SMS: the editor's wording, or title, body and address of the page as far as they fit."""
    content = job.content
    if not isinstance(content, AnnouncementContent):
        own = WORDS[job.language]
        if content.kind == "one_time_code":
            text = own.code_sms.format(code=content.code, town=town)
        else:
            text = direct_words(content, job.language, town=town)[1]
        return text if diacritics or job.language is Language.UK else transliterate(text)
    language, words = content.text(job.language)
    title = headline(content, language, words)
    if words.sms:
        marks = title.removesuffix(words.title)
        text = marks + words.sms
    else:
        text = f"{title}. {words.body} {words.instruction}".strip()
    if not diacritics and language is not Language.UK:
        text = transliterate(text)
    return shorten(" ".join(text.split()), max_parts)
