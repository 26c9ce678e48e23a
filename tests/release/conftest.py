"""A clone that was made without history cannot run the last release: what needs it is left out there, and that is said."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def _is_shallow() -> bool:
    asked = subprocess.run(
        ["git", "-C", str(ROOT), "rev-parse", "--is-shallow-repository"], check=False, capture_output=True, text=True, timeout=30
    )
    return asked.stdout.strip() == "true"


collect_ignore = ["test_rollback.py"] if _is_shallow() else []


def pytest_report_header() -> str | None:
    """Says what is left out."""
    if collect_ignore:
        return "left out: going back to the last release; this clone has no history (git fetch --unshallow)"
    return None
