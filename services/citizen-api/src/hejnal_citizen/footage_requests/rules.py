"""When an answer is due, and what may follow what. Pure."""

import calendar
from datetime import datetime, time, timedelta

from hejnal_citizen.footage_requests.schemas import Outcome, State
from hejnal_contracts.base import Language
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.quiet_hours import TOWN_TIME

MONTHS = 1
EXTENSION_MONTHS = 2
_WITHOUT_IDENTITY: frozenset[Outcome] = frozenset({"identity_not_shown", "no_footage", "refused"})
NEXT_STEPS: dict[Language, str] = {
    Language.PL: (
        "Zabezpieczymy nagranie, jeśli jeszcze istnieje, i poprosimy o potwierdzenie tożsamości: w urzędzie, "
        "profilem zaufanym lub "
        "podpisem kwalifikowanym. Odpowiemy najpóźniej w ciągu miesiąca. Zapisz numer sprawy."
    ),
    Language.EN: (
        "We will secure the footage if it still exists and ask you to show who you are: at the town office, by "
        "trusted profile or by "
        "qualified signature. We answer within a month at the latest. Please note the reference."
    ),
    Language.UK: (
        "Ми збережемо запис, якщо він ще існує, і попросимо підтвердити особу: у міській раді, довіреним "
        "профілем або кваліфікованим "
        "підписом. Відповімо щонайпізніше протягом місяця. Запишіть номер справи."
    ),
}


def due_at(submitted_at: datetime, months: int = MONTHS) -> datetime:
    """The end of the day on which so many months are over, in the town's time.

    The period ends on the day with the same number, or on the month's last day where there is none (Regulation 1182/71, art. 3).
    It is not moved past weekends and holidays, as the law would allow: the earlier reading is the safe one.
    """
    day = submitted_at.astimezone(TOWN_TIME).date()
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    last = calendar.monthrange(year, month)[1]
    end = datetime.combine(day.replace(year=year, month=month, day=min(day.day, last)), time(23, 59, 59), TOWN_TIME)
    return end.astimezone(submitted_at.tzinfo)


def days_left(due: datetime, now: datetime) -> int:
    """Whole days until it is due; negative when it is late."""
    return (due - now) // timedelta(days=1)


def check_span(starts_at: datetime, ends_at: datetime, now: datetime, longest_kept_days: int) -> None:
    """AppError(INVALID) for footage that cannot exist: of the future, or older than anything is kept."""
    if ends_at > now:
        raise _invalid("/body/to", "in-the-future", "The time you ask for is not over yet.")
    if starts_at < now - timedelta(days=longest_kept_days):
        detail = f"Recordings are kept for at most {longest_kept_days} days; those of that time are deleted for good."
        raise _invalid("/body/from", "too-long-ago", detail)


def require_unanswered(state: State) -> None:
    """AppError(CONFLICT) when the request has had its answer."""
    if state == "answered":
        raise AppError(Kind.CONFLICT, "request-answered", "This request has been answered. Anything else needs a new one.")


def check_answer(state: State, outcome: Outcome, export_id: str) -> None:
    """AppError(CONFLICT) when nothing may be handed over yet."""
    require_unanswered(state)
    if state != "identity_confirmed" and outcome not in _WITHOUT_IDENTITY:
        raise AppError(Kind.CONFLICT, "identity-not-confirmed", "Confirm who is asking before anything is handed over.")
    if outcome == "provided" and not export_id:
        raise AppError(Kind.CONFLICT, "export-missing", "Name the evidence package that was handed over first.")


def _invalid(pointer: str, code: str, detail: str) -> AppError:
    return AppError(Kind.INVALID, code, detail, errors=[{"pointer": pointer, "code": code, "detail": detail}])
