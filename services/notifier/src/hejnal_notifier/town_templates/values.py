"""What a town template is told about an announcement."""

from typing import Any
from urllib.parse import urlsplit

from hejnal_contracts.base import Language
from hejnal_contracts.headlines import CANCELLED, DRILL
from hejnal_notifier.channels.wording import WORDS, headline, local_time
from hejnal_notifier.sending.job import AnnouncementContent


def web_address(url: str) -> str:
    """The address if it is a plain web address, else nothing."""
    if any(character.isspace() or character in '<>"' for character in url):
        return ""
    return url if urlsplit(url).scheme in {"http", "https"} else ""


def values_of(
    content: AnnouncementContent, language: Language, *, town: str, unsubscribe_url: str = "", message: str = ""
) -> dict[str, Any]:
    """Every variable of `language.VARIABLES`, for a version in the language it is told in."""
    language, words = content.text(language)
    own = WORDS[language]
    calm = content.kind == "cancelled"
    label = CANCELLED[language] if calm else own.severity[content.severity]
    starts, ends = local_time(content.valid_from), local_time(content.valid_until)
    return {
        "headline": headline(content, language, words),
        "body": words.body,
        "paragraphs": [line for line in words.body.split("\n") if line.strip()],
        "instruction": words.instruction,
        "label": f"{DRILL[language]}: {label}" if content.drill else label,
        "category": content.category,
        "severity": content.severity.value,
        "kind": content.kind,
        "drill": content.drill,
        "valid_from": starts,
        "valid_until": ends,
        "validity": "" if calm else own.valid.format(start=starts, end=ends),
        "url": web_address(content.page_url),
        "town": town,
        "language": language.value,
        "footer": own.why.format(town=town),
        "unsubscribe_url": web_address(unsubscribe_url),
        "unsubscribe": own.unsubscribe,
        "more": own.more,
        "message": message,
    }
