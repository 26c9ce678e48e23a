"""Files that are generated from the code and committed: written anew by `make contracts`, compared by the tests."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hejnal_local import chart_files, settings
from hejnal_local.setup import node
from hejnal_local.workspace import Workspace


@dataclass(frozen=True, slots=True)
class OpenApi:
    """The OpenAPI documents that one service writes."""

    package: str
    files: tuple[str, ...]
    into_folder: bool = False

    def write(self, folder: Path) -> None:
        """Let the service write its documents into a folder."""
        target = folder if self.into_folder else folder / self.files[0]
        _run([sys.executable, "-m", self.package, "openapi", "--out", str(target)])


OPENAPI: tuple[OpenApi, ...] = (
    OpenApi("hejnal_citizen", ("citizen.json", "citizen-staff.json"), into_folder=True),
    OpenApi("hejnal_gateway", ("gateway.json",)),
    OpenApi("hejnal_notifier", ("notifier.json",)),
    OpenApi("hejnal_recorder", ("recorder.json",)),
)

_SCRIPTS = ("libs/contracts/generate.py", "docs/generate.py", "docs/sizing.py")
"""Generators of other rooms: they write without arguments, and compare with `--check`."""


class OutOfDateError(RuntimeError):
    """A committed file differs from what the code gives; the text names it."""


def write(root: Path) -> None:
    """Write every generated file in place; the web clients too, where the front end's packages are installed."""
    for script in _SCRIPTS:
        _run([sys.executable, str(root / script)])
    for one in OPENAPI:
        one.write(_openapi_folder(root))
    (root / ".env.example").write_text(settings.example(), encoding="utf-8")
    chart_files.write(root)
    if (root / "web" / "node_modules").exists():
        _run(["npm", "run", "generate"], folder=root / "web", environment=node.environment(Workspace(root)))


def check(root: Path) -> None:
    """Raise OutOfDateError naming every generated file that is out of date."""
    stale: list[str] = []
    for script in _SCRIPTS:
        try:
            _run([sys.executable, str(root / script), "--check"])
        except OutOfDateError as error:
            stale.append(str(error))
    with tempfile.TemporaryDirectory() as scratch:
        for one in OPENAPI:
            one.write(Path(scratch))
            stale += [
                f"web/shared/openapi/{name}"
                for name in one.files
                if _text(Path(scratch) / name) != _text(_openapi_folder(root) / name)
            ]
    if _text(root / ".env.example") != settings.example():
        stale.append(".env.example")
    stale += chart_files.stale(root)
    if stale:
        raise OutOfDateError("out of date, write them anew with `make contracts`:\n" + "\n".join(stale))


def _openapi_folder(root: Path) -> Path:
    return root / "web" / "shared" / "openapi"


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _run(command: list[str], *, folder: Path | None = None, environment: Mapping[str, str] | None = None) -> None:
    own = {**os.environ, **(environment or {})}
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300, cwd=folder, env=own)
    if done.returncode != 0:
        raise OutOfDateError(f"`{' '.join(command)}` failed:\n{(done.stdout + done.stderr)[-2000:]}")


if __name__ == "__main__":
    try:
        (check if sys.argv[1:] == ["check"] else write)(Workspace.of_this_clone().root)
    except OutOfDateError as problem:
        sys.exit(str(problem))
