"""`make test-cluster`: the Helm chart on a real Kubernetes control plane.

A line for each check, and how many passed at the end; exit code 1 when one failed. `--only NAME` runs one part.
"""

import argparse
import json
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from hejnal_local.setup.commands import SetupError
from hejnal_local.workspace import Workspace

from . import availability, objects, real_node, releases
from .checks import Checks
from .control_plane import ControlPlane
from .programs import Programs, ensure

SIMULATED_NODES = 3


def _simulated(programs: Programs, checks: Checks, folder: Path, parts: Sequence[Callable[[ControlPlane, Checks], None]]) -> None:
    with ControlPlane(programs, folder) as plane:
        plane.add_nodes(SIMULATED_NODES)
        version = json.loads(plane.kubectl("get", "--raw", "/version"))["gitVersion"]
        checks.note(f"Kubernetes {version} on {SIMULATED_NODES} simulated nodes")
        objects.define(plane, checks)
        for part in parts:
            part(plane, checks)


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 when everything passed."""
    simulated = {"objects": objects.accepted, "releases": releases.go_through, "availability": availability.hold}
    parser = argparse.ArgumentParser(prog="python -m tests.cluster.run", description=__doc__)
    parser.add_argument("--only", choices=[*simulated, "real-node"])
    parser.add_argument("--image", help="of ingest, for the real node, where it is built already; else it is built")
    chosen = parser.parse_args(arguments)
    only = chosen.only
    workspace = Workspace.of_this_clone()
    began = time.monotonic()
    checks = Checks()
    try:
        programs = ensure(workspace, checks.note)
    except SetupError as error:
        print(f"test-cluster: {error}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="hejnal-cluster-") as scratch:
        wanted = [part for name, part in simulated.items() if only in {None, name}]
        try:
            if wanted:
                _simulated(programs, checks, Path(scratch) / "simulated", wanted)
            if only in {None, "real-node"}:
                real_node.run(workspace, programs, checks, Path(scratch) / "real", chosen.image)
        except Exception as error:
            traceback.print_exc()
            checks.fail("the run itself", str(error))
    checks.note(f"{time.monotonic() - began:.0f} s, load {os.getloadavg()[0]:.1f}")
    print(f"{checks.passed} passed, {checks.failed} failed", flush=True)
    return 1 if checks.failed or not checks.passed else 0


if __name__ == "__main__":
    sys.exit(main())
