"""The law's ceiling. A longer one needs a signed-off decision, which goes into the audit log when the service starts."""

from datetime import datetime

from sqlalchemy import text

from hejnal_contracts.audit import Actor, AuditRecorded
from hejnal_runtime.database import Database
from hejnal_runtime.ids import new_id
from hejnal_runtime.outbox import publish

LEGAL_CEILING_DAYS = 90
"""Art. 9a of the act on municipal government: at most 3 months, whatever a setting says."""
SOURCE = "recorder"

_INSERT = text(
    """
    insert into decisions (decision_id, what, decision, recorded_at) values (:decision_id, :what, :decision, :now)
    on conflict do nothing returning decision_id
    """
)


class CeilingError(ValueError):
    """The setting goes beyond the law without a decision."""


def check_ceiling(ceiling_days: int, decision: str) -> None:
    """CeilingError when the ceiling is above the law's and no decision is named."""
    if ceiling_days > LEGAL_CEILING_DAYS and len(decision.strip()) < 10:
        raise CeilingError(
            f"HEJNAL_RECORDER_CEILING_DAYS is {ceiling_days}, the law allows {LEGAL_CEILING_DAYS}. Name the signed-off decision "
            "in HEJNAL_RECORDER_CEILING_DECISION (who decided, when, its number); it is entered into the audit log."
        )


async def record_decision(database: Database, ceiling_days: int, decision: str, now: datetime) -> bool:
    """Enter the decision into the audit log, once; True when it was new."""
    if ceiling_days <= LEGAL_CEILING_DAYS:
        return False
    what = f"ceiling of {ceiling_days} days"
    values = {"decision_id": new_id(), "what": what, "decision": decision.strip(), "now": now}
    async with database.transaction() as session:
        decision_id = (await session.execute(_INSERT, values)).scalar_one_or_none()
        if decision_id is None:
            return False
        fact = AuditRecorded(
            entry_id=decision_id,
            actor_id=SOURCE,
            actor=Actor(kind="service", id=SOURCE),
            action="retention.ceiling-raised",
            object_id=what,
            reason=decision.strip(),
            at=now,
        )
        await publish(session, fact, source=SOURCE)
    return True
