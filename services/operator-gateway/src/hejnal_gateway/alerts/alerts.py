"""Alerts in the caller's transaction: each change is a row, an entry of the log, and a fact on the public topic, or nothing."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.alerts import (
    AlertAcknowledged,
    AlertAssigned,
    AlertEscalated,
    AlertRaised,
    AlertRepeated,
    AlertResolved,
)
from hejnal_contracts.base import Severity
from hejnal_gateway import metrics
from hejnal_gateway.alerts import alert as life
from hejnal_gateway.alerts import store
from hejnal_gateway.alerts.alert import AlertRow, Outcome
from hejnal_gateway.alerts.occurrence import Occurrence
from hejnal_gateway.alerts.rule import AlertRule, deciding, waits_until
from hejnal_gateway.alerts.rules import AlertRules
from hejnal_gateway.alerts.tables import alert_requests_seen, deferred_alerts
from hejnal_gateway.audit.facts import SOURCE
from hejnal_runtime.ids import new_id
from hejnal_runtime.outbox import publish

_USUAL_WINDOW_S = 900


class Alerts:
    """What may be done with alerts. Everything locks the alert's row first, so that facts keep the order of versions."""

    def __init__(self, rules: AlertRules) -> None:
        self._rules = rules

    async def raise_(
        self, session: AsyncSession, what: Occurrence, now: datetime, *, request_key: str | None = None, at_once: bool = False
    ) -> AlertRow | None:
        """The alert that this raised or joined; None when no rule wants one, or not now (quiet hours).

        `request_key`: asking again with the same key gives the same alert. `at_once`: its quiet hours are over.
        """
        if request_key is not None:
            known = await self._claim(session, request_key)
            if known is not None:
                return await store.find(session, known) if known else None
        rule = deciding(await self._rules.all(session), what)
        if (rule is None and what.trigger not in ("manual", "system")) or (rule is not None and not rule.raises):
            return None
        severity = (rule.severity if rule else None) or what.severity
        if rule is not None and not at_once and (due := waits_until(rule, severity, now)) is not None:
            await self._defer(session, what, due)
            return None
        alert = await self._raise(session, what, rule, severity, now)
        if request_key is not None:
            known_row = alert_requests_seen.c.request_key == request_key
            await session.execute(alert_requests_seen.update().where(known_row).values(alert_id=alert.alert_id))
        return alert

    async def _raise(
        self, session: AsyncSession, what: Occurrence, rule: AlertRule | None, severity: Severity, now: datetime
    ) -> AlertRow:
        window = timedelta(seconds=rule.window_s if rule else _USUAL_WINDOW_S)
        before = await store.open_with_key(session, what.dedup_key, now - window)
        if before is not None:
            alert = life.repeated(before, what, severity, now)
            await store.replace_row(session, alert)
            await store.note(session, alert.alert_id, "repeated", now, text=what.summary)
            repeat = AlertRepeated(
                alert_id=alert.alert_id,
                count=alert.count,
                severity=alert.severity,
                source=what.source,
                at=now,
                version=alert.version,
            )
            await publish(session, repeat, source=SOURCE)
            return alert
        escalation = rule.escalation if rule else ()
        rule_id = rule.rule_id if rule else None
        alert = life.raised(new_id(), what, rule_id=rule_id, severity=severity, escalation=escalation, now=now)
        await store.add(session, alert)
        await store.note(session, alert.alert_id, "raised", now, by=what.raised_by, text=what.summary)
        fact = AlertRaised(
            alert_id=alert.alert_id,
            kind=alert.kind,
            severity=alert.severity,
            summary=alert.summary,
            place=alert.place,
            address=alert.address,
            camera_ids=alert.camera_ids,
            source=alert.source,
            reason=alert.reason,
            raised_at=alert.raised_at,
            version=alert.version,
        )
        await publish(session, fact, source=SOURCE)
        metrics.ALERTS.labels(alert.kind).inc()
        return alert

    async def acknowledge(self, session: AsyncSession, alert_id: str, *, by: str, now: datetime) -> AlertRow:
        """Taken by a person. life.TakenError when another one was faster."""
        before = await store.find(session, alert_id, lock=True)
        alert = life.acknowledged(before, by, now)
        if alert is None:
            return before
        await store.replace_row(session, alert)
        await store.note(session, alert_id, "acknowledged", now, by=by)
        fact = AlertAcknowledged(alert_id=alert_id, by=by, at=now, version=alert.version)
        await publish(session, fact, source=SOURCE)
        return alert

    async def assign(
        self, session: AsyncSession, alert_id: str, *, to: str, by: str, expected: int | None, now: datetime
    ) -> AlertRow:
        """Given to a patrol or person."""
        before = await store.find(session, alert_id, lock=True)
        alert = life.assigned(before, to, by, now, expected=expected)
        if alert is None:
            return before
        await store.replace_row(session, alert)
        await store.note(session, alert_id, "assigned", now, by=by, text=to)
        fact = AlertAssigned(alert_id=alert_id, to=to, by=by, at=now, version=alert.version)
        await publish(session, fact, source=SOURCE)
        return alert

    async def resolve(
        self,
        session: AsyncSession,
        alert_id: str,
        *,
        outcome: Outcome,
        note: str,
        by: str,
        expected: int | None,
        now: datetime,
    ) -> AlertRow:
        """Over, with what came of it."""
        before = await store.find(session, alert_id, lock=True)
        alert = life.resolved(before, outcome, note, by, now, expected=expected)
        if alert is None:
            return before
        await store.replace_row(session, alert)
        await store.note(session, alert_id, "resolved", now, by=by, text=note)
        fact = AlertResolved(alert_id=alert_id, outcome=outcome, note=note, by=by, at=now, version=alert.version)
        await publish(session, fact, source=SOURCE)
        return alert

    async def note(
        self, session: AsyncSession, alert_id: str, *, text: str, by: str, now: datetime, note_id: str | None
    ) -> AlertRow:
        """A word in the alert's log; the same `note_id` again adds nothing."""
        alert = await store.find(session, alert_id, lock=True)
        await store.note(session, alert_id, "note", now, by=by, text=text, entry_id=note_id)
        return alert

    async def escalate(self, session: AsyncSession, before: AlertRow, now: datetime) -> AlertRow | None:
        """One level up, for a row that is locked here; None when it is not due."""
        alert = life.escalated(before, now)
        if alert is None:
            return None
        await store.replace_row(session, alert)
        await store.note(session, alert.alert_id, "escalated", now, text=", ".join(alert.told))
        fact = AlertEscalated(
            alert_id=alert.alert_id,
            level=alert.level,
            tell=alert.told,
            severity=alert.severity,
            summary=alert.summary,
            at=now,
            version=alert.version,
        )
        await publish(session, fact, source=SOURCE)
        metrics.ALERT_ESCALATIONS.inc()
        return alert

    async def clear(self, session: AsyncSession, dedup_key: str, now: datetime) -> None:
        """What raised it is over by itself: said at the open alert, and nothing waits for the end of quiet hours any more."""
        await session.execute(delete(deferred_alerts).where(deferred_alerts.c.dedup_key == dedup_key))
        before = await store.open_with_key(session, dedup_key, now - timedelta(days=365))
        alert = life.cleared(before, now) if before is not None else None
        if alert is not None:
            await store.replace_row(session, alert)
            await store.note(session, alert.alert_id, "cleared", now)

    async def join(self, session: AsyncSession, alert_id: str, incident_id: str | None, *, by: str, now: datetime) -> AlertRow:
        """Make it part of an incident, or of none."""
        before = await store.find(session, alert_id, lock=True)
        alert = life.joined(before, incident_id, now)
        if alert is None:
            return before
        await store.replace_row(session, alert)
        await store.note(session, alert_id, "joined" if incident_id else "left", now, by=by, text=incident_id or "")
        return alert

    async def take_deferred(self, session: AsyncSession, now: datetime, limit: int = 50) -> int:
        """Raise what has waited for the end of quiet hours; how many there were."""
        query = (
            select(deferred_alerts)
            .where(deferred_alerts.c.due_at <= now)
            .order_by(deferred_alerts.c.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = (await session.execute(query)).all()
        for row in rows:
            await session.execute(delete(deferred_alerts).where(deferred_alerts.c.dedup_key == row.dedup_key))
            await self.raise_(session, Occurrence.model_validate(row.occurrence), now, at_once=True)
        return len(rows)

    async def _claim(self, session: AsyncSession, request_key: str) -> str | None:
        """None for a key that is new; otherwise the alert it led to, or "" when it led to none."""
        statement = insert(alert_requests_seen).values(request_key=request_key).on_conflict_do_nothing()
        if (await session.execute(statement.returning(alert_requests_seen.c.request_key))).first() is not None:
            return None
        query = select(alert_requests_seen.c.alert_id).where(alert_requests_seen.c.request_key == request_key)
        return (await session.execute(query)).scalar() or ""

    async def _defer(self, session: AsyncSession, what: Occurrence, due: datetime) -> None:
        row = {"occurrence": what.model_dump(mode="json"), "due_at": due}
        statement = insert(deferred_alerts).values(dedup_key=what.dedup_key, **row)
        await session.execute(statement.on_conflict_do_update(index_elements=["dedup_key"], set_=row))
