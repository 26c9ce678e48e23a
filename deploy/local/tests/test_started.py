"""What a running town keeps, and what its services are told anew."""

from pathlib import Path

import pytest

from hejnal_local import settings as s
from hejnal_local.programs import SERVICES, Town
from hejnal_local.second_copies import STANDBY
from hejnal_local.settings import LocalSettings, SettingsError
from hejnal_local.started import Started, settings_of_running
from hejnal_local.workspace import Workspace

BUDGET = "HEJNAL_NOTIFIER_SMS_MONTHLY_BUDGET_ZL"


def started(tmp_path: Path, text: str = "", **environment: str) -> Started:
    (tmp_path / ".env").write_text(text)
    one = Started.of(LocalSettings.load(tmp_path, environment).with_value(s.S3, "1"), environment)
    one.write(tmp_path)
    found = Started.read(tmp_path)
    assert found == one
    return one


def test_the_town_stays_where_it_lies_and_the_services_hear_what_is_said_now(tmp_path: Path) -> None:
    one = started(tmp_path, f"HEJNAL_KAFKA_PORT=1001\n{BUDGET}=1\n")
    (tmp_path / ".env").write_text("HEJNAL_KAFKA_PORT=1002\nHEJNAL_NOTIFIER_INTERNAL_PORT=9\nHEJNAL_LOG_LEVEL=DEBUG\n")
    now = one.settings_now(tmp_path, {})
    assert now.port(s.KAFKA_PORT) == 1001
    assert now.port(s.NOTIFIER_PORT) == 18092
    assert now.is_on(s.S3)
    assert BUDGET not in now.values
    assert one.waiting(tmp_path) == ["HEJNAL_KAFKA_PORT", "HEJNAL_NOTIFIER_INTERNAL_PORT"]
    environment = Town(Workspace(tmp_path, tmp_path), now).environment_of
    services = {service.name: service for service in SERVICES}
    (tmp_path / "keys").mkdir()
    assert environment(services["notifier"])["HEJNAL_NOTIFIER_LOG_LEVEL"] == "DEBUG"
    assert "HEJNAL_RECORDER_STORE_ENDPOINT" in environment(services["recorder"])


def test_what_is_said_last_goes_first(tmp_path: Path) -> None:
    one = started(tmp_path, **{BUDGET: "1"})
    assert one.settings_now(tmp_path, {}).values[BUDGET] == "1"
    (tmp_path / ".env").write_text(f"{BUDGET}=2\n")
    assert one.settings_now(tmp_path, {}).values[BUDGET] == "2"
    assert one.settings_now(tmp_path, {BUDGET: "3"}).values[BUDGET] == "3"


def test_a_slip_in_the_file_is_named(tmp_path: Path) -> None:
    one = started(tmp_path)
    (tmp_path / ".env").write_text("HEJNAL_KAFKA_PROT=1\n")
    with pytest.raises(SettingsError, match="do you mean HEJNAL_KAFKA_PORT"):
        one.settings_now(tmp_path, {})


def test_without_a_note_the_next_starts_settings_are_taken(tmp_path: Path) -> None:
    assert Started.read(tmp_path) is None
    (tmp_path / "started-with.json").write_text("{}")
    assert Started.read(tmp_path) is None
    (tmp_path / ".env").write_text("HEJNAL_KAFKA_PORT=1001\n")
    assert settings_of_running(tmp_path, tmp_path).port(s.KAFKA_PORT) == 1001


def test_only_services_and_the_second_recorder_are_told_anything(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    plain = Town(Workspace(tmp_path, tmp_path), LocalSettings.checked({}))
    both = Town(Workspace(tmp_path, tmp_path), LocalSettings.checked({s.STANDBY.name: "1"}))
    assert plain.told("kafka") is None
    assert plain.told(STANDBY) is None
    told = both.told(STANDBY)
    assert told is not None
    assert told[0].name == "recorder"
    assert told[1] == next(one.environment for one in both.programs() if one.name == STANDBY)
