"""The town's own alerts with their waits shortened: what they ask is the same, but a test need not wait for hours."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from hejnal_monitoring.objectives import WINDOWS, rules
from hejnal_monitoring.servers import HOME

from .walks import BY_PROMTOOL

WINDOW_S = 20
HOLDS = "3s"
_WINDOWS_S = {"HejnalRestarts": 240, "HejnalAuditBroken": 60, "HejnalSensitiveActs": 60}
_LIMITS = {
    "HejnalOutboxStuck": ("> 120", "> 10"),
    "HejnalDeliveriesStuck": ("> 300", "> 15"),
    "HejnalApprovalWaits": ("> 900", "> 15"),
    "HejnalBackupTooOld": ("> 26 * 3600", "> 120"),
    "HejnalHousekeepingStopped": ("> 3600", "> 20"),
    "HejnalRecorderBehind": ("> 120", "> 15"),
}
"""Limits that nothing but time passes."""
_IN_TIME = ('le="300.0"', 'le="15.0"')
_OF_EVENTS = dict.fromkeys(WINDOWS, 30) | {"5m": 10, "30m": 15, "1h": 20, "2h": 20}
_OF_FOOTAGE = dict.fromkeys(WINDOWS, 240) | {"5m": 60, "30m": 120, "1h": 90, "2h": 180, "6h": 200}
"""Seconds. Fragments come two seconds at a time: a shorter window would miss its share of them."""


def hurried_rules(folder: Path) -> list[str]:
    """Write the rule files into a folder; gives their paths."""
    folder.mkdir(parents=True)
    lengths_s = {key: _OF_FOOTAGE if key == "recording" else _OF_EVENTS for key in ("recording", "live_start", "delivery", "api")}
    (folder / "rules.yml").write_text(rules(interval_s=1, lengths_s=lengths_s).replace(*_IN_TIME), encoding="utf-8")
    for path in sorted((HOME / "alerts").glob("*.yml")):
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
        for group in told["groups"]:
            group["rules"] = [_hurried(rule) for rule in group["rules"]]
        (folder / f"alerts-{path.name}").write_text(json.dumps(told), encoding="utf-8")
    return [str(path) for path in sorted(folder.glob("*.yml"))]


def _hurried(rule: dict[str, Any]) -> dict[str, Any]:
    name, expr = rule["alert"], rule["expr"]
    if name in BY_PROMTOOL:
        return rule
    if name in _LIMITS:
        before, after = _LIMITS[name]
        assert before in expr, f"the limit of {name} has changed"
        expr = expr.replace(before, after)
    lengths_s = _OF_EVENTS if "objective" in rule["labels"] else {}
    usual_s = _WINDOWS_S.get(name, WINDOW_S)
    expr = re.sub(r"\[(\d+[mhd])\]", lambda found: f"[{lengths_s.get(found[1], usual_s)}s]", expr.replace(*_IN_TIME))
    return {**rule, "expr": expr, **({"for": HOLDS} if "for" in rule else {})}
