"""An alert's life and its rules, without I/O."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hejnal_contracts.base import Severity
from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.alerts import alert as life
from hejnal_gateway.alerts.alert import AlertRow, AlertState, TakenError
from hejnal_gateway.alerts.occurrence import Occurrence
from hejnal_gateway.alerts.rule import AlertRule, EscalationLevel, QuietHours, deciding, fits, waits_until

NOW = datetime(2026, 11, 22, 7, tzinfo=UTC)
LEVELS = (
    EscalationLevel(after_s=60, tell=(Role.DISPATCHER,)),
    EscalationLevel(after_s=300, tell=(Role.DISPATCHER, Role.ADMIN)),
)


def happened(**changes: Any) -> Occurrence:
    values: dict[str, Any] = {
        "trigger": "tamper",
        "object_id": "cam-1:covered",
        "severity": Severity.WARNING,
        "summary": "Zasłonięty obraz: Rynek",
        "reason": "tamper:covered",
        "source": "cam-1",
        "at": NOW,
        "camera_ids": ("cam-1",),
        "tamper_kind": "covered",
        "confidence": 0.8,
    }
    return Occurrence(**values | changes)


def fresh(**changes: Any) -> AlertRow:
    return life.raised("a", happened(**changes), rule_id="r", severity=Severity.WARNING, escalation=LEVELS, now=NOW)


def rule(**changes: Any) -> AlertRule:
    values: dict[str, Any] = {
        "rule_id": "r",
        "version": 1,
        "changed_by": "x",
        "changed_at": NOW,
        "name": "n",
        "trigger": "tamper",
    }
    return AlertRule(**values | changes)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_the_straight_way() -> None:
    taken = life.acknowledged(fresh(), "anna", after(5))
    assert taken is not None
    assert (taken.state, taken.version, taken.escalate_at) == (AlertState.ACKNOWLEDGED, 2, None)
    given_on = life.assigned(taken, "Patrol 2", "anna", after(9), expected=2)
    assert given_on is not None
    over = life.resolved(given_on, "handled", "", "anna", after(90), expected=None)
    assert over is not None
    assert (over.state, over.version, over.resolved_by) == (AlertState.RESOLVED, 4, "anna")


def test_whoever_comes_second_is_told_who_came_first() -> None:
    taken = life.acknowledged(fresh(), "anna", after(5))
    assert taken is not None
    assert life.acknowledged(taken, "anna", after(6)) is None
    with pytest.raises(TakenError) as caught:
        life.acknowledged(taken, "bartek", after(6))
    assert (caught.value.slug, caught.value.holder, caught.value.at) == ("alert-taken", "anna", after(5))
    over = life.resolved(taken, "handled", "", "anna", after(7), expected=None)
    assert over is not None
    assert life.resolved(over, "handled", "again", "anna", after(8), expected=1) is None
    for act in (
        lambda: life.acknowledged(over, "bartek", after(8)),
        lambda: life.assigned(over, "x", "bartek", after(8), expected=None),
        lambda: life.resolved(over, "false_alarm", "", "bartek", after(8), expected=None),
    ):
        with pytest.raises(TakenError) as caught:
            act()
        assert (caught.value.slug, caught.value.holder) == ("alert-resolved", "anna")


def test_a_decision_made_on_an_older_version_is_refused() -> None:
    taken = life.acknowledged(fresh(), "anna", after(5))
    assert taken is not None
    with pytest.raises(TakenError) as caught:
        life.assigned(taken, "Patrol 2", "bartek", after(6), expected=1)
    assert (caught.value.slug, caught.value.holder) == ("alert-changed-meanwhile", "anna")


def test_it_goes_up_level_by_level_and_stops_when_somebody_takes_it() -> None:
    first = fresh()
    assert life.escalated(first, after(59)) is None
    second = life.escalated(first, after(60))
    assert second is not None
    assert (second.state, second.level, second.told) == (AlertState.ESCALATED, 1, ("dispatcher",))
    assert second.escalate_at == after(360)
    third = life.escalated(second, after(400))
    assert third is not None
    assert (third.level, third.told, third.escalate_at) == (2, ("dispatcher", "admin"), None)
    assert life.escalated(third, after(9999)) is None
    taken = life.acknowledged(second, "anna", after(61))
    assert taken is not None
    assert (taken.told, taken.escalate_at) == ((), None)
    assert life.escalated(taken, after(9999)) is None


def acted(act: str, before: AlertRow, number: int, now: datetime) -> AlertRow | None:
    match act:
        case "ack":
            return life.acknowledged(before, f"p{number % 2}", now)
        case "assign":
            return life.assigned(before, f"t{number % 3}", "p", now, expected=None)
        case "resolve":
            return life.resolved(before, "handled", "", "p", now, expected=None)
        case "escalate":
            return life.escalated(before, now)
        case "repeat":
            return life.repeated(before, happened(), Severity.EMERGENCY, now)
        case "clear":
            return life.cleared(before, now)
        case _:
            return life.joined(before, f"i{number % 2}", now)


@given(st.lists(st.sampled_from(["ack", "assign", "resolve", "escalate", "repeat", "clear", "join"]), max_size=30))
def test_versions_only_grow_and_what_is_over_stays_over(acts: list[str]) -> None:
    alert = fresh()
    for number, act in enumerate(acts):
        before = alert
        try:
            following = acted(act, before, number, after(100 * number))
        except TakenError:
            following = None
        alert = following or before
        assert alert.version == before.version + (following is not None)
        assert alert.state is AlertState.RESOLVED or before.state is not AlertState.RESOLVED
        assert (alert.escalate_at is None) or alert.state in life.WAITING
        assert (alert.acknowledged_by is None) == (alert.state in life.WAITING)


def test_the_first_rule_that_fits_decides() -> None:
    mute = rule(rule_id="mute", position=1, raises=False, camera_ids=("cam-1",))
    late = rule(rule_id="late", position=2, enabled=False)
    usual = rule(rule_id="usual", position=3, tamper_kinds=("covered",), min_confidence=0.5)
    rules = [usual, late, mute]
    assert deciding(rules, happened()) is mute
    assert deciding(rules, happened(camera_ids=("cam-2",))) is usual
    assert deciding(rules, happened(camera_ids=("cam-2",), confidence=0.4)) is None
    assert deciding(rules, happened(camera_ids=("cam-2",), tamper_kind="moved")) is None


@pytest.mark.parametrize(
    ("given_rule", "what", "expected"),
    [
        ({"camera_groups": ("rynek",)}, {"groups": ("rynek", "szkoły")}, True),
        ({"camera_groups": ("rynek",)}, {"groups": ()}, False),
        ({"camera_groups": ("rynek",), "camera_ids": ("cam-1",)}, {"groups": ()}, True),
        ({"trigger": "report"}, {"trigger": "report", "urgent": True, "category": "fire"}, True),
        ({"trigger": "report"}, {"trigger": "report", "urgent": False, "category": "fire"}, False),
        ({"trigger": "report", "urgent_only": False, "categories": ("fire",)}, {"trigger": "report", "category": "fire"}, True),
        ({"trigger": "report", "urgent_only": False, "categories": ("x",)}, {"trigger": "report", "category": "fire"}, False),
        ({"trigger": "request", "sources": ("gauge",)}, {"trigger": "request", "source": "gauge"}, True),
        ({"trigger": "request", "sources": ("gauge",)}, {"trigger": "request", "source": "other"}, False),
        ({"trigger": "stream_fault", "causes": ("unauthorized",)}, {"trigger": "stream_fault", "cause": "stalled"}, False),
    ],
)
def test_what_a_rule_speaks_of(given_rule: dict[str, Any], what: dict[str, Any], expected: bool) -> None:
    assert fits(rule(**given_rule), happened(**what)) is expected


def test_quiet_hours_are_the_towns_and_emergencies_pass() -> None:
    night = rule(quiet_hours=(QuietHours(starts=time(22), ends=time(6)),))
    late = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)  # 23:30 in Warsaw, a Sunday
    assert waits_until(night, Severity.WARNING, late) == datetime(2026, 11, 23, 5, tzinfo=UTC)
    assert waits_until(night, Severity.EMERGENCY, late) is None
    assert waits_until(night, Severity.WARNING, datetime(2026, 11, 22, 20, 59, tzinfo=UTC)) is None
    summer = datetime(2026, 7, 1, 20, 30, tzinfo=UTC)  # 22:30 in Warsaw
    assert waits_until(night, Severity.WARNING, summer) == datetime(2026, 7, 2, 4, tzinfo=UTC)


def test_quiet_hours_belong_to_the_day_on_which_they_begin() -> None:
    friday_night = rule(quiet_hours=(QuietHours(days=(5,), starts=time(22), ends=time(6)),))
    saturday_early = datetime(2026, 11, 21, 2, tzinfo=UTC)
    assert waits_until(friday_night, Severity.NOTICE, saturday_early) == datetime(2026, 11, 21, 5, tzinfo=UTC)
    friday_early = datetime(2026, 11, 20, 2, tzinfo=UTC)
    assert waits_until(friday_night, Severity.NOTICE, friday_early) is None
    sunday = rule(quiet_hours=(QuietHours(days=(7,), starts=time(0), ends=time(0)),))
    assert waits_until(sunday, Severity.NOTICE, NOW) == datetime(2026, 11, 22, 23, tzinfo=UTC)
    assert waits_until(sunday, Severity.NOTICE, NOW + timedelta(days=1)) is None


def test_a_repeat_keeps_the_gravest_severity_and_all_cameras() -> None:
    again = life.repeated(replace(fresh(), cleared_at=NOW), happened(camera_ids=("cam-2",)), Severity.NOTICE, after(9))
    assert (again.count, again.severity, again.camera_ids, again.cleared_at) == (2, Severity.WARNING, ("cam-1", "cam-2"), None)
    assert life.repeated(again, happened(), Severity.EMERGENCY, after(10)).severity is Severity.EMERGENCY
