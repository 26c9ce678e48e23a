"""Secrets in files that are committed. Narrow rules: what they find is a secret, or looks exactly like one."""

import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from hejnal_local.scans.findings import Finding

TOOL = "secrets"
_LARGEST_BYTES = 2_000_000

RULES: dict[str, re.Pattern[str]] = {
    "private-key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*[A-Za-z0-9+/=\\n]{40}"),
    "json-web-token": re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}"),
    "cloud-key": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[A-Za-z0-9_-]{35}\b"),
    "repository-token": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_[A-Za-z0-9_]{40,}|\bglpat-[A-Za-z0-9_-]{20}\b"),
    "registry-token": re.compile(r"\bnpm_[A-Za-z0-9]{36}\b|\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{30,}"),
    "service-token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{20,}|\b[sr]k_live_[A-Za-z0-9]{20,}|\bSG\.[\w-]{20,}\.[\w-]{20,}"),
    "webhook-secret": re.compile(r"\bwhsec_[A-Za-z0-9+/]{43}="),
    "password-in-address": re.compile(
        r"\b[a-z][a-z0-9+.-]{1,20}://[A-Za-z0-9._~-]+:(?!(?:password|hasło|hasło|secret|p|pass|…|\.\.\.|\{|\$|<|%|\*))"
        r"[^\s:/@\"'`<>{}$]{6,}@(?!(?:x|host|.*\.?example)\b)[A-Za-z0-9.-]+"
    ),
}
"""A rule finds what it is named after; the second part of each keeps it from what merely names such a thing."""


def scan(root: Path) -> Iterator[Finding]:
    """Every hit in every file that git keeps, tests too: a real secret in a test is a secret."""
    for name in _tracked(root):
        path = root / name
        if path.is_symlink() or not path.is_file() or path.stat().st_size > _LARGEST_BYTES:
            continue
        data = path.read_bytes()
        if b"\0" in data[:8000]:
            continue
        yield from scan_text(data.decode("utf-8", errors="replace"), name)


def scan_text(text: str, name: str) -> Iterator[Finding]:
    """Every hit in one text."""
    for rule, pattern in RULES.items():
        for hit in pattern.finditer(text):
            line = text.count("\n", 0, hit.start()) + 1
            yield Finding(TOOL, rule, f"{name}:{line}", f"{hit[0][:12]}…", "high")


def _tracked(root: Path) -> Iterable[str]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True, timeout=60)
    return [name for name in done.stdout.split("\0") if name]
