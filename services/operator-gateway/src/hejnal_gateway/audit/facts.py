"""Writing audit facts: always through the outbox, in the transaction of what they tell of."""

from datetime import datetime
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.audit import Actor, AuditRecorded
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_runtime.ids import new_id
from hejnal_runtime.outbox import publish

SOURCE = "operator-gateway"
UNKNOWN_ACTOR = "unknown"
COMMAND_LINE_ACTOR = "command-line"
PROVIDER_ACTOR = "identity-provider"


async def publish_audit(
    session: AsyncSession,
    staff: StaffSession,
    action: str,
    at: datetime,
    *,
    object_id: str = "",
    camera_id: str | None = None,
    footage_from: datetime | None = None,
    footage_until: datetime | None = None,
    reason: str = "",
    outcome: Literal["allowed", "refused", "failed"] = "allowed",
) -> None:
    """One entry about what a member of staff did."""
    fact = AuditRecorded(
        entry_id=new_id(),
        actor_id=staff.account_id,
        actor=Actor(kind="staff", id=staff.account_id, role=staff.role.value),
        action=action,
        object_id=object_id,
        camera_id=camera_id,
        footage_from=footage_from,
        footage_until=footage_until,
        reason=reason,
        source_ip=staff.source_ip,
        outcome=outcome,
        at=at,
    )
    await publish(session, fact, source=SOURCE)


async def publish_by_service(session: AsyncSession, actor_id: str, action: str, at: datetime, *, object_id: str = "") -> None:
    """One entry about what no member of staff did here: this service's commands, the identity provider."""
    fact = AuditRecorded(
        entry_id=new_id(),
        actor_id=actor_id,
        actor=Actor(kind="service", id=actor_id),
        action=action,
        object_id=object_id,
        at=at,
    )
    await publish(session, fact, source=SOURCE)


async def publish_refused_sign_in(session: AsyncSession, account_id: str | None, source_ip: str, at: datetime) -> None:
    """Somebody was not let in. What was typed is not kept: people type passwords into the wrong field."""
    actor_id = account_id or UNKNOWN_ACTOR
    fact = AuditRecorded(
        entry_id=new_id(),
        actor_id=actor_id,
        actor=Actor(kind="staff", id=actor_id),
        action="session.opened",
        source_ip=source_ip,
        outcome="refused",
        at=at,
    )
    await publish(session, fact, source=SOURCE)
