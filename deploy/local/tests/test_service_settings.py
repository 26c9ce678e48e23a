"""What a service would refuse is found before anything is ended, by the service's own settings."""

import sys
from pathlib import Path

import pytest

from hejnal_local.programs import SERVICES
from hejnal_local.service_settings import CheckError, refused, settings_of

PYTHON = Path(sys.executable)


def test_every_service_has_settings_with_its_prefix() -> None:
    assert {one.package: settings_of(one.package).model_config["env_prefix"] for one in SERVICES} == {
        one.package: one.prefix for one in SERVICES
    }


def test_wrong_values_and_unknown_names_are_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEJNAL_NOTIFIER_SMTP_PORT", "of the environment around: not looked at")
    environment = {
        "HEJNAL_NOTIFIER_SMS_MONTHLY_BUDGET_ZL": "sto",
        "HEJNAL_NOTIFIER_LEASE_S": "many",
        "HEJNAL_NOTIFIER_SMTP_HOTS": "poczta",
        "HEJNAL_RECORDER_ZZZ": "1",
        "HEJNAL_NOTIFIER_SMS_TOKEN": "tajne",
    }
    texts = refused(PYTHON, ["hejnal_notifier", "hejnal_recorder"], environment, environment)
    assert [text.partition(": ")[0] for text in texts] == [
        "HEJNAL_NOTIFIER_SMTP_HOTS is no setting; HEJNAL_NOTIFIER_SMTP_HOST is one",
        "HEJNAL_NOTIFIER_SMS_MONTHLY_BUDGET_ZL is 'sto'",
        "HEJNAL_NOTIFIER_LEASE_S is 'many'",
        "HEJNAL_RECORDER_ZZZ is no setting; docs/reference/settings.md lists them",
    ]
    assert "valid integer" in texts[1]
    assert refused(PYTHON, ["hejnal_recorder"], environment, []) == []


def test_settings_that_do_not_fit_together_and_lists_are_told() -> None:
    text = refused(PYTHON, ["hejnal_notifier"], {"HEJNAL_NOTIFIER_LEASE_S": "2"}, [])
    assert text == ["HEJNAL_NOTIFIER_…: lease_s must be at least twice the longest time limit of a try (15 s)"]
    text = refused(PYTHON, ["hejnal_notifier"], {"HEJNAL_NOTIFIER_PUSH_HOSTS": "a.example"}, [])
    assert text == ['HEJNAL_NOTIFIER_PUSH_HOSTS is \'a.example\': JSON is needed, a list is ["a", "b"]']


def test_what_cannot_be_looked_at_says_why() -> None:
    with pytest.raises(CheckError, match="No module named 'hejnal_nobody'"):
        refused(PYTHON, ["hejnal_nobody"], {}, [])
