"""`.env` and the environment: what goes first, and what a wrong value is told."""

from pathlib import Path

import pytest

from hejnal_local import settings as s
from hejnal_local.settings import LocalSettings, SettingsError

ROOT = Path(__file__).resolve().parents[3]


def load(tmp_path: Path, text: str = "", **environment: str) -> LocalSettings:
    (tmp_path / ".env").write_text(text)
    return LocalSettings.load(tmp_path, environment)


def test_defaults_are_the_promised_addresses(tmp_path: Path) -> None:
    settings = LocalSettings.load(tmp_path, {})
    promised = {8080, 8081, 8082, 12525, 15432, 18554, 19092}
    assert promised <= {settings.port(variable) for variable in s.PORTS}


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    text = "# comment\n\nexport HEJNAL_KAFKA_PORT=1001\nHEJNAL_SINKS_PORT = '1002' \nHEJNAL_LOG_LEVEL=DEBUG # why not\n"
    settings = load(tmp_path, text, HEJNAL_SINKS_PORT="1003", PATH="/bin")
    assert settings.port(s.KAFKA_PORT) == 1001
    assert settings.port(s.SINKS_PORT) == 1003
    assert settings.text(s.LOG_LEVEL) == "DEBUG"
    assert "PATH" not in settings.values


def test_settings_of_a_service_are_handed_on(tmp_path: Path) -> None:
    settings = load(tmp_path, "HEJNAL_RECORDER_DEFAULT_KEEP_DAYS=7\n", HEJNAL_CITIZEN_LOG_LEVEL="DEBUG")
    assert settings.for_service("HEJNAL_RECORDER_")["HEJNAL_RECORDER_DEFAULT_KEEP_DAYS"] == "7"
    assert settings.for_service("HEJNAL_CITIZEN_")["HEJNAL_CITIZEN_LOG_LEVEL"] == "DEBUG"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("HEJNAL_KAFKA_PORT=http", "HEJNAL_KAFKA_PORT is 'http': a number from 1 to 65535"),
        ("HEJNAL_KAFKA_PORT=70000", "HEJNAL_KAFKA_PORT is '70000'"),
        ("HEJNAL_KAFKA_PORT=8080", "HEJNAL_KAFKA_PORT and HEJNAL_CITIZEN_PUBLIC_PORT are both 8080"),
        ("HEJNAL_CAMERAS=-1", "HEJNAL_CAMERAS is '-1'"),
        ("HEJNAL_STREET_CAMERAS=9", "a number from 0 to 3"),
        ("HEJNAL_LOG_LEVEL=LOUD", "HEJNAL_LOG_LEVEL is 'LOUD': DEBUG"),
        ("HEJNAL_GATEWAY_LOG_LEVEL=2", "HEJNAL_GATEWAY_LOG_LEVEL is '2'"),
        ("HEJNAL_NOTIFER_SMTP_HOST=x", "HEJNAL_NOTIFER_SMTP_HOST in .env is no setting: do you mean HEJNAL_NOTIFIER_…"),
        ("HEJNAL_CHROMIUM=/x", "it is read from the environment only"),
        ("HEJNAL_QQQQQQQQQQQQQQQQQQQQQQQQQQ=1", ".env.example shows what is read"),
        ("what is this", ".env, line 1: expected NAME=value"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message.replace("(", r"\(")):
        load(tmp_path, text)


def test_cameras_from_the_command_line_go_first_and_are_checked(tmp_path: Path) -> None:
    settings = load(tmp_path, "HEJNAL_CAMERAS=5")
    assert settings.with_value(s.CAMERAS, "190").number(s.CAMERAS) == 190
    with pytest.raises(SettingsError, match="HEJNAL_CAMERAS is 'many'"):
        settings.with_value(s.CAMERAS, "many")


def test_the_committed_example_names_every_variable() -> None:
    assert (ROOT / ".env.example").read_text(encoding="utf-8") == s.example()
    values = s.read_env_file(ROOT / ".env.example")
    assert values == {}  # every line is a comment: a copy changes nothing
    assert all(f"#{variable.name}=" in s.example() for variable in s.VARIABLES)
