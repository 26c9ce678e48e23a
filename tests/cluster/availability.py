"""Autoscalers act on chosen numbers, drains respect the budgets, replicas are spread."""

import json
from collections import Counter

from .checks import Checks
from .control_plane import ClusterError, ControlPlane, Manifest
from .metrics_server import ChosenMetrics
from .objects import namespace, of_example
from .releases import RELEASE, install, ready

PLACE = "available"


def _pods(plane: ControlPlane, workload: str) -> list[Manifest]:
    found: list[Manifest] = plane.get("pods", "-n", PLACE, "-l", f"app.kubernetes.io/name={workload}")["items"]
    return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]


def _ready_pods(plane: ControlPlane, workload: str) -> list[Manifest]:
    def is_ready(pod: Manifest) -> bool:
        return any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"].get("conditions", []))

    return [pod for pod in _pods(plane, workload) if is_ready(pod)]


def _evict(plane: ControlPlane, pod: Manifest) -> None:
    name = pod["metadata"]["name"]
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": PLACE}}
    plane.kubectl("create", "--raw", f"/api/v1/namespaces/{PLACE}/pods/{name}/eviction", "-f", "-", given=json.dumps(eviction))


def hold(plane: ControlPlane, checks: Checks) -> None:
    """The example for several machines, as its nodes come and go and its load changes."""
    if PLACE not in [one["metadata"]["name"] for one in plane.get("namespaces")["items"]]:
        namespace(plane, PLACE)
        install(plane, PLACE, *of_example("high-availability"), "--set", "scaleDownAfterSeconds=0")
    with checks.check("ingest: each replica on a node and in a zone of its own"):
        nodes = Counter(pod["spec"]["nodeName"] for pod in _pods(plane, "ingest"))
        assert len(nodes) == 3, nodes
        assert set(nodes.values()) == {1}, nodes
    _scale(plane, checks)
    _drain(plane, checks)


def _scale(plane: ControlPlane, checks: Checks) -> None:
    with ChosenMetrics(plane) as metrics:
        for workload, most in (("citizen-api", 8), ("operator-gateway", 3)):
            with checks.check(f"{workload}: grows to {most} replicas under load"):
                metrics.cpu = "1500m"
                plane.wait(f"{most} ready", lambda w=workload, m=most: len(_ready_pods(plane, w)) == m, 90)
        with checks.check("citizen-api: shrinks to its two when it is quiet, and no further"):
            metrics.cpu = "5m"
            plane.wait("two", lambda: len(_pods(plane, "citizen-api")) == 2, 90)
            scaled = plane.get("hpa", "town-citizen-api", "-n", PLACE)
            assert scaled["spec"]["minReplicas"] == 2
            assert len(_ready_pods(plane, "citizen-api")) == 2
    with checks.check("without figures an autoscaler leaves what runs"):
        before = ready(plane, PLACE)["town-operator-gateway"][0]
        conditions = plane.wait(
            "the autoscaler to see that figures are missing",
            lambda: [
                one
                for one in plane.get("hpa", "town-operator-gateway", "-n", PLACE)["status"]["conditions"]
                if one["type"] == "ScalingActive" and one["status"] == "False"
            ],
            60,
        )
        assert conditions[0]["reason"].startswith("FailedGet"), conditions
        assert ready(plane, PLACE)["town-operator-gateway"][0] == before


def _drain(plane: ControlPlane, checks: Checks) -> None:
    with checks.check("drain: a node is emptied, and all that can be elsewhere runs again"):
        plane.kubectl("drain", "node-1", "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=90s")
        left = plane.get("pods", "-n", PLACE, "--field-selector", "spec.nodeName=node-1")["items"]
        assert [pod["metadata"]["name"] for pod in left if pod["metadata"]["name"].startswith(RELEASE)] == []
        plane.wait("citizen-api to run elsewhere", lambda: all(a == b for a, b in [ready(plane, PLACE)["town-citizen-api"]]), 60)
        plane.kubectl("uncordon", "node-1")
        plane.wait("everything to run again", lambda: all(a == b for a, b in ready(plane, PLACE).values()), 60)
    with checks.check("eviction of a second ingest is refused (429) while the first has no place"):
        plane.kubectl("cordon", "node-1", "node-2", "node-3")
        first, second = _ready_pods(plane, "ingest")[:2]
        _evict(plane, first)
        plane.wait("the budget to notice", lambda: _allowed(plane, "town-ingest") == 0)
        try:
            _evict(plane, second)
        except ClusterError as error:
            assert "disruption budget" in str(error), error
        else:
            raise AssertionError("it was evicted")
        assert "deletionTimestamp" not in plane.get("pod", second["metadata"]["name"], "-n", PLACE)["metadata"]
    with checks.check("once the first runs again the second may go"):
        plane.kubectl("uncordon", "node-1", "node-2", "node-3")
        plane.wait("three ready", lambda: len(_ready_pods(plane, "ingest")) == 3)
        plane.wait("the budget to notice", lambda: _allowed(plane, "town-ingest") == 1)
        _evict(plane, second)
        plane.wait("three ready", lambda: len(_ready_pods(plane, "ingest")) == 3)


def _allowed(plane: ControlPlane, budget: str) -> int:
    return int(plane.get("pdb", budget, "-n", PLACE)["status"]["disruptionsAllowed"])
