"""How a title is marked wherever it is told (message, feed, CAP): that it is a drill, an update, an all-clear, an emergency."""

from typing import Literal

from hejnal_contracts.base import Language, Severity

VersionKind = Literal["issued", "updated", "cancelled"]

DRILL = {Language.PL: "ĆWICZENIA", Language.EN: "DRILL", Language.UK: "НАВЧАННЯ"}
UPDATED = {Language.PL: "Aktualizacja", Language.EN: "Update", Language.UK: "Оновлення"}
CANCELLED = {Language.PL: "Odwołanie", Language.EN: "All clear", Language.UK: "Відбій"}
EMERGENCY = {Language.PL: "Zagrożenie", Language.EN: "Emergency", Language.UK: "Небезпека"}


def headline(kind: VersionKind, severity: Severity, language: Language, title: str, *, drill: bool) -> str:
    """A title with its marks before it: "ĆWICZENIA: Odwołanie: Nie ma wody"."""
    marks = [DRILL[language]] if drill else []
    if kind == "updated":
        marks.append(UPDATED[language])
    elif kind == "cancelled":
        marks.append(CANCELLED[language])
    elif severity is Severity.EMERGENCY:
        marks.append(EMERGENCY[language])
    return ": ".join([*marks, title])
