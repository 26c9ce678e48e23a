"""What holds in a consultation. Pure: the moment and what is known are handed in."""

from collections.abc import Sequence
from datetime import datetime

from hejnal_citizen.consultations.schemas import State, VoteRule
from hejnal_contracts.base import Language
from hejnal_runtime.errors import AppError, Kind

STATEMENTS: dict[VoteRule, dict[Language, str]] = {
    "person": {
        Language.PL: (
            "Jeden głos na konto z potwierdzonym adresem e-mail lub numerem telefonu. Kto nie chce ich "
            "podawać, głosuje na papierze "
            "w urzędzie. Nie sprawdzamy, czy ktoś ma więcej niż jeden adres."
        ),
        Language.EN: (
            "One vote per account with a proven e-mail address or phone number. Who does not want to give them "
            "votes on paper at the "
            "town office. We do not check whether somebody has more than one address."
        ),
        Language.UK: (
            "Один голос на обліковий запис із підтвердженою адресою e-mail або номером телефону. Хто не хоче "
            "їх надавати, голосує на "
            "папері в міській раді. Ми не перевіряємо, чи має хтось більше ніж одну адресу."
        ),
    },
    "device": {
        Language.PL: (
            "Jeden głos na urządzenie (przeglądarkę). Kto ma kilka urządzeń albo wyczyści przeglądarkę, może "
            "zagłosować ponownie, "
            "dlatego wynik pokazuje nastroje, a nie liczbę osób."
        ),
        Language.EN: (
            "One vote per device (browser). Somebody with several devices, or who clears the browser, can vote "
            "again; so the result "
            "shows a mood, not a number of people."
        ),
        Language.UK: (
            "Один голос на пристрій (браузер). Хто має кілька пристроїв або очистить браузер, може "
            "проголосувати знову, тому результат "
            "показує настрої, а не кількість людей."
        ),
    },
    "none": {
        Language.PL: "Tu nie głosujemy: zbieramy opinie.",
        Language.EN: "There is no vote here: we collect opinions.",
        Language.UK: "Тут не голосують: ми збираємо думки.",
    },
}


def state_of(
    *, opened_at: datetime | None, closed_at: datetime | None, opens_at: datetime, closes_at: datetime, now: datetime
) -> State:
    """How a consultation stands at `now`."""
    if closed_at is not None:
        return "closed"
    if opened_at is None:
        return "draft"
    if now < opens_at:
        return "scheduled"
    return "open" if now < closes_at else "counting"


def require_open(state: State) -> None:
    """AppError(CONFLICT) unless people may take part now."""
    if state == "scheduled":
        raise AppError(Kind.CONFLICT, "consultation-not-open", "This consultation has not begun yet.")
    if state != "open":
        raise AppError(Kind.CONFLICT, "consultation-over", "This consultation is over. Thank you for wanting to take part.")


def check_choices(choices: Sequence[str], codes: Sequence[str], most: int) -> list[str]:
    """The choices without repeats, in the order of the options. AppError(INVALID) for unknown ones or too many."""
    unknown = sorted(set(choices) - set(codes))
    if unknown:
        raise _invalid("unknown-option", f"There is no option {unknown[0]!r} here.")
    chosen = [code for code in codes if code in set(choices)]
    if len(chosen) > most:
        raise _invalid("too-many-choices", f"At most {most} may be chosen.")
    return chosen


def _invalid(code: str, detail: str) -> AppError:
    return AppError(Kind.INVALID, code, detail, errors=[{"pointer": "/body/choices", "code": code, "detail": detail}])
