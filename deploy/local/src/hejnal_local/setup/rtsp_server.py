"""The second RTSP server of the conformance tests: gortsplib, built from Go modules."""

import shutil
from collections.abc import Callable
from pathlib import Path

from hejnal_local.setup.commands import SetupError, run
from hejnal_local.setup.stamps import Stamps, fingerprint
from hejnal_local.workspace import Workspace

_GO_PLACES = ("/usr/local/go/bin/go", "/usr/lib/go/bin/go")


def program(workspace: Workspace) -> Path:
    """The built server."""
    return workspace.cache / "conformance/gortsplib-server"


def find_go() -> str | None:
    """Path of a Go, or None."""
    return shutil.which("go") or next((path for path in _GO_PLACES if Path(path).exists()), None)


def ensure(workspace: Workspace, stamps: Stamps, say: Callable[[str], None]) -> None:
    """Have it built from the sources as they are now."""
    sources = workspace.root / "tests/conformance/rtsp/gortsplib"
    made_for = fingerprint(*(sources / name for name in ("main.go", "go.mod", "go.sum")))
    target = program(workspace)
    if stamps.is_current("gortsplib-server", made_for, target):
        return
    go = find_go()
    if go is None:
        raise SetupError("RTSP server of the conformance tests: Go has vanished")
    say("building the RTSP server of the conformance tests")
    target.parent.mkdir(parents=True, exist_ok=True)
    run(
        [go, "build", "-o", target, "."],
        step="RTSP server of the conformance tests",
        cwd=sources,
        environment={"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "CGO_ENABLED": "0"},
        timeout_s=900,
    )
    stamps.record("gortsplib-server", made_for)
