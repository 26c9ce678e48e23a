"""What the Helm chart takes from elsewhere, since it can only read its own folder: Kafka's topics and rights, Prometheus' rules.

`make contracts` writes them; a test compares.
"""

import json
from pathlib import Path
from typing import Any

from hejnal_contracts.access import ACCESS, GROUPS
from hejnal_contracts.topics import DLQ_RETENTION_MS, TOPICS

FILES = "helm/hejnal/files"
_RULE_FOLDERS = ("deploy/monitoring/alerts", "deploy/monitoring/rules")


def chart_files(root: Path) -> dict[str, str]:
    """Every such file by its path from the root, with the text it must have."""
    files = {f"{FILES}/kafka-access.json": json.dumps(kafka_access(), indent=1) + "\n"}
    for folder in _RULE_FOLDERS:
        for path in sorted((root / folder).glob("*.y*ml")):
            files[f"{FILES}/rules/{path.parent.name}-{path.stem}.yaml"] = path.read_text(encoding="utf-8")
    return files


def kafka_access() -> dict[str, Any]:
    """Topics with their settings, the grants of each user, and the groups whose lag tells a service's load."""
    topics: list[dict[str, Any]] = []
    for topic in TOPICS:
        topics.append({"name": topic.name, "partitions": topic.partitions, "config": topic.config()})
        dead_letters = {"cleanup.policy": "delete", "retention.ms": str(DLQ_RETENTION_MS)}
        topics.append({"name": topic.dlq, "partitions": 1, "config": dead_letters})
    users = {
        one.principal: [
            {"type": acl.resource, "pattern": acl.pattern, "name": acl.name, "operations": list(acl.operations)}
            for acl in one.acls()
        ]
        for one in ACCESS
    }
    lag = {
        service: [{"group": group.name, "topic": topic} for group in groups for topic in group.topics]
        for service, groups in GROUPS.items()
    }
    return {"topics": topics, "users": users, "lag": lag}


def write(root: Path) -> None:
    """Write them all, and take away rules that are no more."""
    wanted = chart_files(root)
    rules = root / FILES / "rules"
    for path in rules.glob("*.yaml") if rules.exists() else ():
        if f"{FILES}/rules/{path.name}" not in wanted:
            path.unlink()
    for name, text in wanted.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def stale(root: Path) -> list[str]:
    """Those that differ from what they must be, and rules that are no more."""
    wanted = chart_files(root)
    found = [name for name, text in wanted.items() if not (root / name).exists() or (root / name).read_text("utf-8") != text]
    rules = root / FILES / "rules"
    extra = [f"{FILES}/rules/{path.name}" for path in sorted(rules.glob("*.yaml"))] if rules.exists() else []
    return found + [name for name in extra if name not in wanted]
