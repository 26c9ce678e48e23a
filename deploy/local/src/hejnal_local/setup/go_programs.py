"""Other people's servers and clients for the tests, built from Go modules."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hejnal_local.setup.commands import SetupError, run
from hejnal_local.setup.stamps import Stamps, fingerprint
from hejnal_local.workspace import Workspace

_GO_PLACES = ("/usr/local/go/bin/go", "/usr/lib/go/bin/go")


@dataclass(frozen=True, slots=True)
class GoProgram:
    """A program with its sources in this repository."""

    name: str
    purpose: str
    sources: str
    """Folder with `main.go`, `go.mod` and `go.sum`, from the root."""
    package: str = "."
    """What is built there: its own program, or one of a module that it pins."""
    marks: tuple[str, ...] = ()
    """Values that the linker writes in, `path.variable=value`."""
    folder: str = "conformance"
    """Place in the cache."""
    timeout_s: int = 900

    def path(self, workspace: Workspace) -> Path:
        """Where it is once built."""
        return workspace.cache / self.folder / self.name


RTSP_SERVER = GoProgram("gortsplib-server", "RTSP server of the conformance tests", "tests/conformance/rtsp/gortsplib")
WHEP_VIEWER = GoProgram("pion-viewer", "WHEP viewer of the conformance tests", "tests/conformance/whep/pion")
PROGRAMS = (RTSP_SERVER, WHEP_VIEWER)


def find_go() -> str | None:
    """Path of a Go, or None."""
    return shutil.which("go") or next((path for path in _GO_PLACES if Path(path).exists()), None)


def ensure(workspace: Workspace, stamps: Stamps, say: Callable[[str], None], program: GoProgram) -> None:
    """Have it built from the sources as they are now."""
    sources = workspace.root / program.sources
    made_for = fingerprint(*(sources / name for name in ("main.go", "go.mod", "go.sum")), program.package, *program.marks)
    target = program.path(workspace)
    if stamps.is_current(program.name, made_for, target):
        return
    go = find_go()
    if go is None:
        raise SetupError(f"{program.purpose}: Go has vanished")
    say(f"building the {program.purpose}")
    target.parent.mkdir(parents=True, exist_ok=True)
    linked = ["-trimpath", "-ldflags", " ".join(["-s", "-w", *(f"-X {mark}" for mark in program.marks)])] if program.marks else []
    run(
        [go, "build", *linked, "-o", target, program.package],
        step=program.purpose,
        cwd=sources,
        environment={"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "CGO_ENABLED": "0"},
        timeout_s=program.timeout_s,
    )
    stamps.record(program.name, made_for)
