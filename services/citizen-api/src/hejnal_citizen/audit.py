"""Each act of staff is a fact for the audit log, in the same transaction as the act."""

from datetime import datetime

from hejnal_citizen.staff_access import Staff
from hejnal_contracts.audit import Actor, AuditRecorded
from hejnal_runtime.ids import new_id

COMMAND_LINE = "command-line"


def act(caller: Staff, action: str, object_id: str, *, now: datetime, reason: str = "") -> AuditRecorded:
    """What `caller` did (`action`, e.g. announcement.issued) to which object."""
    actor = Actor(kind="staff", id=caller.id, role=caller.role)
    return AuditRecorded(
        entry_id=new_id(), actor_id=caller.id, actor=actor, action=action, object_id=object_id, reason=reason, at=now
    )


def command_line(action: str, object_id: str, *, now: datetime) -> AuditRecorded:
    """What somebody did at the server's command line."""
    actor = Actor(kind="service", id=COMMAND_LINE)
    return AuditRecorded(entry_id=new_id(), actor_id=COMMAND_LINE, actor=actor, action=action, object_id=object_id, at=now)
