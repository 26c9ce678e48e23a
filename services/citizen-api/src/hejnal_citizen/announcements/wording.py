"""How notifier words an announcement (its channels/wording.py): the marks cost characters, so previews have them."""

from collections.abc import Iterable
from dataclasses import dataclass

from hejnal_citizen.announcements.schemas import Draft, SmsWording, VersionKind, Wording
from hejnal_citizen.settings import Settings
from hejnal_contracts.announcements import Text
from hejnal_contracts.base import Channel, Language, Severity
from hejnal_runtime.sms_text import GSM7_BASIC, GSM7_EXTENSION, Encoding, shorten, split_text, transliterate

DRILL = {Language.PL: "ĆWICZENIA", Language.EN: "DRILL", Language.UK: "НАВЧАННЯ"}
UPDATED = {Language.PL: "Aktualizacja", Language.EN: "Update", Language.UK: "Оновлення"}
CANCELLED = {Language.PL: "Odwołanie", Language.EN: "All clear", Language.UK: "Відбій"}
EMERGENCY = {Language.PL: "Zagrożenie", Language.EN: "Emergency", Language.UK: "Небезпека"}


def marks(kind: VersionKind, severity: Severity, language: Language, *, drill: bool) -> list[str]:
    """What stands before a title: that it is a drill, an update, an all-clear, an emergency."""
    found = [DRILL[language]] if drill else []
    if kind == "updated":
        found.append(UPDATED[language])
    elif kind == "cancelled":
        found.append(CANCELLED[language])
    elif severity is Severity.EMERGENCY:
        found.append(EMERGENCY[language])
    return found


def headline(kind: VersionKind, severity: Severity, language: Language, title: str, *, drill: bool) -> str:
    """A title with its marks: "ĆWICZENIA: Odwołanie: Nie ma wody"."""
    return ": ".join([*marks(kind, severity, language, drill=drill), title])


def language_for(wanted: Language, texts: Iterable[Language]) -> Language:
    """The language somebody is written to: theirs where the text exists, else Polish."""
    return wanted if wanted in texts else Language.PL


@dataclass(frozen=True, slots=True)
class Sms:
    """One language's SMS, and what it was before it was made to fit."""

    written: str
    text: str

    @property
    def unrepresentable(self) -> list[str]:
        """Characters of what was written that GSM-7 does not have, in the order of their appearance."""
        foreign = (one for one in self.written if one not in GSM7_BASIC and one not in GSM7_EXTENSION)
        return list(dict.fromkeys(foreign))[:40]


def sms_of(draft: Draft, language: Language, settings: Settings, kind: VersionKind = "issued") -> Sms:
    """The SMS of one language: marks, then its own wording, or title, body and instruction."""
    text = draft.texts[language]
    if text.sms:
        written = ": ".join([*marks(kind, draft.severity, language, drill=draft.drill), text.sms])
    else:
        title = headline(kind, draft.severity, language, text.title, drill=draft.drill)
        written = f"{title}. {text.body} {text.instruction}"
    written = " ".join(written.split())
    plain = written if settings.sms_diacritics or language is Language.UK else transliterate(written)
    return Sms(written, shorten(" ".join(plain.split()), settings.sms_max_parts))


def sms_view(draft: Draft, language: Language, settings: Settings, kind: VersionKind, recipients: int) -> SmsWording:
    """One language's SMS with its encoding, parts and price."""
    sms = sms_of(draft, language, settings, kind)
    split = split_text(sms.text)
    return SmsWording(
        language=language,
        text=sms.text,
        encoding="gsm-7" if split.encoding is Encoding.GSM7 else "ucs-2",
        characters=split.units,
        parts=len(split.parts),
        recipients=recipients,
        cost_pln=round(len(split.parts) * recipients * settings.sms_price_pln, 2),
        written=sms.written,
        unrepresentable=sms.unrepresentable,
        shortened=sms.text.endswith("...") and not sms.written.endswith(("...", "…")),
    )


def message_view(draft: Draft, channel: Channel, language: Language, kind: VersionKind, recipients: int) -> Wording:
    """What a push message or an e-mail says in one language."""
    text: Text = draft.texts[language]
    return Wording(
        channel=channel,
        language=language,
        title=headline(kind, draft.severity, language, text.title, drill=draft.drill),
        text=f"{text.body}\n{text.instruction}".strip(),
        recipients=recipients,
    )
