"""Finds a Java that is new enough for Kafka."""

import os
import re
import shutil
import subprocess
from pathlib import Path

OLDEST_VERSION = 17


def find_java() -> tuple[str, int] | None:
    """Path and major version of the first Java that is new enough, else of the newest one there is, else None."""
    home = os.environ.get("JAVA_HOME")
    on_path = shutil.which("java")
    candidates = [f"{home}/bin/java"] if home else []
    candidates += [on_path] if on_path else []
    candidates += sorted((str(path) for path in Path("/usr/lib/jvm").glob("*/bin/java")), reverse=True)
    too_old: list[tuple[str, int]] = []
    for candidate in dict.fromkeys(candidates):
        version = _version(candidate)
        if version is not None and version >= OLDEST_VERSION:
            return candidate, version
        if version is not None:
            too_old.append((candidate, version))
    return max(too_old, key=lambda one: one[1], default=None)


def _version(java: str) -> int | None:
    try:
        done = subprocess.run([java, "-version"], check=True, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r'version "(?:1\.)?(\d+)', done.stderr)
    return int(found[1]) if found else None
