"""The notifier's own words, in three languages. What happened is the town's text; here is only the frame around it."""

from dataclasses import dataclass
from datetime import datetime

from hejnal_contracts import headlines
from hejnal_contracts.announcements import Text
from hejnal_contracts.base import Language, Severity
from hejnal_notifier.sending.job import AnnouncementContent, DirectContent
from hejnal_runtime.quiet_hours import TOWN_TIME


@dataclass(frozen=True, slots=True)
class Words:
    """One language."""

    severity: dict[Severity, str]
    valid: str
    more: str
    why: str
    unsubscribe: str
    code_subject: str
    code_body: str
    code_sms: str
    digest: str
    test_subject: str
    test_body: str


WORDS: dict[Language, Words] = {
    Language.PL: Words(
        severity={
            Severity.INFO: "Informacja",
            Severity.NOTICE: "Utrudnienie",
            Severity.WARNING: "Ostrzeżenie",
            Severity.EMERGENCY: headlines.EMERGENCY[Language.PL],
        },
        valid="Ważne od {start} do {end}",
        more="Całość i mapa",
        why="Ten list dostajesz, bo zapisano ten adres do powiadomień miasta {town}.",
        unsubscribe="Nie chcę więcej takich listów",
        code_subject="{code} to Twój kod do Hejnału",
        code_body="Twój kod: {code}\n\n"
        "Wpisz go na stronie, na której trwa logowanie. Jeśli to nie Ty, nic nie rób: bez kodu nikt nie wejdzie.",
        code_sms="{code} to Twój kod do Hejnału ({town}). Nie podawaj go nikomu.",
        digest="{town}: przegląd komunikatów",
        test_subject="Wiadomość próbna",
        test_body="Działa! Tak będą wyglądać powiadomienia miasta {town}.",
    ),
    Language.EN: Words(
        severity={
            Severity.INFO: "Information",
            Severity.NOTICE: "Disruption",
            Severity.WARNING: "Warning",
            Severity.EMERGENCY: headlines.EMERGENCY[Language.EN],
        },
        valid="Valid from {start} to {end}",
        more="Full notice and map",
        why="You get this e-mail because this address was signed up for notices of the town of {town}.",
        unsubscribe="Stop these e-mails",
        code_subject="{code} is your Hejnał code",
        code_body="Your code: {code}\n\n"
        "Type it into the page where you are signing in. If that is not you, do nothing: nobody gets in without it.",
        code_sms="{code} is your code for Hejnał ({town}). Do not tell it to anyone.",
        digest="{town}: notices in brief",
        test_subject="Test message",
        test_body="It works! This is how notices of {town} will look.",
    ),
    Language.UK: Words(
        severity={
            Severity.INFO: "Інформація",
            Severity.NOTICE: "Незручності",
            Severity.WARNING: "Попередження",
            Severity.EMERGENCY: headlines.EMERGENCY[Language.UK],
        },
        valid="Діє з {start} до {end}",
        more="Повний текст і мапа",
        why="Ви отримали цей лист, бо цю адресу підписано на сповіщення міста {town}.",
        unsubscribe="Більше не надсилати таких листів",
        code_subject="{code} — ваш код для Hejnał",
        code_body="Ваш код: {code}\n\n"
        "Введіть його на сторінці, де ви входите. Якщо це не ви, нічого не робіть: без коду ніхто не ввійде.",
        code_sms="{code} — ваш код Hejnał ({town}). Нікому його не кажіть.",
        digest="{town}: огляд повідомлень",
        test_subject="Пробне повідомлення",
        test_body="Працює! Так виглядатимуть сповіщення міста {town}.",
    ),
}


def headline(content: AnnouncementContent, language: Language, words: Text) -> str:
    """The title with what kind of version it is: "Odwołanie: Nie ma wody"."""
    return headlines.headline(content.kind, content.severity, language, words.title, drill=content.drill)


def direct_words(content: DirectContent, language: Language, *, town: str = "") -> tuple[str, str]:
    """Subject and body of a message to one person."""
    own = WORDS[language]
    if content.kind == "one_time_code":
        return own.code_subject.format(code=content.code), own.code_body.format(code=content.code)
    if content.kind == "notice":
        return content.subject, content.body
    return own.test_subject, own.test_body.format(town=town)


def local_time(at: datetime) -> str:
    """An instant as people in the town read it."""
    return at.astimezone(TOWN_TIME).strftime("%d.%m.%Y %H:%M")
