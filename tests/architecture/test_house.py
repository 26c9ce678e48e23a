"""The house keeps its shape: rooms, names, links, and a reason for every dependency. Layers and sizes are suites of their own."""

import re
import tomllib
from pathlib import Path

import pytest

from .rooms import ROOT, SERVICES, tracked


@pytest.mark.parametrize("word", ["utils", "helpers", "common", "misc", "manager", "managers"])
def test_no_room_without_a_name(word):
    assert [str(path) for path in tracked() if word in {path.stem, path.parent.name}] == []


def test_the_tree_names_no_machine_and_no_package_host():
    forbidden = re.compile(
        r"(?<![\w.])/(?:root|work|farm)/|pypi\.org|registry\.npmjs|repo1?\.maven|repo\.maven\.apache|deb\.debian\.org|crates\.io"
    )
    found = []
    for path in tracked():
        if path.suffix in {".png", ".jpg", ".ico", ".woff2", ".svg"} or path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text(errors="ignore").splitlines(), 1):
            if forbidden.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}")
    assert not found


def test_no_lock_file_carries_addresses():
    assert tracked("uv.lock", "**/uv.lock") == []
    for lock in tracked("**/package-lock.json"):
        assert '"resolved": "http' not in lock.read_text(), lock


def test_every_dependency_is_listed_with_its_reason():
    text = (ROOT / "docs/reference/dependencies.md").read_text()
    names = set()
    for line in (ROOT / "deploy/requirements.in").read_text().splitlines():
        if line and not line.startswith("#"):
            names.add(re.split(r"[\[<>=~! ;]", line)[0])
    missing = sorted(name for name in names if f"`{name}`" not in text and f"`{name}[" not in text)
    assert not missing


def test_every_direct_dependency_is_pinned_with_hashes():
    lock = (ROOT / "requirements.lock").read_text()
    pinned = set(re.findall(r"^([a-z0-9._-]+)==", lock, re.MULTILINE))
    assert pinned
    blocks = re.split(
        r"\n(?=[a-z0-9._-]+==)", lock[lock.index("\n" + next(iter(re.findall(r"^[a-z0-9._-]+==", lock, re.MULTILINE)))) + 1 :]
    )
    assert all("--hash=sha256:" in block for block in blocks)
    assert "http://" not in lock
    assert "https://" not in lock


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_service_has_the_same_rooms(service):
    folder = ROOT / "services" / service
    package = folder / "src" / SERVICES[service]
    for name in ("README.md", "pyproject.toml"):
        assert (folder / name).is_file(), name
    for name in ("app.py", "__main__.py", "settings.py", "resources.py", "metrics.py", "py.typed"):
        assert (package / name).is_file(), f"{service}: {name}"
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["license"] == "EUPL-1.2"
    readme = (folder / "README.md").read_text().lower()
    for section in ("settings", "fail"):
        assert section in readme, f"{service}/README.md says nothing about {section}"


def test_decision_records_are_numbered_without_holes_and_say_what_they_must():
    records = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    for path in records:
        text = path.read_text()
        for part in ("Status:", "## Context", "## Decision", "## Consequences"):
            assert part in text, f"{path.name} lacks {part}"


def test_links_in_documents_lead_somewhere():
    broken = []
    for path in tracked("*.md", "**/*.md"):
        targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text())
        local = [target for target in targets if not re.match(r"[a-z]+:", target)]
        broken += [f"{path.relative_to(ROOT)} → {target}" for target in local if not (path.parent / target).exists()]
    assert not broken
