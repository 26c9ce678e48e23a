"""Who may do what in Kafka: one user per service with only its topics, its groups and the dead letters of what it reads.

Derived from the topics' declaration, so that a new topic gives its writers and readers the right and nobody else. The local
secured broker and the Helm chart (KafkaUser) are made from it.
"""

from dataclasses import dataclass
from typing import Literal

from hejnal_contracts.topics import BY_NAME, TOPICS

ResourceType = Literal["topic", "group", "cluster"]
PatternType = Literal["literal", "prefix"]
Operation = Literal["Read", "Write", "Describe", "Create", "DescribeConfigs"]


@dataclass(frozen=True, slots=True)
class ConsumerGroup:
    """A consumer group of a service and the topics its members read."""

    name: str
    topics: tuple[str, ...]


GROUPS: dict[str, tuple[ConsumerGroup, ...]] = {
    "ingest": (ConsumerGroup("ingest", ("cameras",)),),
    "recorder": (ConsumerGroup("recorder", ("camera-media", "cameras", "camera-events")),),
    "operator-gateway": (
        ConsumerGroup("operator-gateway-alerts", ("camera-events", "reports", "alert-requests")),
        ConsumerGroup("operator-gateway-audit", ("audit",)),
        ConsumerGroup("operator-gateway-camera-events", ("camera-events",)),
        ConsumerGroup("operator-gateway-webhooks", ("alerts",)),
    ),
    "citizen-api": (
        ConsumerGroup("citizen-api-cameras", ("cameras",)),
        ConsumerGroup("citizen-api-deliveries", ("deliveries",)),
        ConsumerGroup("citizen-api-inbound-sms", ("inbound-sms",)),
    ),
    "notifier": (
        ConsumerGroup("notifier", ("subscriptions", "announcements")),
        ConsumerGroup("notifier-shown", ("shown-messages",)),
    ),
}
"""The groups of each service; what it reads without a group (tables, tails) stands in the topics' declaration only."""
SERVICES = tuple(GROUPS)


@dataclass(frozen=True, slots=True)
class Acl:
    """One grant, in Kafka's words; `host` is any."""

    resource: ResourceType
    pattern: PatternType
    name: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Access:
    """What one user may do. Names are without the topic prefix; `acls` puts it before them."""

    principal: str
    """Name of the user."""
    summary: str
    produce: tuple[str, ...] = ()
    consume: tuple[str, ...] = ()
    dead_letters: tuple[str, ...] = ()
    """DLQ topics it writes: of each topic that it reads in a group."""
    groups: tuple[str, ...] = ()
    group_prefixes: tuple[str, ...] = ()
    """Every group whose name begins so: for outside consumers, who name their groups themselves."""
    transactional_ids: tuple[str, ...] = ()
    """Empty everywhere: producers are idempotent, and what has to be exactly once is so by the inbox and the outbox."""
    creates_topics: bool = False
    describes_all: bool = False

    def acls(self, prefix: str = "") -> tuple[Acl, ...]:
        """The grants behind this, with `prefix` (`TOPIC_PREFIX` of the services) before every name."""
        grants: list[Acl] = []
        for name in sorted({*self.produce, *self.consume, *self.dead_letters}):
            operations: list[Operation] = []
            if name in self.consume:
                operations.append("Read")
            if name in self.produce or name in self.dead_letters:
                operations.append("Write")
            grants.append(Acl("topic", "literal", prefix + name, (*operations, "Describe")))
        grants += [Acl("group", "literal", prefix + name, ("Read", "Describe")) for name in self.groups]
        grants += [Acl("group", "prefix", prefix + name, ("Read", "Describe")) for name in self.group_prefixes]
        everything: tuple[PatternType, str] = ("prefix", prefix) if prefix else ("literal", "*")
        if self.creates_topics:
            grants.append(Acl("topic", *everything, ("Create", "Describe", "DescribeConfigs")))
        if self.describes_all:
            grants.append(Acl("topic", *everything, ("Describe",)))
            grants.append(Acl("group", *everything, ("Describe",)))
        return tuple(grants)


def access_of(service: str) -> Access:
    """What a service needs: the topics declared for it, its groups, and the dead letters of what those read."""
    live = [topic for topic in TOPICS if topic.stage == "live"]
    groups = GROUPS[service]
    read_in_groups = {name for group in groups for name in group.topics}
    return Access(
        service,
        f"The service {service}.",
        produce=tuple(topic.name for topic in live if service in topic.producers),
        consume=tuple(topic.name for topic in live if service in topic.consumers),
        dead_letters=tuple(topic.dlq for topic in live if topic.name in read_in_groups),
        groups=tuple(group.name for group in groups),
    )


def _second_recorder() -> Access:
    recorder = access_of("recorder")
    return Access(
        "recorder-second",
        "A second recorder (standby): reads what the first one reads and what it tells, tells nothing itself.",
        consume=recorder.consume,
        dead_letters=tuple(BY_NAME[name].dlq for name in recorder.consume),
        groups=("recorder-second",),
    )


def outside_consumer(name: str, *topics: str) -> Access:
    """A system of the town that reads topics of the public contract, in groups whose names begin with its own."""
    return Access(name, f"Reads {', '.join(topics)}.", consume=topics, group_prefixes=(name,))


def outside_producer(name: str, *topics: str) -> Access:
    """A trusted system of the town that writes topics of the public contract."""
    return Access(name, f"Writes {', '.join(topics)}.", produce=topics)


ACCESS: tuple[Access, ...] = (
    *(access_of(service) for service in SERVICES),
    _second_recorder(),
    outside_consumer("dispatch", "alerts"),
    outside_producer("alert-source", "alert-requests"),
    Access("topics", "Creates the declared topics at installation and upgrade.", creates_topics=True),
    Access("lag-exporter", "Monitoring: sees topics, groups and their lag, reads no message.", describes_all=True),
)
BY_PRINCIPAL: dict[str, Access] = {one.principal: one for one in ACCESS}
