"""Every route of staff that changes something leaves an entry in the audit log, and the entry says what changed."""

import re
from pathlib import Path

import pytest
from gateway_house import Gateway
from gateway_routes import WEBSOCKET, every_route
from gateway_staff import call
from sqlalchemy import select

from hejnal_gateway import metrics
from hejnal_gateway.accounts.history import differences
from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.audit.log import SENSITIVE
from hejnal_gateway.doors.table import DOORS
from hejnal_gateway.tables import audit_entries

SERVICES = Path(__file__).parents[2]
READS = {"GET", "HEAD", "OPTIONS", WEBSOCKET}

OWN: dict[str, str] = {
    "complete_set_up": "account.set-up",
    "add_passkey": "account.passkey-added",
    "remove_passkey": "account.passkey-removed",
    "change_password": "account.password-changed",
    "make_recovery_codes": "account.recovery-codes-made",
    "confirm_totp": "account.totp-changed",
    "end_other_sessions": "session.revoked",
    "end_own_session": "session.revoked",
    "end_account_sessions": "session.revoked",
    "sign_in": "session.opened",
    "sign_in_by_passkey": "session.opened",
    "sign_in_by_recovery_code": "session.opened",
    "sign_out": "session.closed",
    "signed_out_at_provider": "session.revoked",
    "add_account": "account.created",
    "change_account": "account.changed",
    "reset_account": "account.reset",
    "add_alert_rule": "alert-rule.added",
    "change_alert_rule": "alert-rule.changed",
    "remove_alert_rule": "alert-rule.removed",
    "raise_alert": "alert.raised",
    "acknowledge_alert": "alert.acknowledged",
    "assign_alert": "alert.assigned",
    "note_alert": "alert.noted",
    "resolve_alert": "alert.resolved",
    "start_check": "audit.asked",
    "start_discovery": "camera.discovered",
    "probe_device": "camera.device-probed",
    "add_camera": "camera.registered",
    "import_csv": "camera.changed",
    "change_camera": "camera.changed",
    "remove_camera": "camera.removed",
    "accept_view": "camera.view-accepted",
    "try_connection": "camera.connection-tested",
    "set_credentials": "camera.credentials-changed",
    "clear_credentials": "camera.credentials-changed",
    "start_probe": "camera.probed",
    "set_patrol": "ptz.patrol-changed",
    "save_preset": "ptz.preset-saved",
    "remove_preset": "ptz.preset-removed",
    "go_to_preset": "ptz.preset-visited",
    "give_lease_back": "ptz.released",
    "take_lease": "ptz.taken",
    "open_incident": "incident.opened",
    "change_incident": "incident.changed",
    "close_incident": "incident.closed",
    "link_alert": "incident.alert-linked",
    "unlink_alert": "incident.alert-unlinked",
    "link_report": "incident.report-linked",
    "unlink_report": "incident.report-unlinked",
    "mark_footage": "incident.footage-marked",
    "note_message": "incident.message-noted",
    "note_incident": "incident.noted",
    "add_webhook": "webhook.added",
    "change_webhook": "webhook.changed",
    "remove_webhook": "webhook.removed",
    "resume_webhook": "webhook.resumed",
    "rotate_secret": "webhook.secret-changed",
    "test_webhook": "webhook.tested",
    "watch": "footage.live",
}
"""Function of a route → what it leaves in the log."""

CHANGES_NOTHING: dict[str, str] = {
    "inspect_set_up": "shows what a one-time link is for",
    "begin_passkey": "a challenge that is answered by add_passkey",
    "begin_totp": "a secret that holds only after confirm_totp",
    "begin_passkey_sign_in": "a challenge that is answered by sign_in_by_passkey",
    "add_view": "a person's own arrangement of the wall",
    "change_view": "the same",
    "remove_view": "the same",
    "move_camera": "within a lease, whose beginning and end are entries",
    "stop_camera": "the same",
    "trickle": "addresses of a live view that is on record",
    "switch": "another stream of a live view that is on record",
    "stop_watching": "its end is recorded by the view itself, however it ends",
}
NO_ENTRY_AT_DOORS = {"/api/v1/town/announcements/preview", "/api/v1/messages/message-templates/preview"}
"""Previews: what would be, and nothing is."""


def test_every_own_route_that_changes_something_is_in_one_of_the_two_lists() -> None:
    proxied = {(door.method, door.outside) for door in DOORS}
    changing = {
        route.endpoint.__name__ for method, path, route in every_route() if method not in READS and (method, path) not in proxied
    }
    assert changing == OWN.keys() | CHANGES_NOTHING.keys()


def test_the_entries_are_written_where_the_code_says() -> None:
    source = "".join(path.read_text() for path in sorted((SERVICES / "operator-gateway" / "src").rglob("*.py")))
    missing = {action for action in OWN.values() if f'"{action}"' not in source and not _put_together(*action.split("."), source)}
    assert missing == set()


def _put_together(noun: str, verb: str, source: str) -> bool:
    """`f"ptz.{how}"`, with the verb somewhere beside it."""
    return f'f"{noun}.{{' in source and f'"{verb}"' in source


def test_every_door_that_changes_something_leaves_an_entry() -> None:
    changing = [door for door in DOORS if door.method != "GET"]
    assert {door.outside for door in changing if door.audit is None} == NO_ENTRY_AT_DOORS
    citizen = "".join(path.read_text() for path in sorted((SERVICES / "citizen-api" / "src").rglob("*.py")))
    recorded_there = {door.audit for door in changing if door.upstream_records and door.audit}
    stems = {action for action in recorded_there if f'"{action}"' not in citizen}
    kinds = set(re.findall(r'f"([a-z-]+)\.\{', citizen))
    assert {action for action in stems if action.split(".")[0] not in kinds} == set(), "citizen-api writes no such entry"


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({"role": "operator"}, {"role": "admin"}, "role: operator → admin"),
        ({"enabled": True}, {"enabled": False}, "enabled: yes → no"),
        ({"camera_groups": None}, {"camera_groups": ["rynek", "park"]}, "camera_groups: all → park, rynek"),
        ({"camera_groups": ["park"]}, {"camera_groups": []}, "camera_groups: park → none"),
        ({}, {"password_hash": "x", "totp_secret": b"y"}, ""),
    ],
)
def test_differences_are_told_and_no_secret_is(before: dict, after: dict, words: str) -> None:
    row = {"login": "ewa", "name": "Ewa", "role": "operator", "camera_groups": None, "enabled": True}
    assert differences(row | before, row | after) == words
    assert differences(None, row).startswith("login: ewa; name: Ewa; role: operator; camera_groups: all; enabled: yes")


async def test_a_role_that_is_given_is_told_in_the_log_and_counted(gateway: Gateway) -> None:
    counter = metrics.SENSITIVE_ACTS.labels("account.changed")
    counted = counter._value.get()
    assert "account.changed" in SENSITIVE
    async with gateway.signed_in(Role.ADMIN) as admin:
        _, made = await call(admin, "POST", "/accounts", {"login": "ewa", "name": "Ewa", "role": "operator"})
        path = f"/accounts/{made['account']['account_id']}"
        assert (await call(admin, "PATCH", path, {"role": "admin"}, **{"If-Match": "*"}))[0] == 200

    async def reasons() -> list[str] | None:
        async with gateway.resources.database.read() as session:
            query = select(audit_entries.c.reason).where(audit_entries.c.action == "account.changed")
            return list((await session.execute(query)).scalars())

    assert await gateway.eventually(reasons) == ["role: operator → admin"]
    await gateway.eventually(lambda: counter._value.get() == counted + 1)
