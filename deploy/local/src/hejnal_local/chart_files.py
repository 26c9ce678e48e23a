"""What the Helm chart takes from elsewhere, since it can only read its own folder: Kafka's topics and rights, rules, dashboards.

`make contracts` writes them; a test compares.
"""

import json
from pathlib import Path
from typing import Any

from hejnal_contracts.access import ACCESS, GROUPS
from hejnal_contracts.topics import DLQ_RETENTION_MS, TOPICS

FILES = "helm/hejnal/files"
_DASHBOARDS = "deploy/monitoring/dashboards"
_RULE_FOLDERS = ("deploy/monitoring/alerts", "deploy/monitoring/rules")


def chart_files(root: Path) -> dict[str, str]:
    """Every such file by its path from the root, with the text it must have."""
    files = {f"{FILES}/kafka-access.json": json.dumps(kafka_access(), indent=1) + "\n"}
    for folder in _RULE_FOLDERS:
        for path in sorted((root / folder).glob("*.y*ml")):
            files[f"{FILES}/rules/{path.parent.name}-{path.stem}.yaml"] = path.read_text(encoding="utf-8")
    for path in sorted((root / _DASHBOARDS).glob("*.json")):
        files[f"{FILES}/dashboards/{path.name}"] = path.read_text(encoding="utf-8")
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
    """Write them all, and take away what is no more."""
    wanted = chart_files(root)
    for path in _copies(root):
        if path.relative_to(root).as_posix() not in wanted:
            path.unlink()
    for name, text in wanted.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def stale(root: Path) -> list[str]:
    """Those that differ from what they must be, and those that are no more."""
    wanted = chart_files(root)
    found = [name for name, text in wanted.items() if not (root / name).exists() or (root / name).read_text("utf-8") != text]
    there = [path.relative_to(root).as_posix() for path in _copies(root)]
    return found + [name for name in there if name not in wanted]


def _copies(root: Path) -> list[Path]:
    return sorted(path for kind in ("rules/*.yaml", "dashboards/*.json") for path in (root / FILES).glob(kind))
