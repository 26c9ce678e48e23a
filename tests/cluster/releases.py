"""Install, upgrade, a migration that fails, roll-back, uninstall; and the strictest Pod Security Standard."""

import json
from typing import Any

from .checks import Checks
from .control_plane import ClusterError, ControlPlane, Manifest
from .objects import CHART, EXAMPLES, namespace, of_example, rendered

RELEASE = "town"
WAIT = "200s"
_SMALL: Manifest = {"accessModes": ["ReadWriteMany"], "storageClassName": ""}


def provide_volumes(plane: ControlPlane, objects: list[Manifest], place: str) -> None:
    """A volume for every claim that the objects make: nobody provisions here, the binding is the real controller's."""
    claims = [(one["metadata"]["name"], one["spec"]) for one in objects if one["kind"] == "PersistentVolumeClaim"]
    for one in objects:
        for template in one["spec"].get("volumeClaimTemplates", []) if one["kind"] == "StatefulSet" else []:
            claims += [
                (f"{one['metadata']['name']}-{number}", template["spec"]) for number in range(one["spec"].get("replicas", 6))
            ]
    volumes: list[Manifest] = []
    for number, (name, claim) in enumerate(claims):
        spec: dict[str, Any] = {
            "capacity": claim["resources"]["requests"],
            "accessModes": claim["accessModes"],
            "storageClassName": claim.get("storageClassName", ""),
            "persistentVolumeReclaimPolicy": "Retain",
            "hostPath": {"path": "/nowhere"},
        }
        volumes.append(
            {
                "apiVersion": "v1",
                "kind": "PersistentVolume",
                "metadata": {"name": f"{place}-{number}-{name}"[:63].rstrip("-")},
                "spec": spec,
            }
        )
    outside: list[Manifest] = []
    for one in objects:
        template = one["spec"].get("template", {}) if one["kind"] in {"StatefulSet", "Deployment"} else {}
        for volume in template.get("spec", {}).get("volumes", []):
            claim_name = volume.get("persistentVolumeClaim", {}).get("claimName", "")
            if claim_name and claim_name not in {name for name, _ in claims} | {made["metadata"]["name"] for made in outside}:
                outside.append(_claim_of_the_town(claim_name, place))
                volumes.append(_volume_of_the_town(claim_name, place))
    if volumes:
        plane.apply(volumes)
    if outside:
        plane.apply(outside, "-n", place)


def _claim_of_the_town(name: str, place: str) -> Manifest:
    spec = _SMALL | {"volumeName": f"{place}-{name}", "resources": {"requests": {"storage": "1Gi"}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}


def _volume_of_the_town(name: str, place: str) -> Manifest:
    spec = _SMALL | {"capacity": {"storage": "1Gi"}, "hostPath": {"path": "/nowhere"}}
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": f"{place}-{name}"}, "spec": spec}


def install(plane: ControlPlane, place: str, *options: object) -> None:
    """`helm install --wait`: returns when every workload is ready."""
    provide_volumes(plane, rendered(plane, RELEASE, place, *options), place)
    plane.helm("install", RELEASE, CHART, "-n", place, "--wait", "--timeout", WAIT, *options)


def status(plane: ControlPlane, place: str) -> Manifest:
    """What helm says of the release."""
    found: Manifest = json.loads(plane.helm("status", RELEASE, "-n", place, "-o", "json"))
    return found


def ready(plane: ControlPlane, place: str) -> dict[str, tuple[int, int]]:
    """Of each workload: (replicas wanted, ready)."""
    found = plane.get("deployments,statefulsets", "-n", place)["items"]
    return {one["metadata"]["name"]: (one["spec"]["replicas"], one["status"].get("readyReplicas", 0)) for one in found}


def _hooks(plane: ControlPlane, place: str) -> dict[str, str]:
    return {hook["name"]: hook.get("last_run", {}).get("phase", "") for hook in status(plane, place)["hooks"]}


def _images(plane: ControlPlane, place: str) -> set[str]:
    found = [
        one for one in plane.get("deployments,statefulsets", "-n", place)["items"] if one["metadata"]["name"] != "town-coturn"
    ]
    return {one["spec"]["template"]["spec"]["containers"][0]["image"].rpartition(":")[2] for one in found}


def go_through(plane: ControlPlane, checks: Checks) -> None:
    """The life of a release, with each example; then what can go wrong."""
    for name in EXAMPLES:
        place = namespace(plane, name)
        with checks.check(f"{name}: installed, everything runs"):
            install(plane, place, *of_example(name))
            counts = ready(plane, place)
            assert counts, "no workload"
            assert all(wanted == there for wanted, there in counts.values()), counts
            checks.note(", ".join(f"{workload} {there}/{wanted}" for workload, (wanted, there) in counts.items()))
        _back_up(plane, checks, place)
        with checks.check(f"{name}: jobs before an upgrade ran, the new version is there"):
            _upgrade(plane, place, "--set", "image.tag=next", "--wait", "--timeout", WAIT)
            assert set(_hooks(plane, place).values()) == {"Succeeded"}, _hooks(plane, place)
            assert _images(plane, place) == {"next"}, _images(plane, place)
        if name == "outside-services":
            _stop_and_start(plane, checks, place)
            _go_wrong(plane, checks, place)
        with checks.check(f"{name}: uninstalled; claims, database, brokers and topics are left"):
            before = _lasting(plane, place)
            plane.helm("uninstall", RELEASE, "-n", place, "--wait", "--timeout", WAIT)
            assert plane.get("deployments,statefulsets", "-n", place)["items"] == []
            assert before, "nothing that lasts"
            assert _lasting(plane, place) == before
    place = namespace(plane, "restricted", **{"pod-security.kubernetes.io/enforce": "restricted"})
    with checks.check("every pod is admitted by the restricted Pod Security Standard (live view by TURN, no port of the node)"):
        install(plane, place, *of_example("outside-services"), "--set", "live.hostPort=false")
        assert all(wanted == there for wanted, there in ready(plane, place).values())
    plane.helm("uninstall", RELEASE, "-n", place)


def _back_up(plane: ControlPlane, checks: Checks, place: str) -> None:
    with checks.check(f"{place}: a backup by hand from its CronJob finds a node and its volumes, and ends"):
        plane.kubectl("create", "job", "--from=cronjob/town-backup", "backup-now", "-n", place)
        plane.kubectl("wait", "--for=condition=complete", "job/backup-now", "-n", place, "--timeout=90s")
        plane.kubectl("delete", "job", "backup-now", "-n", place)
    with checks.check(f"{place}: the Job that restores, as the guide renders it, is accepted"):
        chosen = ("--show-only", "templates/restore.yaml", "--set", "backup.restore.from=latest")
        superuser = ("--set", "backup.restore.databaseSecret=superuser")
        jobs = rendered(plane, RELEASE, place, *of_example(place), *chosen, *superuser)
        assert [one["metadata"]["name"] for one in jobs] == ["town-restore"], jobs
        plane.apply(jobs, "--dry-run=server", "--validate=strict", "-n", place)


def _stop_and_start(plane: ControlPlane, checks: Checks, place: str) -> None:
    """The commands of docs/guide/awaria.md around a restore."""
    ours = ("-l", "app.kubernetes.io/part-of=hejnal", "-n", place)
    with checks.check("stopped for a restore, an upgrade with the same values starts everything again"):
        plane.kubectl("scale", "deployment,statefulset", *ours, "--replicas=0")
        plane.kubectl("wait", "pod", *ours, "--field-selector=status.phase=Running", "--for=delete", "--timeout=120s")
        # The pods are gone before their controllers have counted them.
        plane.wait("nothing ready", lambda: {there for _, there in ready(plane, place).values()} == {0})
        _upgrade(plane, place, "--set", "image.tag=next", "--wait", "--timeout", WAIT)
        counts = ready(plane, place)
        assert all(there == wanted > 0 for wanted, there in counts.values()), counts


def _upgrade(plane: ControlPlane, place: str, *options: object) -> None:
    plane.helm("upgrade", RELEASE, CHART, "-n", place, *of_example(place), *options)


def _go_wrong(plane: ControlPlane, checks: Checks, place: str) -> None:
    with checks.check("a migration that fails stops the upgrade, and the old version stays"):
        try:
            _upgrade(plane, place, "--set", "image.tag=broken", "--timeout", "15s")
        except ClusterError as error:
            assert "pre-upgrade hooks failed" in str(error), error
        else:
            raise AssertionError("the upgrade went through")
        assert _images(plane, place) == {"next"}
        assert all(wanted == there for wanted, there in ready(plane, place).values())
    with checks.check("roll-back: the first version is there again, its claims are the same ones"):
        claims = _lasting(plane, place)
        plane.helm("rollback", RELEASE, "1", "-n", place, "--wait", "--timeout", WAIT)
        assert status(plane, place)["info"]["status"] == "deployed"
        assert _images(plane, place) == {"0.1.0"}, _images(plane, place)
        assert _lasting(plane, place) == claims
    with checks.check("values that cannot work change nothing"):
        try:
            _upgrade(plane, place, "--set", "services.recorder.replicaCount=2")
        except ClusterError as error:
            assert "recorder-standby" in str(error), error
        else:
            raise AssertionError("they were accepted")
        assert ready(plane, place)["town-recorder"] == (1, 1)


def _lasting(plane: ControlPlane, place: str) -> set[tuple[str, str]]:
    """What must outlive a release, by kind and identity."""
    kinds = "pvc,clusters.postgresql.cnpg.io,kafkas,kafkatopics,kafkanodepools"
    return {(one["kind"], one["metadata"]["uid"]) for one in plane.get(kinds, "-n", place)["items"]}
