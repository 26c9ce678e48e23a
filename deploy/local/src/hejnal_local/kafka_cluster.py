"""A real Kafka cluster of several brokers on one machine, each of which can be killed and started again.

Standard library only, like `hejnal_local.kafka`.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from hejnal_local.kafka import RECIPE, Broker, Installation, changed, new_id
from hejnal_local.ports import HOST, free_ports


@dataclass(frozen=True, slots=True)
class _Voter:
    """A node that elects the cluster's leader: the address of its controller, and the id of its folder."""

    node: int
    port: int
    folder_id: str = field(default_factory=new_id)

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"


class _Member(Broker):
    """One node of a cluster; a controller too if it is among the voters."""

    def __init__(
        self, installation: Installation, folder: Path, node: int, port: int, voters: Sequence[_Voter], cluster_id: str
    ) -> None:
        self._node = node
        self._voters = voters
        self._cluster_id = cluster_id
        own = [voter.port for voter in voters if voter.node == node]
        self._is_voter = bool(own)
        super().__init__(installation, folder, port, own[0] if own else 0)

    def _membership(self) -> tuple[str, ...]:
        cluster = f"--cluster-id={self._cluster_id}"
        if not self._is_voter:
            return ("--no-initial-controllers", cluster)
        voters = ",".join(f"{voter.node}@{voter.address}:{voter.folder_id}" for voter in self._voters)
        return (f"--initial-controllers={voters}", cluster)

    def _configuration(self, data: Path) -> str:
        marks = {
            "@ROLES@": "broker,controller" if self._is_voter else "broker",
            "@NODE_ID@": str(self._node),
            "@CONTROLLERS@": ",".join(voter.address for voter in self._voters),
            "@LISTENERS@": f"PLAINTEXT://{HOST}:{self._port}"
            + (f",CONTROLLER://{HOST}:{self._controller_port}" if self._is_voter else ""),
        }
        changes = (RECIPE / "cluster.properties").read_text(encoding="utf-8")
        for mark, value in marks.items():
            changes = changes.replace(mark, value)
        return changed(super()._configuration(data), changes)


class Cluster:
    """Brokers with folders and ports of their own; the first `controllers` of them are controllers too.

    With three of three, as the Helm chart makes them, two dead brokers also leave the cluster without a leader; with one of
    three the cluster goes on to decide while two brokers are dead. Both must refuse what only one broker has.
    """

    def __init__(self, installation: Installation, folder: Path, *, brokers: int = 3, controllers: int = 3) -> None:
        ports = free_ports(brokers + controllers)
        voters = [_Voter(node, port) for node, port in enumerate(ports[brokers:], start=1)]
        cluster_id = new_id()
        self.brokers: list[Broker] = [
            _Member(installation, folder / f"broker-{node}", node, port, voters, cluster_id)
            for node, port in enumerate(ports[:brokers], start=1)
        ]

    @property
    def bootstrap(self) -> str:
        """What clients connect to: every broker, `host:port,host:port`."""
        return ",".join(broker.bootstrap for broker in self.brokers)

    def start(self, timeout_s: float = 120) -> None:
        """Start those that do not run; return when each answers. Raises KafkaError with the end of a log."""
        asleep = [broker for broker in self.brokers if broker.pid is None]
        with ThreadPoolExecutor(len(self.brokers)) as pool:  # at once: none answers before most controllers are there
            for done in [pool.submit(broker.start, timeout_s) for broker in asleep]:
                done.result()

    def stop(self) -> None:
        """End all: in order while they still are a quorum, by force whoever waits for one in vain."""
        with ThreadPoolExecutor(len(self.brokers)) as pool:
            list(pool.map(lambda broker: broker.stop(timeout_s=20), self.brokers))

    def kill(self) -> None:
        """Kill -9 of all, as a power cut would."""
        for broker in self.brokers:
            broker.kill()
