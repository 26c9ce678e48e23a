"""Rules: what raises an alert, how grave it is, when it waits, and who is told when nobody takes it. Pure."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hejnal_contracts.base import CameraId, Severity
from hejnal_contracts.cameras import FaultCause, TamperKind
from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.alerts.occurrence import Occurrence
from hejnal_runtime.quiet_hours import TOWN_TIME, quiet_until

RuleTrigger = Literal["tamper", "camera_offline", "stream_fault", "report", "request", "manual"]


class QuietHours(BaseModel):
    """A time of day, in the town's zone, in which this rule raises nothing short of an emergency."""

    model_config = ConfigDict(extra="forbid")

    days: tuple[Annotated[int, Field(ge=1, le=7)], ...] = Field(
        default=(1, 2, 3, 4, 5, 6, 7), min_length=1, max_length=7, description="ISO days on which they begin; Monday is 1"
    )
    starts: time = Field(description="Local time; equal to `ends` means the whole day")
    ends: time = Field(description="Local time; before `starts` means on the next day")


class EscalationLevel(BaseModel):
    """Who is told when nobody acknowledged in time."""

    model_config = ConfigDict(extra="forbid")

    after_s: int = Field(ge=5, le=86_400, description="Counted from the raise, or from the level before")
    tell: tuple[Role, ...] = Field(
        min_length=1, max_length=6, description="Roles whose consoles call out; webhooks may ask for a level"
    )


class AlertRuleDraft(BaseModel):
    """What an administrator says. Rules are asked in order of `position`; the first that fits decides."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=120)
    trigger: RuleTrigger
    position: int = Field(default=100, ge=0, le=10_000)
    enabled: bool = True
    raises: bool = Field(default=True, description="False: what fits is no alert, an exception to the rules below")
    severity: Severity | None = Field(default=None, description="null: as grave as its source says")
    camera_ids: tuple[CameraId, ...] = Field(default=(), max_length=500, description="Only these; with groups: or those")
    camera_groups: tuple[str, ...] = Field(default=(), max_length=100)
    tamper_kinds: tuple[TamperKind, ...] = Field(default=(), description="Only these; empty: all")
    min_confidence: float = Field(default=0.0, ge=0, le=1)
    causes: tuple[FaultCause, ...] = Field(default=(), description="Only these; empty: all")
    categories: tuple[str, ...] = Field(default=(), max_length=100, description="Categories of reports; empty: all")
    urgent_only: bool = Field(default=True, description="Reports: only those of urgent categories")
    sources: tuple[str, ...] = Field(default=(), max_length=100, description="Outside systems that ask; empty: all")
    offline_after_s: int = Field(default=120, ge=5, le=86_400, description="How long a camera gives no picture before it counts")
    window_s: int = Field(default=900, ge=0, le=86_400, description="The same again within this time joins the open alert")
    quiet_hours: tuple[QuietHours, ...] = Field(default=(), max_length=14)
    escalation: tuple[EscalationLevel, ...] = Field(default=(), max_length=5)

    @model_validator(mode="after")
    def _not_all_day(self) -> Self:
        if any(hours.starts.tzinfo or hours.ends.tzinfo for hours in self.quiet_hours):
            raise ValueError("quiet hours are local times of the town, without an offset")
        return self


class AlertRule(AlertRuleDraft):
    """A rule as it stands."""

    rule_id: str
    version: int
    changed_by: str
    changed_at: datetime


def fits(rule: AlertRuleDraft, what: Occurrence) -> bool:
    """Whether a rule speaks of this."""
    if not rule.enabled or rule.trigger != what.trigger:
        return False
    if (rule.camera_ids or rule.camera_groups) and not (
        set(rule.camera_ids) & set(what.camera_ids) or set(rule.camera_groups) & set(what.groups)
    ):
        return False
    match what.trigger:
        case "tamper":
            kinds = not rule.tamper_kinds or what.tamper_kind in rule.tamper_kinds
            return kinds and (what.confidence is None or what.confidence >= rule.min_confidence)
        case "camera_offline" | "stream_fault":
            return not rule.causes or what.cause in rule.causes
        case "report":
            return (what.urgent or not rule.urgent_only) and (not rule.categories or what.category in rule.categories)
        case "request":
            return not rule.sources or what.source in rule.sources
        case _:
            return True


def deciding(rules: Sequence[AlertRule], what: Occurrence) -> AlertRule | None:
    """The first rule that fits, by position; None when no rule speaks of it."""
    return next((rule for rule in sorted(rules, key=lambda one: (one.position, one.rule_id)) if fits(rule, what)), None)


def waits_until(rule: AlertRuleDraft, severity: Severity, now: datetime) -> datetime | None:
    """The end of the quiet hours that hold this back, UTC; None when it may be raised now. Emergencies always may."""
    if severity is Severity.EMERGENCY:
        return None
    ends = [end for hours in rule.quiet_hours if (end := _quiet_end(hours, now)) is not None]
    return max(ends, default=None)


def _quiet_end(hours: QuietHours, now: datetime) -> datetime | None:
    local = now.astimezone(TOWN_TIME)
    at = local.time().replace(tzinfo=None)
    began_yesterday = hours.starts > hours.ends and at < hours.ends
    day = (local - timedelta(days=1)).isoweekday() if began_yesterday else local.isoweekday()
    if day not in hours.days:
        return None
    if hours.starts == hours.ends:
        following = datetime.combine(local.date() + timedelta(days=1), time(), TOWN_TIME)
        return following.astimezone(now.tzinfo)
    return quiet_until(now, hours.starts, hours.ends)
