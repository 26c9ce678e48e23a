"""Every object of every example is shown to the API server, which knows the operators' kinds too."""

from pathlib import Path
from typing import Any

import yaml

from .checks import Checks
from .control_plane import ClusterError, ControlPlane, Manifest

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "helm/hejnal"
EXAMPLES = {path.stem: path for path in sorted((ROOT / "helm/examples").glob("*.yaml"))}
_TOWN = CHART / "ci/backup-values.yaml"
"""What every example leaves to the town: for whom backups are encrypted."""


def of_example(name: str) -> tuple[object, ...]:
    """Helm's options for an example's values, filled in."""
    return "-f", EXAMPLES[name], "-f", _TOWN


def define(plane: ControlPlane, checks: Checks) -> None:
    """Give the API server the operators' kinds."""
    for path in sorted(plane.programs.definitions.glob("*.yaml")):
        with checks.check(f"kinds of {path.stem} are established"):
            plane.kubectl("apply", "--server-side", "-f", path)
            plane.wait("the API server to serve them", lambda: _established(plane), 60)


def _established(plane: ControlPlane) -> bool:
    def is_served(definition: Manifest) -> bool:
        told = definition.get("status", {}).get("conditions") or []
        return any(one["type"] == "Established" and one["status"] == "True" for one in told)

    return all(is_served(one) for one in plane.get("crd")["items"])


def rendered(plane: ControlPlane, release: str, namespace: str, *options: object) -> list[Manifest]:
    """The chart's objects with their hooks."""
    text = plane.helm("template", release, CHART, "--namespace", namespace, *options)
    return [one for one in yaml.load_all(text, Loader=yaml.CSafeLoader) if one]


def namespace(plane: ControlPlane, name: str, **labels: str) -> str:
    """A namespace of that name."""
    plane.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}])
    return name


def accepted(plane: ControlPlane, checks: Checks) -> None:
    """Server-side dry run with strict field validation: an unknown field or a wrong value is an error, not a warning."""
    for name in ("default", *EXAMPLES):
        place = namespace(plane, f"dry-{name}")
        objects = rendered(plane, "town", place, *(of_example(name) if name in EXAMPLES else ()))
        kinds = sorted({one["kind"] for one in objects})
        with checks.check(f"{name}: {len(objects)} objects of {len(kinds)} kinds accepted ({', '.join(kinds)})"):
            told = plane.apply(objects, "--dry-run=server", "--validate=strict", "-n", place)
            assert told.count("serverside-applied (server dry run)") == len(objects), told
    place = namespace(plane, "dry-wrong")
    with checks.check("a misspelt field would have been refused"):
        wrong: dict[str, Any] = rendered(plane, "town", place)[0]
        wrong["spec"]["podSelektor"] = {}
        try:
            plane.apply([wrong], "--dry-run=server", "--validate=strict", "-n", place)
        except ClusterError as error:
            assert "podSelektor" in str(error), error
        else:
            raise AssertionError("it was accepted")
