"""When a second person must agree before something is sent, and who that may be. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

from hejnal_citizen.announcements.schemas import ApprovalReason
from hejnal_citizen.announcements.wording import SmsCost
from hejnal_citizen.settings import Settings
from hejnal_citizen.staff_access import APPROVERS, Staff
from hejnal_contracts.base import Severity
from hejnal_runtime.errors import AppError, Kind


@dataclass(frozen=True, slots=True)
class FourEyes:
    """The town's rule."""

    emergencies: bool
    above_pln: float | None

    @classmethod
    def of(cls, settings: Settings) -> "FourEyes":
        """As the settings say."""
        return cls(settings.four_eyes_emergencies, settings.four_eyes_above_pln)

    def reasons(self, severity: Severity, cost_pln: float) -> list[ApprovalReason]:
        """Why somebody else must agree; empty when nobody need. A drill is sent to the same people and judged the same."""
        found: list[ApprovalReason] = []
        if self.emergencies and severity is Severity.EMERGENCY:
            found.append("emergency")
        if self.above_pln is not None and cost_pln > self.above_pln:
            found.append("cost")
        return found

    def demand_none(self, severity: Severity, cost: SmsCost) -> None:
        """AppError(CONFLICT) when this may not be sent by one person alone."""
        reasons = self.reasons(severity, cost.pln)
        if not reasons:
            return
        costs = "cost" if cost.exact else "may cost up to (notifier does not say it exactly now)"
        said = {
            "emergency": "it is an emergency",
            "cost": f"its SMS {costs} {cost.pln:.2f} zł, more than the {self.above_pln or 0:.2f} zł one person may spend",
        }
        detail = f"A second person must agree: {' and '.join(said[reason] for reason in reasons)}. Submit it as a draft."
        raise AppError(Kind.CONFLICT, "approval-needed", detail)


def require_second_person(caller: Staff, authors: Collection[str]) -> None:
    """AppError(FORBIDDEN) unless `caller` may decide about what `authors` wrote: another person, with a role for it."""
    if caller.id in authors:
        detail = "Whoever wrote on a draft cannot approve or reject it. Ask somebody else; you may withdraw it."
        raise AppError(Kind.FORBIDDEN, "own-draft", detail)
    if caller.role not in APPROVERS:
        raise AppError(Kind.FORBIDDEN, "role-missing", "Your role does not allow this. Ask an administrator if it should.")
