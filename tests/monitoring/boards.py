"""The dashboards' queries."""

import json

from hejnal_monitoring.servers import HOME


def panels() -> list[tuple[str, str]]:
    """Every query: where it stands (dashboard / panel / letter), and its PromQL."""
    found = []
    for path in sorted((HOME / "dashboards").glob("*.json")):
        board = json.loads(path.read_text(encoding="utf-8"))
        for panel in board["panels"]:
            found += [(f"{board['title']} / {panel['title']} / {one['refId']}", one["expr"]) for one in panel["targets"]]
    return found
