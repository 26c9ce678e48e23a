"""What reporters and followers are told, in the town's languages. An SMS says the same in one or two parts."""

from typing import Literal

from hejnal_contracts.base import Language

NoticeKind = Literal["received", "answered", "closed", "message", "reopened"]
LONGEST_SAID_SMS = 220
"""Characters of the town's own words that an SMS quotes; the page has the rest."""

_SUBJECT: dict[NoticeKind, dict[Language, str]] = {
    "received": {
        Language.PL: "Zgłoszenie {reference} przyjęte",
        Language.EN: "Report {reference} received",
        Language.UK: "Звернення {reference} прийнято",
    },
    "answered": {
        Language.PL: "Odpowiedź na zgłoszenie {reference}",
        Language.EN: "Answer to report {reference}",
        Language.UK: "Відповідь на звернення {reference}",
    },
    "closed": {
        Language.PL: "Zgłoszenie {reference} zakończone: {outcome}",
        Language.EN: "Report {reference} closed: {outcome}",
        Language.UK: "Звернення {reference} завершено: {outcome}",
    },
    "message": {
        Language.PL: "Wiadomość od urzędu w sprawie zgłoszenia {reference}",
        Language.EN: "Message from the town about report {reference}",
        Language.UK: "Повідомлення від міста щодо звернення {reference}",
    },
    "reopened": {
        Language.PL: "Zgłoszenie {reference} otwarto ponownie",
        Language.EN: "Report {reference} was reopened",
        Language.UK: "Звернення {reference} відкрито знову",
    },
}
_OUTCOME: dict[str, dict[Language, str]] = {
    "fixed": {Language.PL: "naprawione", Language.EN: "fixed", Language.UK: "виправлено"},
    "not_ours": {Language.PL: "poza zadaniami miasta", Language.EN: "not the town's", Language.UK: "поза компетенцією міста"},
    "duplicate": {Language.PL: "zgłoszone wcześniej", Language.EN: "reported before", Language.UK: "повідомлено раніше"},
    "rejected": {Language.PL: "nie będzie realizowane", Language.EN: "will not be done", Language.UK: "не буде виконано"},
}
_MORE = {
    Language.PL: "Całość i odpowiedź: {url}",
    Language.EN: "All of it, and to answer: {url}",
    Language.UK: "Повністю та відповісти: {url}",
}


def words(
    kind: NoticeKind,
    language: Language,
    channel: Literal["email", "sms"],
    *,
    reference: str,
    said: str = "",
    outcome: str | None = None,
    url: str,
) -> tuple[str, str]:
    """Subject and body of a notice; an SMS has no subject of its own, its body says everything."""
    ending = _OUTCOME.get(outcome or "", {}).get(language, "")
    subject = _SUBJECT[kind][language].format(reference=reference, outcome=ending).removesuffix(": ")
    if channel == "sms":
        quoted = said if len(said) <= LONGEST_SAID_SMS else said[: LONGEST_SAID_SMS - 3].rstrip() + "..."
        return subject, f"{subject}. {quoted}".strip()
    parts = [subject + ".", said, _MORE[language].format(url=url)]
    return subject, "\n\n".join(part for part in parts if part)
