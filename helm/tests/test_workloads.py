"""What every pod of the chart is like, and that it is told what its service can be told."""

import base64
import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.x509 import load_pem_x509_certificate

from hejnal_local.cluster_secrets import secrets_of
from hejnal_local.database_roles import SCHEMAS

from .conftest import CHART, ROOT, Manifest, RefusedError, Rendered, render

SETTINGS = {
    "ingest": "hejnal_ingest.settings.Settings",
    "recorder": "hejnal_recorder.settings.Settings",
    "recorder-standby": "hejnal_recorder.settings.Settings",
    "notifier": "hejnal_notifier.settings.Settings",
    "citizen-api": "hejnal_citizen.settings.Settings",
    "operator-gateway": "hejnal_gateway.settings.GatewaySettings",
}
OWN_KEYS = {
    "operator-gateway": {"at-rest.key"},
    "notifier": {"vapid.pem"},
    "citizen-api": {"vapid.pub", "citizen-secrets.key"},
}


def test_no_pod_has_a_right_that_it_does_not_need(rendered: Rendered) -> None:
    for name, pod in rendered.pods().items():
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in spec["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "privileged": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
            assert container["resources"]["limits"]["memory"], name
            assert container["resources"]["requests"]["cpu"], name
            assert "/tmp" in [mount["mountPath"] for mount in container["volumeMounts"]], name


def test_a_pod_sees_its_own_key_only(rendered: Rendered) -> None:
    for name, workload in rendered.workloads().items():
        volumes = {one["name"]: one for one in workload["spec"]["template"]["spec"]["volumes"]}
        seen = {item["key"] for item in volumes["tokens"]["secret"]["items"]}
        assert seen == {f"{name.removesuffix('-standby')}.pem", "jwks.json"}
        others = {item["key"] for item in volumes.get("keys", {}).get("secret", {}).get("items", [])}
        wanted = {
            "operator-gateway": {"at-rest.key"},
            "notifier": {"vapid.pem"},
            "citizen-api": {"vapid.pub", "citizen-secrets.key"},
        }
        assert others == wanted.get(name, set())


def test_no_secret_is_contained(rendered: Rendered) -> None:
    assert rendered.of("Secret") == {}
    for name, pod in rendered.pods().items():
        for container in pod["spec"]["containers"]:
            for variable in container.get("env", []):
                secret = re.search(r"PASSWORD$|SECRET$|TOKEN$", variable["name"])
                assert not secret or "valueFrom" in variable, (name, variable)


def environment(workload: Manifest) -> dict[str, str]:
    """What a container would see, with stand-ins for what comes from elsewhere; a later value may refer to earlier ones only."""
    seen: dict[str, str] = {}
    for variable in workload["spec"]["template"]["spec"]["containers"][0]["env"]:
        assert variable["name"] not in seen, f"{variable['name']} twice"
        value = variable.get("value", f"10.0.0.{len(seen) + 1}")
        unknown = set(re.findall(r"\$\((\w+)\)", value)) - set(seen)
        assert not unknown, f"{variable['name']} refers to {unknown}"
        seen[variable["name"]] = re.sub(r"\$\((\w+)\)", lambda found: seen[found[1]], value)
    return seen


def test_a_service_takes_the_settings_it_is_given(rendered: Rendered, monkeypatch: pytest.MonkeyPatch) -> None:
    documented = set(re.findall(r"`(HEJNAL_\w+)`", (ROOT / "docs/reference/settings.md").read_text()))
    for name, workload in rendered.workloads().items():
        given = environment(workload)
        ours = {variable for variable in given if variable.startswith("HEJNAL_")}
        assert ours <= documented
        module, _, settings = SETTINGS[name].rpartition(".")
        with monkeypatch.context() as patch:
            for variable, value in given.items():
                patch.setenv(variable, value)
            read = getattr(importlib.import_module(module), settings)()
        assert read.internal_port == 9000
        assert read.token_key_file.name == f"{name.removesuffix('-standby')}.pem"


def test_a_service_is_asked_where_another_one_listens(rendered: Rendered) -> None:
    services = rendered.of("Service")
    for workload in rendered.workloads().values():
        for value in environment(workload).values():
            for host, port in re.findall(r"http://(town-[-a-z]+):(\d+)", value):
                assert int(port) in [one["port"] for one in services[host]["spec"]["ports"]], value


def test_ingest_keeps_its_name_and_is_reached_by_it() -> None:
    workload = render().workloads()["ingest"]
    assert workload["kind"] == "StatefulSet"
    variables = {one["name"]: one.get("value") for one in workload["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert variables["HEJNAL_INGEST_INGEST_ID"] == "$(POD_NAME)"
    assert variables["HEJNAL_INGEST_ADVERTISED_URL"] == "http://$(POD_NAME).town-ingest-pods:9000"
    names = render().of("Service")["town-ingest-pods"]["spec"]
    assert names["clusterIP"] == "None"
    assert names["publishNotReadyAddresses"] is True


def test_shared_footage_is_one_mount_for_spool_and_archive() -> None:
    """A hard link needs one mount, not only one disk (link(2): EXDEV)."""
    rendered = render({"sharedFootage": {"enabled": True}})
    for name in ("ingest", "recorder"):
        spec = rendered.workloads()[name]["spec"]["template"]["spec"]
        claims = {
            one["name"]: one["persistentVolumeClaim"]["claimName"] for one in spec["volumes"] if "persistentVolumeClaim" in one
        }
        assert claims["data"] == "town-footage"
        assert {"name": "data", "mountPath": "/var/lib/hejnal"} in spec["containers"][0]["volumeMounts"]
        assert environment(rendered.workloads()[name])[f"HEJNAL_{name.upper()}_SPOOL_DIR"] == "/var/lib/hejnal/spool"


def test_what_a_person_sets_goes_first_and_stands_once() -> None:
    given = {"services": {"recorder": {"env": {"HEJNAL_RECORDER_ARCHIVE_DIR": "/mnt/a", "HEJNAL_RECORDER_DEFAULT_KEEP_DAYS": 7}}}}
    variables = environment(render(given).workloads()["recorder"])
    assert variables["HEJNAL_RECORDER_ARCHIVE_DIR"] == "/mnt/a"
    assert variables["HEJNAL_RECORDER_DEFAULT_KEEP_DAYS"] == "7"


def test_a_node_with_the_port_of_live_views_can_be_updated() -> None:
    """With one node a surge pod would wait for the port for ever."""
    assert render().workloads()["operator-gateway"]["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}
    elsewhere = render({"live": {"hostPort": False}}).workloads()["operator-gateway"]["spec"]["strategy"]["rollingUpdate"]
    assert elsewhere == {"maxSurge": 1, "maxUnavailable": 0}


def test_every_workload_has_the_same_keys() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())["services"]
    assert {name: sorted(one) for name, one in values.items()} == dict.fromkeys(values, sorted(values["ingest"]))
    assert set(values) == set(SETTINGS)


def test_every_named_secret_is_made_by_the_command_of_the_readme(tmp_path: Path) -> None:
    """One node: what Strimzi makes and what a town must bring (certificates, the account of its S3 store) apart."""
    made = {one["metadata"]["name"]: one for one in secrets_of(tmp_path / "keys", "Gmina Test")}
    again = {one["metadata"]["name"]: one for one in secrets_of(tmp_path / "keys", "Gmina Test")}
    assert made == again
    databases = {name for name in made if name.endswith("-database")}
    assert len(databases) == len(SCHEMAS) + 1
    for name in databases:  # so that CloudNativePG takes a changed password at once
        assert made[name]["metadata"]["labels"] == {"cnpg.io/reload": "true"}, name
    rendered = render(ROOT / "helm/examples/one-node-k3s.yaml")
    from_elsewhere = {*rendered.of("KafkaUser"), "hejnal-cluster-ca-cert", "hejnal-backup-store"}
    for name, pod in rendered.pods().items():
        for volume in pod["spec"]["volumes"]:
            secret = volume.get("secret", {})
            if secret and secret["secretName"] not in from_elsewhere:
                wanted = {item["key"] for item in secret.get("items", [])}
                assert wanted <= made[secret["secretName"]]["data"].keys(), name
        for variable in pod["spec"]["containers"][0]["env"]:
            reference = variable.get("valueFrom", {}).get("secretKeyRef")
            if reference:
                assert reference["key"] in made[reference["name"]]["data"]
    assert set(made["hejnal-evidence"]["data"]) == {"ca.pem", "signing.pem", "signing.key", "tsa.pem", "tsa.key"}
    authority = base64.b64decode(made["hejnal-evidence"]["data"]["ca.pem"])
    assert "Gmina Test" in load_pem_x509_certificate(authority).subject.rfc4514_string()


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"services": {"recorder": {"replicas": 3}}}, "additional properties 'replicas' not allowed"),
    ({"services": {"recorder": {"persistence": {"size": "big"}}}}, "'big' does not match pattern"),
    ({"services": {"ingest": {"pdb": {"maxUnavailable": 0}}}}, "maxUnavailable"),
    ({"kafka": {"bootstrap": "http://kafka:9092"}}, "/kafka/bootstrap"),
    ({"kafka": {"securityProtocol": "SASL_PLAINTEXT"}}, "value must be one of 'PLAINTEXT', 'SSL', 'SASL_SSL'"),
    ({"doors": {"citizen": {"host": "https://town.example"}}}, "/doors/citizen/host"),
    ({"services": {"recorder": {"replicaCount": 2}}}, "a second copy is services.recorder-standby"),
    ({"services": {"ingest": {"autoscaling": {"enabled": True}}}}, "each change of replicas moves cameras"),
    ({"services": {"citizen-api": {"replicaCount": 2}}}, "accessMode must be ReadWriteMany"),
    ({"services": {"citizen-api": {"persistence": {"enabled": False}}}}, "everything kept there is lost with the pod"),
    ({"services": {"notifier": {"persistence": {"existingClaim": "one"}}}}, "each replica needs a volume of its own"),
    ({"services": {"recorder": {"databaseSecret": ""}}}, "username (hejnal_recorder) and password"),
    ({"database": {"host": ""}}, "where is its database?"),
    ({"kafka": {"securityProtocol": "SASL_SSL"}}, "services.ingest.kafka: SASL_SSL needs user and existingSecret"),
    ({"kafka": {"bootstrap": ""}}, "kafka.bootstrap: name the brokers"),
    ({"strimzi": {"createCluster": True}}, "kafka.bootstrap: leave it empty"),
    (
        {"kafka": {"bootstrap": ""}, "strimzi": {"createCluster": True, "topics": True, "users": True, "brokers": 1}},
        "3 copies need as many brokers",
    ),
    (
        {"strimzi": {"users": True}, "services": {"notifier": {"existingSecret": "town-notifier"}}},
        "services.notifier.existingSecret: in the Secret town-notifier Strimzi keeps a Kafka password",
    ),
    (
        {"strimzi": {"users": True}, "services": {"recorder": {"filesSecret": "town-recorder"}}},
        "services.recorder.filesSecret: in the Secret town-recorder Strimzi keeps a Kafka password",
    ),
    (
        {"strimzi": {"users": True, "outsideUsers": ["dispatch"]}, "services": {"ingest": {"existingSecret": "town-dispatch"}}},
        "give yours another name, e.g. town-ingest-settings",
    ),
    ({"strimzi": {"external": {"enabled": True}}}, "strimzi.external: it is a way to brokers that this chart makes"),
    ({"strimzi": {"external": {"enabled": True}}}, "strimzi.external.networks: name the networks"),
    ({"strimzi": {"external": {"enabled": True}}}, "strimzi.external.names: name the nodes' addresses"),
    ({"strimzi": {"external": {"enabled": True, "type": "loadbalancer", "nodePort": 32094}}}, "is for the type nodeport"),
    ({"strimzi": {"external": {"port": 9093}}}, "/strimzi/external/port"),
    ({"strimzi": {"external": {"networks": ["all"]}}}, "/strimzi/external/networks/0"),
    ({"strimzi": {"users": True}}, "users need kafka.securityProtocol SASL_SSL"),
    ({"postgres": {"enabled": True}}, "postgres.image: name an image of CloudNativePG with PostGIS"),
    ({"services": {"recorder-standby": {"enabled": True}}}, "the second copy has a database of its own"),
    ({"sharedFootage": {"enabled": True}, "services": {"ingest": {"replicaCount": 2}}}, "for one ingest on the recorder's node"),
    ({"doors": {"by": "gatewayApi"}}, "name the Gateway that the routes attach to"),
    ({"coturn": {"enabled": True, "host": "turn", "existingSecret": "turn"}}, "an open relay would lead into the town's network"),
    (
        {"services": {"operator-gateway": {"autoscaling": {"enabled": True, "minReplicas": 4, "maxReplicas": 2}}}},
        "minReplicas is above maxReplicas",
    ),
]


def test_a_secret_may_be_called_as_a_service_where_strimzi_makes_no_users() -> None:
    pod = render({"services": {"notifier": {"existingSecret": "town-notifier"}}}).workloads()["notifier"]["spec"]["template"][
        "spec"
    ]
    assert pod["containers"][0]["envFrom"] == [{"secretRef": {"name": "town-notifier"}}]


def test_the_kafka_password_itself_may_be_that_of_strimzi() -> None:
    values = {"strimzi": {"users": True}, "kafka": {"securityProtocol": "SASL_SSL"}, "topics": {"create": False}}
    values["services"] = {"notifier": {"kafka": {"user": "town-notifier", "existingSecret": "town-notifier"}}}
    volumes = render(values).workloads()["notifier"]["spec"]["template"]["spec"]["volumes"]
    assert next(one for one in volumes if one["name"] == "kafka")["secret"]["secretName"] == "town-notifier"


@pytest.mark.parametrize(("values", "message"), REFUSED, ids=[message[:40] for _, message in REFUSED])
def test_values_that_cannot_work_are_refused_with_what_to_do(values: dict[str, Any], message: str) -> None:
    with pytest.raises(RefusedError) as refused:
        render(values)
    assert message in str(refused.value)
