"""The backup that a cluster makes by itself, and the restore that the guide describes."""

import re
from typing import Any

import pytest
import yaml

from hejnal_backup.settings import BackupSettings

from .conftest import EXAMPLES, ROOT, Manifest, RefusedError, Rendered, filled, render

ONE_NODE, HA = (next(path for path in EXAMPLES if path.stem == name) for name in ("one-node-k3s", "high-availability"))
KEY = filled(ONE_NODE)["backup"]["recipients"][0]


def job_of(rendered: Rendered) -> Manifest:
    spec: Manifest = rendered.of("CronJob")["town-backup"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return spec


def environment(pod: Manifest) -> dict[str, str]:
    return {one["name"]: one.get("value", "word") for one in pod["containers"][0]["env"]}


def mounts(pod: Manifest) -> dict[str, dict[str, Any]]:
    return {one["mountPath"]: one for one in pod["containers"][0]["volumeMounts"]}


def on(values: dict[str, Any]) -> dict[str, Any]:
    return {"backup": {"enabled": True, "recipients": [KEY], **values}}


def test_nothing_of_it_is_there_until_it_is_wanted() -> None:
    rendered = render()
    assert rendered.of("CronJob") == {}
    assert not [one for one in rendered.objects if one["metadata"]["name"].startswith("town-backup")]


@pytest.mark.parametrize("example", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_the_program_takes_the_settings_it_is_given(example: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pod = job_of(render(example))
    documented = set(re.findall(r"`(HEJNAL_\w+)`", (ROOT / "docs/reference/settings.md").read_text()))
    given = environment(pod)
    assert {name for name in given if name.startswith("HEJNAL_")} <= documented
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    read = BackupSettings()
    assert read.require_database_url().startswith("postgresql://$(DATABASE_USER):$(DATABASE_PASSWORD)@")
    assert list(given).index("DATABASE_PASSWORD") < list(given).index("HEJNAL_BACKUP_DATABASE_URL")
    seen = mounts(pod)
    for folder in (*read.folders.values(), read.recipients_file, read.s3_access_key_file, read.s3_secret_key_file):
        assert folder is None or any(str(folder).startswith(path) or path.startswith(f"{folder}/") for path in seen), folder
    assert read.target.startswith("s3://") or any(read.target.startswith(f"{path}/") for path in seen)
    assert pod["containers"][0]["args"] == ["make"]


def test_it_only_reads_what_it_keeps_and_holds_every_key_of_the_town() -> None:
    pod = job_of(render(ONE_NODE))
    secrets = {one["name"]: one["secret"] for one in pod["volumes"] if "secret" in one}
    kept = {path: secrets[one["name"]]["secretName"] for path, one in mounts(pod).items() if path.startswith("/etc/hejnal/keys")}
    assert kept == {
        "/etc/hejnal/keys/tokens": "hejnal-tokens",
        "/etc/hejnal/keys/keys": "hejnal-keys",
        "/etc/hejnal/keys/evidence": "hejnal-evidence",
    }
    assert all(not secrets[f"keys-{name}"].get("items") for name in ("tokens", "keys", "evidence"))
    writable = {path for path, one in mounts(pod).items() if not one.get("readOnly")}
    assert writable == {"/tmp"}
    lean = job_of(render(on({"keys": False, "photos": False})))
    assert environment(lean)["HEJNAL_BACKUP_FOLDERS"] == "{}"
    assert set(mounts(lean)) == {"/etc/hejnal/recipients", "/var/backups/hejnal", "/tmp"}


def test_photos_on_one_node_are_read_there_and_shared_ones_anywhere() -> None:
    near = job_of(render(on({})))["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert near[0]["labelSelector"]["matchLabels"]["app.kubernetes.io/name"] == "citizen-api"
    claim = next(one for one in job_of(render(on({})))["volumes"] if one["name"] == "photos")["persistentVolumeClaim"]
    assert claim["claimName"] in render(on({})).of("PersistentVolumeClaim")
    assert "affinity" not in job_of(render(HA))


def test_its_volume_outlives_the_release() -> None:
    claim = render(on({})).of("PersistentVolumeClaim")["town-backup"]
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    assert "town-backup" not in render(ONE_NODE).of("PersistentVolumeClaim")
    own = render(on({"persistence": {"existingClaim": "nas"}}))
    assert "town-backup" not in own.of("PersistentVolumeClaim")
    assert {"name": "target", "persistentVolumeClaim": {"claimName": "nas"}} in job_of(own)["volumes"]


def test_it_reaches_the_database_and_its_store_and_nothing_else() -> None:
    policy = render(ONE_NODE).of("NetworkPolicy")["town-backup"]["spec"]
    assert policy["podSelector"]["matchLabels"]["app.kubernetes.io/name"] == "backup"
    assert "ingress" not in policy
    assert [(one["ports"][0]["port"], bool(one["to"])) for one in policy["egress"]] == [(5432, True), (443, True)]
    store = {"destination": "s3://b/town", "existingSecret": "store", "endpoint": "http://10.0.0.9:9000"}
    ports = [one["ports"][0]["port"] for one in render(on(store)).of("NetworkPolicy")["town-backup"]["spec"]["egress"]]
    assert ports == [5432, 9000]


def test_the_alert_on_old_backups_is_fed_by_the_cluster() -> None:
    """On one machine node_exporter reads the file that a backup leaves behind; there is none here."""
    rule = render(HA).of("PrometheusRule")["town-backup"]["spec"]["groups"][0]["rules"][0]
    alerts = (ROOT / "deploy/monitoring/alerts/services.yml").read_text()
    assert f"time() - max({rule['record']})" in alerts
    assert 'cronjob="town-backup"' in rule["expr"]
    assert 'namespace="hejnal"' in rule["expr"]
    commands = (ROOT / "docs/runbooks/kopia-zapasowa.md").read_text()
    component = "app.kubernetes.io/component=backup"
    assert component in commands
    cron = render(HA).of("CronJob")["town-backup"]
    for labelled in (cron, cron["spec"]["jobTemplate"], cron["spec"]["jobTemplate"]["spec"]["template"]):
        assert labelled["metadata"]["labels"]["app.kubernetes.io/component"] == "backup"


RESTORED = {"from": "latest", "databaseSecret": "superuser"}


@pytest.mark.parametrize("values", [on({"restore": RESTORED}), ONE_NODE, HA], ids=["volume", "one-node", "high-availability"])
def test_a_restore_reads_the_same_store_and_writes_what_was_kept(values: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the guide says: a superuser of the database, and the private key that is nowhere else."""
    if not isinstance(values, dict):
        values = filled(values)
        values["backup"]["restore"] = {"from": "latest"}
    rendered = render(values)
    job = rendered.of("Job")["town-restore"]
    made, restores = job_of(rendered), job["spec"]["template"]["spec"]
    ours, theirs = made["containers"][0], restores["containers"][0]
    assert job["spec"]["backoffLimit"] == 0
    assert theirs["securityContext"] == ours["securityContext"]
    assert theirs["args"][:2] == ["restore", "latest"]
    identity = theirs["args"][2].removeprefix("--identity=")
    assert identity.rpartition("/")[0] in mounts(restores)
    account = theirs["env"][0]["valueFrom"]["secretKeyRef"]["name"]
    assert account == ("superuser" if rendered.of("Cluster") == {} else "town-postgres-superuser")
    before = environment(made)
    for name, value in environment(restores).items():
        monkeypatch.setenv(name, value)
    read = BackupSettings()
    assert read.target == before["HEJNAL_BACKUP_TARGET"]
    assert list(read.folders) == ["photos"], "keys are Secrets: they come back by hand"
    assert mounts(restores)["/var/lib/hejnal"]["readOnly"] is False
    assert [path for path in mounts(restores) if path.startswith("/etc/hejnal/keys")] == []
    assert "affinity" not in restores, "citizen-api does not run then"
    claims = [one["persistentVolumeClaim"] for one in restores["volumes"] if "persistentVolumeClaim" in one]
    assert claims == [one["persistentVolumeClaim"] for one in made["volumes"] if "persistentVolumeClaim" in one]


def test_the_guide_restores_by_the_chart() -> None:
    guide = (ROOT / "docs/guide/awaria.md").read_text()
    assert "--show-only templates/restore.yaml --set backup.restore.from=latest" in guide
    assert "/var/lib/hejnal/restored.json" in guide
    assert "town-restore" not in render(ONE_NODE).of("Job")


@pytest.mark.parametrize("example", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_an_example_is_refused_until_the_town_names_its_own_key(example: Any) -> None:
    """A key that came with the example would make backups that nobody in the town can read."""
    with pytest.raises(RefusedError, match="name at least one age public key"):
        render(yaml.safe_load(example.read_text()))


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"recipients": []}, "name at least one age public key"),
    ({"recipients": ["AGE-SECRET-KEY-1XYZ"]}, "does not match pattern"),
    ({"destination": "/mnt"}, "does not match pattern"),
    ({"destination": "s3://b/town"}, "backup.existingSecret: name a Secret with ACCESS_KEY_ID"),
    ({"persistence": {"enabled": False}}, "where shall backups lie?"),
    ({"restore": {"from": "latest"}}, "username and password of a superuser"),
    ({"restore": {"from": "yesterday"}}, "does not match pattern"),
    ({"schedule": "daily"}, "does not match pattern"),
]


@pytest.mark.parametrize(("values", "message"), REFUSED, ids=[message[:30] for _, message in REFUSED])
def test_values_that_cannot_work_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(RefusedError, match=re.escape(message)):
        render(on(values))
