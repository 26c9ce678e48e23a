"""The scans find what they are for, and let nothing pass without a reason."""

from pathlib import Path

import pytest

from hejnal_local.scans import licences, secret_words
from hejnal_local.scans.findings import Accepted, Finding, accepted_risks, judge
from hejnal_local.workspace import Workspace

ROOT = Workspace.of_this_clone().root


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("private-key", "-----BEGIN " + "PRIVATE KEY-----\n" + "MC4CAQAwBQYDK2VwBCIEI" + "A" * 40),
        ("private-key", '"-----BEGIN EC ' + "PRIVATE KEY-----" + r"\n" + "M" * 60),
        ("json-web-token", "eyJhbGciOiJFZERTQSJ9" + ".eyJpc3MiOiJ4eHgifQ." + "c2lnbmF0dXJlLXRoYXQtaXMtbG9uZw"),
        ("cloud-key", "AK" + "IAQWERTYUIOPASDFGH"),
        ("repository-token", "gh" + "p_" + "a1B2" * 9),
        ("registry-token", "np" + "m_" + "a1B2" * 9),
        ("service-token", "xo" + "xb-" + "1234567890-abcdefghij"),
        ("webhook-secret", "wh" + "sec_" + "A1b2" * 10 + "A1b="),
        ("password-in-address", "postgresql://hejnal:" + "Tr0ub4dor" + "@db.miasto.pl:5432/hejnal"),
    ],
)
def test_a_secret_is_found(rule: str, text: str) -> None:
    assert [(one.rule, one.place) for one in secret_words.scan_text("first line\n" + text, "a.py")] == [(rule, "a.py:2")]


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA" + "A" * 40,
        '"-----BEGIN PRIVATE KEY-----" in content',
        "postgresql+asyncpg://user:password@host:port/name",
        "postgresql://hejnal:{password}@127.0.0.1:5432/hejnal",
        "eyJhbGciOi",
        "rtsp://10.0.0.7:554/main",
    ],
)
def test_what_only_names_a_secret_is_not(text: str) -> None:
    assert list(secret_words.scan_text(text, "a.py")) == []


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ("MIT", True),
        ("Apache-2.0 OR Proprietary", True),
        ("Apache-2.0 AND Proprietary", False),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("(MIT OR CC0-1.0)", True),
        ("SSPL-1.0", False),
        ("CC-BY-NC-4.0", False),
        ("", False),
    ],
)
def test_a_licence_fits_or_does_not(expression: str, fits: bool) -> None:
    assert licences.is_allowed(expression) is fits


def test_dependencies_of_both_kinds_are_seen() -> None:
    assert len(list(licences.of_python(ROOT))) > 100
    assert len(list(licences.of_npm(ROOT))) > 300


def test_a_critical_finding_cannot_be_accepted_and_an_old_acceptance_is_told() -> None:
    risk = Accepted("bandit", "B1", "services/*", "because it is so, and was looked at")
    other = Accepted("bandit", "B2", "*", "because it is so, and was looked at")
    medium = Finding("bandit", "B1", "services/x.py:12", "text")
    critical = Finding("bandit", "B1", "services/x.py:12", "text", "critical")
    elsewhere = Finding("bandit", "B1", "libs/x.py:12", "text")
    assert judge([medium, critical, elsewhere], [risk, other], tools=["bandit"]) == ([critical, elsewhere], [other])
    assert judge([], [other], tools=["hadolint"]) == ([], []), "who was not asked has not said that it is gone"


def test_every_accepted_risk_has_its_reason(tmp_path: Path) -> None:
    assert accepted_risks(ROOT)
    folder = tmp_path / "deploy" / "security"
    folder.mkdir(parents=True)
    (folder / "accepted.yaml").write_text("- {tool: bandit, rule: B1, place: '*', reason: because}")
    with pytest.raises(ValueError, match="without a reason"):
        accepted_risks(tmp_path)
