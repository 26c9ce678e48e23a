"""Renders the chart with helm, once for each set of values."""

import functools
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "helm/hejnal"
EXAMPLES = sorted((ROOT / "helm/examples").glob("*.yaml"))
TOWN = CHART / "ci/backup-values.yaml"
"""What every example leaves to the town: for whom backups are encrypted."""
HELM = ROOT / ".cache/helm/helm"
"""Fetched by deploy/local/helm-test, which runs these tests."""

Manifest = dict[str, Any]


class RefusedError(Exception):
    """Helm did not render these values; the text is its message."""


@functools.cache
def _rendered(values: str, upgrade: bool) -> str:
    command: list[str | Path] = [
        HELM,
        "template",
        "town",
        CHART,
        "--namespace",
        "hejnal",
        "-f",
        "-",
        *(["--is-upgrade"] if upgrade else []),
    ]
    done = subprocess.run(command, input=values, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise RefusedError(done.stderr)
    return str(done.stdout)


class Rendered:
    """The objects that came out."""

    def __init__(self, objects: list[Manifest]) -> None:
        self.objects = objects

    def of(self, kind: str) -> dict[str, Manifest]:
        """Those of a kind, by name."""
        return {one["metadata"]["name"]: one for one in self.objects if one["kind"] == kind}

    def workloads(self) -> dict[str, Manifest]:
        """Deployments and StatefulSets of our own services, by the workload's name in the values."""
        both = {**self.of("Deployment"), **self.of("StatefulSet")}
        return {name.removeprefix("town-"): one for name, one in both.items() if name != "town-coturn"}

    def pods(self) -> dict[str, Manifest]:
        """Every pod template with its labels, by the owner's name: workloads, jobs, coturn, what runs by a schedule."""
        owners = {**self.of("Deployment"), **self.of("StatefulSet"), **self.of("Job")}
        owners |= {name: one["spec"]["jobTemplate"] for name, one in self.of("CronJob").items()}
        return {name: one["spec"]["template"] for name, one in owners.items()}


def filled(example: Path) -> dict[str, Any]:
    """The values of an example, with what it leaves to the town."""
    values: dict[str, Any] = yaml.safe_load(example.read_text())
    values["backup"] |= yaml.safe_load(TOWN.read_text())["backup"]
    return values


def render(values: dict[str, Any] | Path | None = None, *, upgrade: bool = False) -> Rendered:
    """The chart with these values, or with an example filled in. Raises RefusedError."""
    text = yaml.safe_dump(filled(values) if isinstance(values, Path) else values or {})
    return Rendered([one for one in yaml.load_all(_rendered(text, upgrade), Loader=yaml.CSafeLoader) if one])


@pytest.fixture(params=[None, *EXAMPLES], ids=["default", *(path.stem for path in EXAMPLES)])
def rendered(request: pytest.FixtureRequest) -> Rendered:
    """The chart as it comes, and with each example."""
    return render(request.param)
