"""What goes into a service's image: what it needs, pinned as in the lock file, and nothing else."""

import ast
import json
import re
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from hejnal_local import images
from hejnal_local.images import IMAGES, SERVICES, bill_of_materials, pinned_requirements, room_of
from hejnal_local.setup.commands import SetupError
from hejnal_local.workspace import Workspace

WORKSPACE = Workspace.of_this_clone()
TOOLS = {"pytest", "playwright", "ruff", "mypy", "hypothesis", "supervisor", "import-linter"}


@pytest.mark.parametrize("service", IMAGES)
def test_a_service_gets_what_it_needs_with_hashes_and_no_tools(service: str) -> None:
    pinned = pinned_requirements(WORKSPACE, service)
    assert {"fastapi", "uvicorn", "pydantic-core", "starlette"} <= pinned.keys()  # what others need as well
    assert not TOOLS & pinned.keys()
    lock = (WORKSPACE.root / "requirements.lock").read_text()
    for name, entry in pinned.items():
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), name
        assert entry.splitlines()[0] in lock


@pytest.mark.parametrize("service", IMAGES)
def test_what_a_service_imports_is_in_its_image(service: str) -> None:
    pinned, owners = pinned_requirements(WORKSPACE, service), metadata.packages_distributions()
    only_tests = ("sinks", "testing")  # parts for the demo and the tests, with packages of their own
    missing = set()
    for room in images._rooms(WORKSPACE, room_of(service)):
        for path in (WORKSPACE.root / room / "src").rglob("*.py"):
            if any(part.startswith(only_tests) for part in path.parts):
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names = [node.module]
                for name in (name.partition(".")[0] for name in names):
                    foreign = name not in {*sys.stdlib_module_names, "_typeshed"} and not name.startswith("hejnal_")
                    if foreign and not {canonicalize_name(owner) for owner in owners.get(name, [name])} & pinned.keys():
                        missing.add(f"{name} ({path.relative_to(WORKSPACE.root)})")
    assert missing == set()


def test_only_the_gateway_gets_webrtc_and_only_the_notifier_smtp() -> None:
    needed = {service: set(pinned_requirements(WORKSPACE, service)) for service in IMAGES}
    assert [service for service in IMAGES if "aiortc" in needed[service]] == ["operator-gateway"]
    assert [service for service in IMAGES if "aiosmtplib" in needed[service]] == ["notifier"]


def test_only_the_image_of_backups_gets_programs_of_the_distribution() -> None:
    assert images._SYSTEM_PACKAGES == {"backup": "postgresql-client"}
    assert "pyrage" in pinned_requirements(WORKSPACE, "backup")
    assert all("pyrage" not in pinned_requirements(WORKSPACE, service) for service in SERVICES)


def test_of_several_entries_the_one_for_this_python_is_taken(tmp_path: Path) -> None:
    (tmp_path / "requirements.lock").write_text(
        "av==1 ; python_full_version < '3' \\\n    --hash=sha256:01\n"
        "av==2 ; python_full_version >= '3' \\\n    --hash=sha256:02\n    # via something\n"
        "av==4 ; python_full_version >= '99' \\\n    --hash=sha256:04\n"
    )
    expected = "av==2 ; python_full_version >= '3' \\\n    --hash=sha256:02\n"
    assert images._locked(tmp_path / "requirements.lock") == {"av": expected}


def test_a_package_that_is_not_locked_is_named(tmp_path: Path) -> None:
    (tmp_path / "services/citizen-api").mkdir(parents=True)
    (tmp_path / "services/citizen-api/pyproject.toml").write_text('[project]\ndependencies = ["surely-not-there"]\n')
    (tmp_path / "requirements.lock").write_text("fastapi==1 \\\n    --hash=sha256:00\n")
    with pytest.raises(SetupError, match="surely-not-there, which citizen-api needs"):
        pinned_requirements(Workspace(tmp_path), "citizen-api")


def test_the_bill_of_materials_names_each_package_with_its_hashes() -> None:
    pinned = pinned_requirements(WORKSPACE, "ingest")
    bill = bill_of_materials("ingest", pinned, "1.2.3")
    assert json.loads(json.dumps(bill))["metadata"]["component"]["version"] == "1.2.3"
    assert [one["name"] for one in bill["components"]] == list(pinned)
    for one in bill["components"]:
        assert one["purl"] == f"pkg:pypi/{one['name']}@{one['version']}"
        assert re.fullmatch(r"[0-9][^\s;]*", one["version"])
        assert one["hashes"]
    assert bill["serialNumber"] == bill_of_materials("ingest", pinned, "9")["serialNumber"]


def test_docker_without_its_daemon_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"docker", "podman"}
    monkeypatch.setattr("hejnal_local.images.shutil.which", lambda tool: tool if tool in there else None)
    monkeypatch.setattr(images, "_answers", lambda command: command[0] != "docker")
    assert images.usable_tool() == "podman"
    there.clear()
    with pytest.raises(SetupError, match="install one of them"):
        images.usable_tool()


@pytest.mark.parametrize("tool", ["docker", "podman", "buildah"])
def test_an_image_has_the_name_that_compose_looks_for(tool: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`${HEJNAL_REGISTRY:-localhost}/hejnal-…`: podman and buildah say localhost/ by themselves, docker has to be told."""
    ran: list[str] = []
    monkeypatch.setattr(images, "usable_tool", lambda: tool)
    monkeypatch.setattr(images, "run", lambda command, **_: ran.extend(map(str, command)) or "")
    name = images.build(WORKSPACE, WORKSPACE.cache / "images", "notifier")
    named = [ran[at + 1] for at, word in enumerate(ran) if word == "-t"]
    assert named == ([name, f"localhost/{name}"] if tool == "docker" else [name])
