"""Rules of alerts at the staff door."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, Field

from hejnal_gateway.access import Res, StaffRequired
from hejnal_gateway.accounts.roles import KEEP_ALERT_RULES, SEE_ALERTS
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.alerts.rule import AlertRule, AlertRuleDraft
from hejnal_gateway.audit.facts import publish_audit

router = APIRouter(prefix="/api/v1/alert-rules", tags=["alerts"])
Seer = Annotated[StaffSession, Depends(StaffRequired(SEE_ALERTS))]
Keeper = Annotated[StaffSession, Depends(StaffRequired(KEEP_ALERT_RULES))]
RuleId = Annotated[str, Path(min_length=1, max_length=64)]


class AlertRuleList(BaseModel):
    """In the order in which they are asked: the first that fits decides."""

    items: list[AlertRule]


class ChangedAlertRule(AlertRuleDraft):
    """A rule's new text."""

    version: int = Field(ge=1, description="The version this change was made from; 409 when it is no longer the newest")


@router.get("", summary="What raises alerts")
async def list_alert_rules(resources: Res, _staff: Seer) -> AlertRuleList:
    """All rules."""
    async with resources.database.read() as session:
        return AlertRuleList(items=await resources.alert_rules.all(session))


@router.post("", status_code=201, summary="Add a rule")
async def add_alert_rule(body: AlertRuleDraft, resources: Res, staff: Keeper, response: Response) -> AlertRule:
    """It counts from the next fact on."""
    now = resources.clock.now()
    async with resources.database.transaction() as session:
        rule = await resources.alert_rules.add(session, body, by=staff.account_id, now=now)
        await publish_audit(session, staff, "alert-rule.added", now, object_id=rule.rule_id)
    response.headers["Location"] = f"/api/v1/alert-rules/{rule.rule_id}"
    return rule


@router.put("/{rule_id}", summary="Change a rule")
async def change_alert_rule(rule_id: RuleId, body: ChangedAlertRule, resources: Res, staff: Keeper) -> AlertRule:
    """Open alerts keep the escalation with which they were raised."""
    now = resources.clock.now()
    draft = AlertRuleDraft(**body.model_dump(exclude={"version"}))
    async with resources.database.transaction() as session:
        rule = await resources.alert_rules.change(session, rule_id, draft, version=body.version, by=staff.account_id, now=now)
        await publish_audit(session, staff, "alert-rule.changed", now, object_id=rule_id)
    return rule


@router.delete("/{rule_id}", status_code=204, summary="Remove a rule")
async def remove_alert_rule(
    rule_id: RuleId, resources: Res, staff: Keeper, version: Annotated[int | None, Query(ge=1)] = None
) -> None:
    """What only this rule spoke of raises nothing any more."""
    now = resources.clock.now()
    async with resources.database.transaction() as session:
        await resources.alert_rules.remove(session, rule_id, version=version)
        await publish_audit(session, staff, "alert-rule.removed", now, object_id=rule_id)
