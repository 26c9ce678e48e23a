"""The Python environment `.venv`: every pinned package, checked against its hash, and our own source folders on its path."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from hejnal_local.setup.commands import run
from hejnal_local.setup.stamps import Stamps, fingerprint
from hejnal_local.workspace import Workspace


def ensure(workspace: Workspace, stamps: Stamps, say: Callable[[str], None]) -> None:
    """Make the environment, install the lock file into it, and put the source folders on its path."""
    lock = workspace.root / "requirements.lock"
    made_for = fingerprint(lock, sys.version, str(workspace.root))
    if not stamps.is_current("python", made_for, workspace.python):
        _install(workspace, say)
        stamps.record("python", made_for)
    _link_sources(workspace)


def _install(workspace: Workspace, say: Callable[[str], None]) -> None:
    if not _belongs_here(workspace):
        shutil.rmtree(workspace.venv, ignore_errors=True)
    if not workspace.python.exists():
        say(f"making the Python environment with {sys.executable} ({sys.version.split()[0]})")
        run([sys.executable, "-m", "venv", workspace.venv], step="Python environment", timeout_s=300)
    count = sum(line[:1].isalnum() for line in (workspace.root / "requirements.lock").read_text(encoding="utf-8").splitlines())
    say(f"installing {count} pinned Python packages (one to two minutes the first time)")
    pip: list[str | Path] = [workspace.python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input"]
    run([*pip, "--require-hashes", "-r", workspace.root / "requirements.lock"], step="Python packages")


def _link_sources(workspace: Workspace) -> None:
    folders = "".join(f"{folder}\n" for folder in workspace.source_folders())
    for packages in (workspace.venv / "lib").glob("python3.*/site-packages"):
        path_file = packages / "hejnal.pth"
        if not path_file.exists() or path_file.read_text(encoding="utf-8") != folders:
            path_file.write_text(folders, encoding="utf-8")


def _belongs_here(workspace: Workspace) -> bool:
    """False for an environment that was moved here or made with another Python: its programs would not start."""
    try:
        shebang = (workspace.venv / "bin" / "pip").read_text(encoding="utf-8").splitlines()[0]
        version = (workspace.venv / "pyvenv.cfg").read_text(encoding="utf-8")
    except (OSError, IndexError):
        return False
    made_by = f"version = {sys.version_info.major}.{sys.version_info.minor}."
    return str(workspace.venv) in shebang and made_by in version
