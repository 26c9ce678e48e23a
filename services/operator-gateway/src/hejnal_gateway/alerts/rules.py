"""The rules as rows; an administrator changes them, with versions."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_gateway.alerts.rule import AlertRule, AlertRuleDraft
from hejnal_gateway.alerts.tables import alert_rules
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id


class AlertRules:
    """Reads and changes rules inside the caller's transaction."""

    async def all(self, session: AsyncSession) -> list[AlertRule]:
        """All rules in the order in which they are asked."""
        rows = await session.execute(select(alert_rules).order_by(alert_rules.c.position, alert_rules.c.rule_id))
        return [_rule(row) for row in rows]

    async def get(self, session: AsyncSession, rule_id: str, *, lock: bool = False) -> AlertRule:
        """One rule; AppError(NOT_FOUND) when there is none."""
        query = select(alert_rules).where(alert_rules.c.rule_id == rule_id)
        row = (await session.execute(query.with_for_update() if lock else query)).first()
        if row is None:
            raise AppError(Kind.NOT_FOUND, "alert-rule-unknown", "There is no such rule.")
        return _rule(row)

    async def add(self, session: AsyncSession, draft: AlertRuleDraft, *, by: str, now: datetime) -> AlertRule:
        """A new rule."""
        rule = AlertRule(**draft.model_dump(), rule_id=new_id(), version=1, changed_by=by, changed_at=now)
        await session.execute(insert(alert_rules).values(rule_id=rule.rule_id, **_values(rule)))
        return rule

    async def change(
        self, session: AsyncSession, rule_id: str, draft: AlertRuleDraft, *, version: int, by: str, now: datetime
    ) -> AlertRule:
        """Put another in its place. Open alerts keep the escalation with which they were raised."""
        await self._locked(session, rule_id, version)
        rule = AlertRule(**draft.model_dump(), rule_id=rule_id, version=version + 1, changed_by=by, changed_at=now)
        await session.execute(update(alert_rules).where(alert_rules.c.rule_id == rule_id).values(**_values(rule)))
        return rule

    async def remove(self, session: AsyncSession, rule_id: str, *, version: int | None) -> None:
        """Take it away; AppError(NOT_FOUND) when there is none."""
        await self._locked(session, rule_id, version)
        await session.execute(delete(alert_rules).where(alert_rules.c.rule_id == rule_id))

    async def _locked(self, session: AsyncSession, rule_id: str, version: int | None) -> None:
        before = await self.get(session, rule_id, lock=True)
        if version is not None and before.version != version:
            detail = f"The rule was changed meanwhile (version {before.version}, yours was {version}). Load it again."
            raise AppError(Kind.CONFLICT, "alert-rule-changed-meanwhile", detail)


def _values(rule: AlertRule) -> dict[str, object]:
    return {
        "version": rule.version,
        "position": rule.position,
        "trigger": rule.trigger,
        "enabled": rule.enabled,
        "rule": AlertRuleDraft(**rule.model_dump(include=set(AlertRuleDraft.model_fields))).model_dump(mode="json"),
        "changed_by": rule.changed_by,
        "changed_at": rule.changed_at,
    }


def _rule(row: Row[Any]) -> AlertRule:
    return AlertRule(**row.rule, rule_id=row.rule_id, version=row.version, changed_by=row.changed_by, changed_at=row.changed_at)
