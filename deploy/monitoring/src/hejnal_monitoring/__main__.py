"""Writes what is generated of deploy/monitoring: rules and alerts of the objectives, dashboards.

python -m hejnal_monitoring write    writes
python -m hejnal_monitoring check    exits 1 and names what is out of date
"""

import argparse
import sys
from pathlib import Path

from hejnal_monitoring import objectives
from hejnal_monitoring.dashboards import dashboards

HOME = Path(__file__).parents[2]


def files() -> dict[str, str]:
    """Everything generated: path below deploy/monitoring, content."""
    made = {"rules/objectives.yml": objectives.rules(), "alerts/objectives.yml": objectives.alerts()}
    return made | {f"dashboards/{uid}.json": text for uid, text in dashboards().items()}


def main(arguments: list[str] | None = None) -> int:
    """Write or check; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m hejnal_monitoring", description=__doc__)
    parser.add_argument("command", choices=("write", "check"))
    write = parser.parse_args(arguments).command == "write"
    stale = []
    for name, text in files().items():
        path = HOME / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if write:
            path.write_text(text, encoding="utf-8")
    if stale and not write:
        print("out of date:", ", ".join(stale), "(run `python -m hejnal_monitoring write`)")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
