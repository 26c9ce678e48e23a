"""No installation begins with a secret that another one has: settings, chart and compose name none."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from hejnal_citizen.settings import Settings as CitizenSettings
from hejnal_gateway.settings import GatewaySettings
from hejnal_ingest.settings import Settings as IngestSettings
from hejnal_notifier.settings import Settings as NotifierSettings
from hejnal_recorder.settings import Settings as RecorderSettings

ROOT = Path(__file__).parents[2]
SECRET = re.compile(r"(password|passwd|secret|token|private_?key|api_?key|credential)s?$", re.IGNORECASE)
REFERENCE = re.compile(r"\.(existing|database|identity|token|keys?|tls|users?)[A-Za-z]*Secret$|Secret(Name|Key)$")
"""Names of Secrets that who installs makes, or an operator of the cluster."""


@pytest.mark.parametrize("settings", [CitizenSettings, GatewaySettings, IngestSettings, NotifierSettings, RecorderSettings])
def test_no_setting_has_a_secret_for_its_default(settings: type[BaseSettings]) -> None:
    checked = 0
    for name, field in settings.model_fields.items():
        if "SecretStr" in str(field.annotation) or SECRET.search(name):
            checked += 1
            assert not field.default or field.annotation is bool, f"{settings.__module__}.{name}"
        assert not isinstance(field.default, SecretStr), name
    assert checked, "the walk sees the secrets"


def _values(document: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(document, dict):
        for name, value in document.items():
            yield from _values(value, f"{path}.{name}")
    elif isinstance(document, list):
        for number, value in enumerate(document):
            yield from _values(value, f"{path}[{number}]")
    else:
        yield path, document


def test_the_chart_holds_no_secret() -> None:
    values = yaml.safe_load((ROOT / "helm" / "hejnal" / "values.yaml").read_text())
    named = [(path, value) for path, value in _values(values) if SECRET.search(path.rsplit(".", 1)[-1])]
    wrong = [path for path, value in named if value not in (None, "", False, True) and not REFERENCE.search(path)]
    assert wrong == [], "a secret is given by reference (existingSecret), never as a value"
    rendered = "".join(path.read_text() for path in sorted((ROOT / "helm" / "hejnal" / "templates").glob("*")))
    for kind in re.finditer(r"(?m)^kind: Secret$", rendered):
        assert "randAlphaNum" not in rendered[kind.start() : kind.start() + 2000], "a random value changes with every upgrade"


def test_compose_holds_no_secret() -> None:
    files = [path for path in (ROOT / "deploy" / "compose").rglob("*") if path.suffix in (".yaml", ".yml", ".env")]
    found = re.compile(r"(?m)^\s*-?\s*([A-Z_]*(?:PASSWORD|SECRET|TOKEN|API_KEY))\s*[:=]\s*[\"']?([^\s\"'#]*)")
    wrong = [
        f"{path.name}: {name}"
        for path in files
        for name, value in found.findall(path.read_text())
        if value and not value.startswith(("$", "/run/secrets", "/"))
    ]
    assert wrong == []
