"""Every alert fires and keeps quiet by promtool, has a runbook, asks for what exists, and says what an IT specialist needs."""

import re
import subprocess

import pytest
import yaml
from monitoring_files import HOME, OF_PROMETHEUS, ROOT, RUNBOOKS, alerts, asked_for, catalogue, groups, promtool_tests, recorded

from hejnal_monitoring.__main__ import files

NAMES = sorted({rule["alert"] for rule in alerts()})
SECTIONS = ("Objaw", "Co sprawdzić", "Co zrobić", "Jak poznać, że minęło")


def promtool(*arguments: str) -> None:
    done = subprocess.run(["promtool", *arguments], cwd=HOME / "tests", capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.timeout(300)  # eight seconds of one core
@pytest.mark.parametrize("name", sorted(path.name for path in (HOME / "tests").glob("*.yml")))
def test_the_alerts_fire_and_keep_quiet(name):
    promtool("test", "rules", name)


def test_the_rules_and_both_configurations_are_valid():
    promtool("check", "config", str(HOME / "prometheus.yml"))
    done = subprocess.run(["amtool", "check-config", HOME / "alertmanager.yml"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tested_both_ways():
    ways: dict[str, set[bool]] = {name: set() for name in NAMES}
    for test in promtool_tests():
        for one in test["promql_expr_test"]:
            name = re.search(r'alertname="(\w+)"', one["expr"])
            assert name, one
            ways[name[1]].add(bool(one["exp_samples"]))
            assert test["name"].startswith(name[1])
    assert {name for name, seen in ways.items() if seen != {True, False}} == {"HejnalWatchdog"}  # it never keeps quiet
    assert ways["HejnalWatchdog"] == {True}


def test_names_are_used_once():
    assert len(NAMES) == len(alerts())


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_an_alert_says_what_is_needed(rule):
    labels, notes = rule["labels"], rule["annotations"]
    assert labels["severity"] in {"page", "ticket", "watchdog"}
    assert "service" in labels or '"service"' in rule["expr"]
    assert set(notes) == {"summary", "description", "runbook_url"}
    assert (ROOT / notes["runbook_url"]).parent == RUNBOOKS
    text = notes["summary"] + notes["description"]
    assert len(notes["summary"]) <= 120
    by = re.findall(r"by \(([^)]*)\)", rule["expr"])
    for label in re.findall(r"\$labels\.(\w+)", text):
        known = {word.strip() for one in by for word in one.split(",")}
        assert not by or label in known | {"instance", "job", "service"}, f"{label} is not left in the result"


@pytest.mark.parametrize("rule", [*alerts(), *recorded()], ids=lambda rule: rule.get("alert") or rule["record"])
def test_a_rule_asks_for_what_exists(rule):
    assert asked_for(rule["expr"]) <= catalogue() | OF_PROMETHEUS


def test_every_alert_has_a_runbook_and_every_runbook_an_alert():
    told = {path.stem: set(re.findall(r"`(Hejnal\w+)`", path.read_text().splitlines()[2])) for path in RUNBOOKS.glob("*.md")}
    told.pop("README")
    wanted: dict[str, set[str]] = {}
    for rule in alerts():
        wanted.setdefault(rule["annotations"]["runbook_url"].rpartition("/")[2].removesuffix(".md"), set()).add(rule["alert"])
    assert told == wanted


@pytest.mark.parametrize("path", sorted(set(RUNBOOKS.glob("*.md")) - {RUNBOOKS / "README.md"}), ids=lambda path: path.stem)
def test_a_runbook_has_all_four_parts_and_stands_in_the_list(path):
    text = path.read_text()
    assert tuple(re.findall(r"^## (.*)$", text, re.MULTILINE)) == SECTIONS
    assert f"({path.name})" in (RUNBOOKS / "README.md").read_text()
    assert all(len(part.strip()) > 20 for part in re.split(r"^## .*$", text, flags=re.MULTILINE)[1:])
    assert text.count("```") % 2 == 0
    for language in re.findall(r"^```(\S.*)$", text, re.MULTILINE):
        assert language in {"bash jedna-maszyna", "bash kubernetes"}


def test_commands_of_runbooks_are_bash():
    for path in RUNBOOKS.glob("*.md"):
        for block in re.findall(r"^```bash [^\n]*\n(.*?)^```$", path.read_text(), re.MULTILINE | re.DOTALL):
            done = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{path.name}: {done.stderr}"


def test_few_alerts_wake_somebody():
    waking = [rule["alert"] for rule in alerts() if rule["labels"]["severity"] == "page"]
    assert len(waking) <= len(NAMES) / 2


def test_what_is_generated_is_up_to_date():
    stale = [name for name, text in files().items() if (HOME / name).read_text(encoding="utf-8") != text]
    assert stale == [], "run `python -m hejnal_monitoring write`"
    known = {name.partition("/")[2] for name in files() if name.startswith("dashboards/")}
    assert {path.name for path in (HOME / "dashboards").iterdir()} == known


def test_groups_have_names_of_their_own():
    names = [group["name"] for kind in ("alerts", "rules") for group in groups(kind)]
    assert len(names) == len(set(names))
    assert yaml.safe_load((HOME / "prometheus.yml").read_text())["rule_files"] == ["rules/*.yml", "alerts/*.yml"]
