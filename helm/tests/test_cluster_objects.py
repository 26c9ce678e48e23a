"""Network policies, budgets, jobs, Kafka's and PostgreSQL's objects, monitoring."""

import re
from pathlib import Path
from typing import Any

import yaml

from hejnal_contracts.access import BY_PRINCIPAL
from hejnal_contracts.topics import TOPICS
from hejnal_local import chart_files
from hejnal_local.database_roles import BACKUP_ROLE, EXTENSIONS, SCHEMAS

from .conftest import CHART, EXAMPLES, ROOT, Rendered, filled, render

HA = next(path for path in EXAMPLES if path.stem == "high-availability")
ONE_NODE = next(path for path in EXAMPLES if path.stem == "one-node-k3s")
OUTSIDE = next(path for path in EXAMPLES if path.stem == "outside-services")

ASKS = {
    ("ingest", "operator-gateway"),  # cameras' passwords
    ("recorder", "ingest"),  # footage
    ("recorder-standby", "ingest"),
    ("operator-gateway", "ingest"),
    ("operator-gateway", "recorder"),
    ("operator-gateway", "recorder-standby"),
    ("operator-gateway", "notifier"),
    ("operator-gateway", "citizen-api"),
    ("operator-gateway", "operator-gateway"),  # live workers
    ("citizen-api", "notifier"),  # one-time codes
}
"""Who asks whom inside (architecture, §1); nobody else may."""


def _paths(rendered: Rendered, direction: str, peers: str) -> set[tuple[str, str]]:
    """(workload, peer) by one direction of the policies, for peers that are pods of this release."""
    found = set()
    for policy in rendered.of("NetworkPolicy").values():
        own = policy["spec"]["podSelector"]["matchLabels"].get("app.kubernetes.io/name", "")
        for rule in policy["spec"].get(direction, []):
            for peer in rule.get(peers, []):
                other = peer.get("podSelector", {}).get("matchLabels", {}).get("app.kubernetes.io/name")
                if other:
                    assert peer["podSelector"]["matchLabels"]["app.kubernetes.io/instance"] == "town"
                    found.add((own, other))
    return found


def test_services_reach_those_they_ask_and_no_others(rendered: Rendered) -> None:
    there = set(rendered.workloads())
    wanted = {(asks, asked) for asks, asked in ASKS if {asks, asked} <= there}
    assert _paths(rendered, "egress", "to") == wanted
    assert {(asks, asked) for asked, asks in _paths(rendered, "ingress", "from")} == wanted


def test_nothing_is_open_but_the_two_doors_and_the_live_view() -> None:
    open_to_all = set()
    for name, policy in render().of("NetworkPolicy").items():
        for rule in policy["spec"].get("ingress", []):
            if not rule.get("from"):
                open_to_all |= {(name, port["port"]) for port in rule["ports"]}
    assert open_to_all == {("town-citizen-api", "public"), ("town-operator-gateway", "public"), ("town-operator-gateway", "rtc")}


def test_every_pod_is_denied_what_no_policy_names(rendered: Rendered) -> None:
    deny = rendered.of("NetworkPolicy")["town-default-deny"]["spec"]
    assert deny["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in deny
    assert "egress" not in deny
    for name, pod in rendered.pods().items():
        labels = pod["metadata"]["labels"]
        assert deny["podSelector"]["matchLabels"].items() <= labels.items(), name
    assert all(rule.get("to") for rule in rendered.of("NetworkPolicy")["town-ingest"]["spec"]["egress"])


def test_migrations_reach_the_database_and_nothing_else() -> None:
    policy = render().of("NetworkPolicy")["town-recorder-migrate"]["spec"]
    assert [port["port"] for rule in policy["egress"] for port in rule["ports"]] == [5432]
    labels = render().pods()["town-recorder-migrate"]["metadata"]["labels"]
    assert policy["podSelector"]["matchLabels"].items() <= labels.items()


def test_each_workload_has_a_budget_and_is_spread(rendered: Rendered) -> None:
    budgets = rendered.of("PodDisruptionBudget")
    for name, workload in rendered.workloads().items():
        assert budgets[f"town-{name}"]["spec"]["maxUnavailable"] == 1
        spread = workload["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert {one["topologyKey"] for one in spread} == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}
        labels = workload["spec"]["template"]["metadata"]["labels"]
        for one in [*spread, budgets[f"town-{name}"]["spec"]]:
            assert (one.get("labelSelector") or one["selector"])["matchLabels"].items() <= labels.items()


def test_the_autoscaler_alone_says_how_many() -> None:
    rendered = render(HA)
    scaled = {one["spec"]["scaleTargetRef"]["name"]: one for one in rendered.of("HorizontalPodAutoscaler").values()}
    scaled |= {one["spec"]["scaleTargetRef"]["name"]: one for one in rendered.of("ScaledObject").values()}
    assert set(scaled) == {"town-notifier", "town-citizen-api", "town-operator-gateway"}
    for name, workload in rendered.workloads().items():
        assert ("replicas" in workload["spec"]) == (f"town-{name}" not in scaled)
    triggers = rendered.of("ScaledObject")["town-notifier"]["spec"]["triggers"]
    assert ("notifier", "announcements") in [(one["metadata"]["consumerGroup"], one["metadata"]["topic"]) for one in triggers]
    assert {one["metadata"]["sasl"] for one in triggers} == {"scram_sha512"}


def test_migrations_go_before_an_upgrade_and_topics_before_them() -> None:
    jobs = render(OUTSIDE).of("Job")
    weights = {name: int(one["metadata"]["annotations"]["helm.sh/hook-weight"]) for name, one in jobs.items()}
    assert {one["metadata"]["annotations"]["helm.sh/hook"] for one in jobs.values()} == {"pre-install,pre-upgrade"}
    assert weights.pop("town-topics") < min(weights.values())
    assert set(weights) == {f"town-{one.service}-migrate" for one in SCHEMAS}


def test_a_database_of_the_release_is_migrated_once_it_is_there() -> None:
    """A hook before the installation would wait for a database that is made after it."""
    first = render(ONE_NODE).of("Job")
    assert all("helm.sh/hook" not in one["metadata"].get("annotations", {}) for one in first.values())
    later = render(ONE_NODE, upgrade=True).of("Job")
    assert set(later) == set(first)
    assert {one["metadata"]["annotations"]["helm.sh/hook"] for one in later.values()} == {"pre-upgrade"}


def test_topics_and_rights_are_those_of_the_declaration() -> None:
    rendered = render(HA)
    topics = {one["spec"]["topicName"]: one["spec"] for one in rendered.of("KafkaTopic").values()}
    assert set(topics) == {name for topic in TOPICS for name in (topic.name, topic.dlq)}
    for topic in TOPICS:
        assert topics[topic.name]["partitions"] == topic.partitions
        assert topics[topic.name]["config"] == topic.config() | {"min.insync.replicas": "2"}
    users = rendered.of("KafkaUser")
    assert {name.removeprefix("town-") for name in users} == set(BY_PRINCIPAL) - {"topics"}
    for name, user in users.items():
        wanted = BY_PRINCIPAL[name.removeprefix("town-")].acls()
        assert _grants(user) == [(one.resource, one.pattern, one.name, list(one.operations)) for one in wanted]


def test_a_prefix_of_the_topics_is_in_every_right() -> None:
    values = filled(HA)
    values["kafka"]["topicPrefix"] = "bugielsk-"
    for name, user in render(values).of("KafkaUser").items():
        wanted = BY_PRINCIPAL[name.removeprefix("town-")].acls("bugielsk-")
        assert _grants(user) == [(one.resource, one.pattern, one.name, list(one.operations)) for one in wanted]


def _grants(user: dict[str, Any]) -> list[tuple[str, str, str, list[str]]]:
    acls = user["spec"]["authorization"]["acls"]
    return [(one["resource"]["type"], one["resource"]["patternType"], one["resource"]["name"], one["operations"]) for one in acls]


def test_each_pod_speaks_to_kafka_as_its_own_user() -> None:
    rendered = render(HA)
    users = rendered.of("KafkaUser")
    for name, workload in rendered.workloads().items():
        spec = workload["spec"]["template"]["spec"]
        secret = next(one["secret"]["secretName"] for one in spec["volumes"] if one["name"] == "kafka")
        user = next(one["value"] for one in spec["containers"][0]["env"] if one["name"].endswith("_KAFKA_USER"))
        assert secret == user
        assert user in users, name


def test_the_brokers_let_a_dead_ingest_go_in_time() -> None:
    config = render(HA).of("Kafka")["hejnal"]["spec"]["kafka"]["config"]
    assert config["group.min.session.timeout.ms"] == 2000
    assert config["auto.create.topics.enable"] is False
    assert config["min.insync.replicas"] == 2


def test_programs_outside_have_no_way_to_the_brokers_unless_one_is_made() -> None:
    listeners = render(HA).of("Kafka")["hejnal"]["spec"]["kafka"]["listeners"]
    assert [(one["name"], one["type"]) for one in listeners] == [("tls", "internal")]


def test_programs_outside_come_by_tls_and_password_from_the_networks_named() -> None:
    values = filled(ONE_NODE)
    values["strimzi"] |= {
        "outsideUsers": ["dispatch"],
        "external": {"enabled": True, "names": ["192.0.2.10"], "nodePort": 32094, "networks": ["192.0.2.30/32", "10.9.0.0/16"]},
    }
    rendered = render(values)
    inside, outside = rendered.of("Kafka")["hejnal"]["spec"]["kafka"]["listeners"]
    assert (outside["type"], outside["port"], outside["tls"]) == ("nodeport", 9094, True)
    assert outside["authentication"] == inside["authentication"]
    assert outside["networkPolicyPeers"] == [{"ipBlock": {"cidr": "192.0.2.30/32"}}, {"ipBlock": {"cidr": "10.9.0.0/16"}}]
    assert outside["configuration"] == {
        "externalTrafficPolicy": "Local",
        "bootstrap": {"alternativeNames": ["192.0.2.10"], "nodePort": 32094},
    }
    assert "town-dispatch" in rendered.of("KafkaUser")
    assert rendered.of("NetworkPolicy") == render(ONE_NODE).of("NetworkPolicy"), "the services' own ways are as they were"


def test_a_load_balancer_lets_in_the_networks_named_only() -> None:
    values = filled(HA)
    values["strimzi"]["external"] = {"enabled": True, "type": "loadbalancer", "port": 9095, "networks": ["192.0.2.30/32"]}
    outside = render(values).of("Kafka")["hejnal"]["spec"]["kafka"]["listeners"][1]
    assert (outside["type"], outside["port"]) == ("loadbalancer", 9095)
    assert outside["configuration"] == {"externalTrafficPolicy": "Local", "loadBalancerSourceRanges": ["192.0.2.30/32"]}


def test_the_database_has_a_schema_and_a_role_for_each_service() -> None:
    cluster = render(HA).of("Cluster")["town-postgres"]["spec"]
    sql = "\n".join(cluster["bootstrap"]["initdb"]["postInitApplicationSQL"])
    for one in SCHEMAS:
        assert f"CREATE SCHEMA {one.schema} AUTHORIZATION {one.role}" in sql
        assert f"SET search_path = {one.schema}, public" in sql
    assert all(f"CREATE EXTENSION IF NOT EXISTS {one} SCHEMA public" in sql for one in EXTENSIONS)
    assert {role["name"] for role in cluster["managed"]["roles"]} == {one.role for one in SCHEMAS} | {BACKUP_ROLE}
    reader = next(role for role in cluster["managed"]["roles"] if role["name"] == BACKUP_ROLE)
    assert reader["inRoles"] == ["pg_read_all_data"]
    assert f"GRANT CONNECT ON DATABASE hejnal TO {BACKUP_ROLE}" in sql
    assert "backup" in cluster
    assert render(HA).of("ScheduledBackup")["town-postgres"]["spec"]["cluster"] == {"name": "town-postgres"}


def test_the_documents_name_the_operators_that_know_the_backups_of_the_chart() -> None:
    """CloudNativePG 1.30 is the last with `barmanObjectStore`; once the chart asks the plugin instead, so do the documents."""
    assert render(HA).of("ScheduledBackup")["town-postgres"]["spec"]["method"] == "barmanObjectStore"
    named = {
        "helm/README.md": "CloudNativePG's (1.28 to 1.30",
        "helm/hejnal/values.yaml": "CloudNativePG's operator, 1.28 to 1.30",
        "docs/guide/kubernetes.md": "CloudNativePG od 1.28 do 1.30",
    }
    for path, words in named.items():
        text = (ROOT / path).read_text()
        assert words in text, path
        assert not re.search(r"CloudNativePG\S* \(?1\.28 (or newer|lub nowszy)", text), path


def test_sms_receipts_are_the_one_way_past_the_doors_and_off_by_default() -> None:
    assert all("internal" not in str(one) for one in render(OUTSIDE).of("Ingress").values())
    values = filled(OUTSIDE)
    values["doors"]["smsReceipts"] = True
    paths = render(values).of("Ingress")["town-citizen-api"]["spec"]["rules"][0]["http"]["paths"]
    assert [one["path"] for one in paths] == ["/internal/v1/receipts/sms", "/"]
    assert paths[0]["backend"]["service"]["name"] == "town-notifier"


def test_each_workload_is_scraped_once_under_its_service_name() -> None:
    rendered = render(HA)
    monitors = rendered.of("ServiceMonitor")
    assert {name.removeprefix("town-") for name in monitors} == set(rendered.workloads())
    for monitor in monitors.values():
        selector = monitor["spec"]["selector"]
        chosen = [
            service
            for service in rendered.of("Service").values()
            if selector["matchLabels"].items() <= service["metadata"]["labels"].items()
            and "app.kubernetes.io/component" not in service["metadata"]["labels"]
        ]
        assert len(chosen) == 1


def test_every_dashboard_comes_whole() -> None:
    maps = [one for name, one in render(HA).of("ConfigMap").items() if name.startswith("town-dashboard-")]
    there = {name: text for one in maps for name, text in one["data"].items()}
    assert {one["metadata"]["labels"]["grafana_dashboard"] for one in maps} == {"1"}
    assert there == {path.name: path.read_text() for path in (ROOT / "deploy/monitoring/dashboards").glob("*.json")}


def test_the_rules_are_those_of_the_monitoring() -> None:
    committed = {path.stem for path in (CHART / "files/rules").glob("*.yaml")}
    assert {name.removeprefix("town-") for name in render(HA).of("PrometheusRule")} == committed | {"backup"}


def test_what_the_chart_takes_from_elsewhere_is_up_to_date() -> None:
    assert chart_files.stale(ROOT) == []


def test_a_changed_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "deploy/monitoring/alerts").mkdir(parents=True)
    (tmp_path / "deploy/monitoring/alerts/cameras.yaml").write_text("groups: []\n")
    chart_files.write(tmp_path)
    assert chart_files.stale(tmp_path) == []
    (tmp_path / "helm/hejnal/files/rules/gone.yaml").write_text("groups: []\n")
    (tmp_path / "deploy/monitoring/alerts/cameras.yaml").write_text("groups: [{name: a}]\n")
    found = ["helm/hejnal/files/rules/alerts-cameras.yaml", "helm/hejnal/files/rules/gone.yaml"]
    assert chart_files.stale(tmp_path) == found
    chart_files.write(tmp_path)
    assert chart_files.stale(tmp_path) == []


def test_the_readme_names_every_value() -> None:
    text = (ROOT / "helm/README.md").read_text()
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    named = set(re.findall(r"`([\w.-]+)`", text))
    assert set(values) <= named
    assert set(values["services"]["ingest"]) <= named
