"""An alert's life: raised → (escalated) → acknowledged → assigned → resolved. Pure: no I/O, time is handed in."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from hejnal_contracts.base import Point, Severity
from hejnal_gateway.alerts.occurrence import AlertKind, Occurrence
from hejnal_gateway.alerts.rule import EscalationLevel
from hejnal_runtime.errors import AppError, Kind

Outcome = Literal["handled", "false_alarm", "duplicate"]
_ORDER = list(Severity)


class AlertState(StrEnum):
    """Where an alert is in its life. `escalated`: raised, and nobody took it in time."""

    RAISED = "raised"
    ESCALATED = "escalated"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    RESOLVED = "resolved"


WAITING = (AlertState.RAISED, AlertState.ESCALATED)
"""Nobody has taken it yet."""


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert as it stands; each change gives a new one with the next version."""

    alert_id: str
    version: int
    state: AlertState
    kind: AlertKind
    severity: Severity
    summary: str
    reason: str
    place: Point | None
    address: str
    camera_ids: tuple[str, ...]
    source: str
    rule_id: str | None
    dedup_key: str
    count: int
    raised_at: datetime
    raised_by: str | None
    last_at: datetime
    cleared_at: datetime | None
    level: int
    told: tuple[str, ...]
    escalation: tuple[EscalationLevel, ...]
    escalate_at: datetime | None
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    assigned_to: str | None
    assigned_by: str | None
    assigned_at: datetime | None
    outcome: Outcome | None
    resolution_note: str
    resolved_by: str | None
    resolved_at: datetime | None
    incident_id: str | None
    changed_at: datetime


class TakenError(AppError):
    """Somebody else was faster. `holder` is their account id; the door adds the name."""

    def __init__(self, holder: str | None, at: datetime | None, slug: str, what: str) -> None:
        super().__init__(Kind.CONFLICT, slug, what)
        self.holder = holder
        self.at = at
        self.what = what


def raised(
    alert_id: str,
    what: Occurrence,
    *,
    rule_id: str | None,
    severity: Severity,
    escalation: Sequence[EscalationLevel],
    now: datetime,
) -> AlertRow:
    """A fresh alert."""
    return AlertRow(
        alert_id=alert_id,
        version=1,
        state=AlertState.RAISED,
        kind=what.kind,
        severity=severity,
        summary=what.summary,
        reason=what.reason,
        place=what.place,
        address=what.address,
        camera_ids=what.camera_ids,
        source=what.source,
        rule_id=rule_id,
        dedup_key=what.dedup_key,
        count=1,
        raised_at=now,
        raised_by=what.raised_by,
        last_at=now,
        cleared_at=None,
        level=0,
        told=(),
        escalation=tuple(escalation),
        escalate_at=now + timedelta(seconds=escalation[0].after_s) if escalation else None,
        acknowledged_by=None,
        acknowledged_at=None,
        assigned_to=None,
        assigned_by=None,
        assigned_at=None,
        outcome=None,
        resolution_note="",
        resolved_by=None,
        resolved_at=None,
        incident_id=None,
        changed_at=now,
    )


def repeated(alert: AlertRow, what: Occurrence, severity: Severity, now: datetime) -> AlertRow:
    """The same again: it counts, and the gravest severity stays."""
    cameras = tuple(dict.fromkeys((*alert.camera_ids, *what.camera_ids)))[:32]
    gravest = max(alert.severity, severity, key=_ORDER.index)
    return _next(alert, now, count=alert.count + 1, last_at=now, cleared_at=None, severity=gravest, camera_ids=cameras)


def cleared(alert: AlertRow, now: datetime) -> AlertRow | None:
    """Its cause is over by itself; a person still says what came of it. None when that is known or it is resolved."""
    if alert.state is AlertState.RESOLVED or alert.cleared_at is not None:
        return None
    return _next(alert, now, cleared_at=now)


def acknowledged(alert: AlertRow, by: str, now: datetime) -> AlertRow | None:
    """Taken by a person; None when that person has it already. TakenError when another one has."""
    if alert.state in WAITING:
        return _next(
            alert, now, state=AlertState.ACKNOWLEDGED, acknowledged_by=by, acknowledged_at=now, escalate_at=None, told=()
        )
    _demand_open(alert)
    if alert.acknowledged_by == by:
        return None
    raise TakenError(alert.acknowledged_by, alert.acknowledged_at, "alert-taken", "The alert has been taken")


def assigned(alert: AlertRow, to: str, by: str, now: datetime, *, expected: int | None) -> AlertRow | None:
    """Given to a patrol or person; None when it is there already. An alert that nobody took is taken by this."""
    _demand_open(alert)
    if alert.assigned_to == to:
        return None
    _demand_version(alert, expected)
    return _next(
        alert,
        now,
        state=AlertState.ASSIGNED,
        assigned_to=to,
        assigned_by=by,
        assigned_at=now,
        escalate_at=None,
        told=(),
        **_taken_by_that(alert, by, now),
    )


def resolved(alert: AlertRow, outcome: Outcome, note: str, by: str, now: datetime, *, expected: int | None) -> AlertRow | None:
    """Over; None when the same person said the same before."""
    if alert.state is AlertState.RESOLVED and (alert.resolved_by, alert.outcome) == (by, outcome):
        return None
    _demand_open(alert)
    _demand_version(alert, expected)
    return _next(
        alert,
        now,
        state=AlertState.RESOLVED,
        outcome=outcome,
        resolution_note=note,
        resolved_by=by,
        resolved_at=now,
        escalate_at=None,
        told=(),
        **_taken_by_that(alert, by, now),
    )


def escalated(alert: AlertRow, now: datetime) -> AlertRow | None:
    """One level up when its time has come; None when somebody took it or it is not due."""
    if alert.state not in WAITING or alert.escalate_at is None or alert.escalate_at > now:
        return None
    if alert.level >= len(alert.escalation):
        return None
    told = tuple(dict.fromkeys((*alert.told, *(role.value for role in alert.escalation[alert.level].tell))))
    level = alert.level + 1
    following = alert.escalation[level].after_s if level < len(alert.escalation) else None
    due = None if following is None else now + timedelta(seconds=following)
    return _next(alert, now, state=AlertState.ESCALATED, level=level, told=told, escalate_at=due)


def joined(alert: AlertRow, incident_id: str | None, now: datetime) -> AlertRow | None:
    """Part of an incident, or of none; None when nothing changes."""
    return None if alert.incident_id == incident_id else _next(alert, now, incident_id=incident_id)


def _next(alert: AlertRow, now: datetime, **changes: object) -> AlertRow:
    return replace(alert, version=alert.version + 1, changed_at=now, **changes)  # type: ignore[arg-type]


def _taken_by_that(alert: AlertRow, by: str, now: datetime) -> dict[str, object]:
    """Who works on an alert that nobody took has taken it."""
    return {} if alert.acknowledged_by else {"acknowledged_by": by, "acknowledged_at": now}


def _demand_open(alert: AlertRow) -> None:
    if alert.state is AlertState.RESOLVED:
        raise TakenError(alert.resolved_by, alert.resolved_at, "alert-resolved", "The alert has been resolved")


def _demand_version(alert: AlertRow, expected: int | None) -> None:
    if expected is not None and expected != alert.version:
        by, at = (alert.assigned_by, alert.assigned_at) if alert.assigned_by else (alert.acknowledged_by, alert.acknowledged_at)
        raise TakenError(
            by, at, "alert-changed-meanwhile", f"The alert has changed (version {alert.version}, yours was {expected})"
        )
