"""What the tests of the monitoring read: alerts, runbooks, dashboards, the catalogue of metrics."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

HOME = Path(__file__).parents[1]
ROOT = HOME.parents[1]
RUNBOOKS = ROOT / "docs" / "runbooks"
OF_PROMETHEUS = {"up", "ALERTS", "process_start_time_seconds"}
"""What Prometheus and its client library add by themselves."""
_WORDS = re.compile(r'"(?:[^"\\]|\\.)*"')
_NAMES = re.compile(r"\b(hejnal[a-zA-Z0-9_:]+|up|ALERTS|process_[a-z_]+)\b(?!\s*=(?!=))")


@cache
def groups(kind: str) -> list[dict[str, Any]]:
    """Rule groups of `alerts` or `rules`, each with the file's name."""
    found = []
    for path in sorted((HOME / kind).glob("*.yml")):
        found += [{**group, "file": path.name} for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]]
    return found


def alerts() -> list[dict[str, Any]]:
    """Every alert."""
    return [rule for group in groups("alerts") for rule in group["rules"]]


def recorded() -> list[dict[str, Any]]:
    """Every recording rule."""
    return [rule for group in groups("rules") for rule in group["rules"]]


def promtool_tests() -> list[dict[str, Any]]:
    """Every promtool test."""
    files = sorted((HOME / "tests").glob("*.yml"))
    return [one for path in files for one in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]]


def dashboards() -> dict[str, dict[str, Any]]:
    """Every dashboard by its file's name."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted((HOME / "dashboards").glob("*.json"))}


@cache
def catalogue() -> set[str]:
    """Every series that may be asked for: of the services, of the backups, of the recording rules."""
    from hejnal_backup.status import _HELP

    page = (ROOT / "docs/reference/metrics.md").read_text(encoding="utf-8")
    known: set[str] = set(_HELP) | {rule["record"] for rule in recorded()}
    for name, kind in re.findall(r"^\| `(hejnal_\w+)` \| (\w+) \|", page, re.MULTILINE):
        known |= {f"{name}_{part}" for part in ("bucket", "count", "sum")} if kind == "histogram" else {name}
    return known


def asked_for(expr: str) -> set[str]:
    """The series that a query names."""
    return set(_NAMES.findall(_WORDS.sub('""', expr)))
