"""Where things are, for the tests that watch over the whole house."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]

SERVICES = {
    "ingest": "hejnal_ingest",
    "recorder": "hejnal_recorder",
    "notifier": "hejnal_notifier",
    "citizen-api": "hejnal_citizen",
    "operator-gateway": "hejnal_gateway",
}
SCHEMAS = {"recorder": "recorder", "notifier": "notifier", "citizen-api": "citizen", "operator-gateway": "gateway"}


def tracked(*patterns: str) -> list[Path]:
    """Files of the tree that git knows or would take."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def sources(service: str) -> list[Path]:
    """A service's own Python files."""
    return sorted((ROOT / "services" / service / "src").rglob("*.py"))
