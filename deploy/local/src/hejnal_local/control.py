"""Looking after a town that runs: `make status`, `make restart PROGRAM=…`, `make dead-letters`."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from hejnal_contracts.topics import DLQ_SUFFIX, TOPICS
from hejnal_local import readiness
from hejnal_local import settings as s
from hejnal_local.ports import HOST
from hejnal_local.programs import Town
from hejnal_local.service_settings import refused
from hejnal_local.started import Started
from hejnal_local.supervision import NO_ANSWER, Supervisor

READY_TIMEOUT_S = 180
_STOP_TIMEOUT_S = 60
_KAFKA_TIMEOUT_S = 20
_SHOWN_LETTERS = 20
_MOST_FALLS = 5
_SHOWN_LINES = 4
DEAD_LETTERS = tuple(f"{one.name}{DLQ_SUFFIX}" for one in TOPICS)


class ControlError(RuntimeError):
    """It could not be done; the text says what to do instead."""


def status(town: Town, say: Callable[[str], None]) -> int:
    """Every program with its state and, where it has a door, why it is not ready. 0 when all is well."""
    states = _states(_supervisor(town))
    doors, bad = town.doors(), 0
    for name, state in sorted(states.items()):
        running = state["statename"] == "RUNNING"
        reason = readiness.why_not_ready(doors[name]) if running and name in doors else None
        word = "ready" if running and reason is None else f"not ready: {reason}" if running else state["statename"].lower()
        bad += not running or reason is not None
        say(f"{name:<18} {word}")
    return 1 if bad else 0


def restart(town: Town, name: str, say: Callable[[str], None]) -> int:
    """End a program in order if it runs, start it, and wait until it is ready.

    A service gets what `.env` and the environment say of it now, and nothing that they no longer say; how the town lies on this
    machine (its ports) stays. Where the service would refuse that, nothing is ended: ControlError quotes the reasons.
    """
    supervisor = _supervisor(town)
    known = _states(supervisor)
    if name not in known:
        raise ControlError(f"no program {name!r}; known: {', '.join(sorted(known))}")
    changed = _tell(town, name, supervisor, say)
    supervisor.halt(name)
    deadline = time.monotonic() + _STOP_TIMEOUT_S
    while supervisor.states()[name]["statename"] in {"RUNNING", "STOPPING", "STARTING"}:
        if time.monotonic() > deadline:
            raise ControlError(f"{name} does not end; its log: {supervisor.log_of(name)}")
        time.sleep(0.2)
    if changed:
        say(f"{name} is told anew: {', '.join(changed)}")
    falls = _Falls(supervisor, name, say)
    supervisor.begin(name)
    door = _door_of(town, name)
    readiness.wait_until_ready({name: door} if door else {}, falls, say, timeout_s=READY_TIMEOUT_S)
    say(f"{name} runs")
    return 0


def dead_letters(town: Town, say: Callable[[str], None]) -> int:
    """The newest dead letters of each topic: what could not be handled, by whom and why. Changes nothing."""
    try:
        letters = asyncio.run(asyncio.wait_for(_letters(as_administrator(town), DEAD_LETTERS), _KAFKA_TIMEOUT_S))
    except (KafkaError, TimeoutError, OSError) as error:
        place = town.broker.bootstrap
        raise ControlError(f"Kafka at {place} does not answer ({error!r}): `make restart PROGRAM=kafka`") from error
    for topic, count, shown in letters:
        say(f"{topic}: {count} dead letters" + (f", the newest {len(shown)}:" if shown else ""))
        for record in shown:
            why = {key: value.decode(errors="replace") for key, value in record.headers if key.startswith("dlq_")}
            key = (record.key or b"").decode(errors="replace")
            say(
                f"  {time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(record.timestamp / 1000))}  key {key or '-'}"
                f"  {why.get('dlq_handler', '?')}: {why.get('dlq_reason', '?')}: {why.get('dlq_detail', '')[:200]}"
            )
    if not letters:
        say("no dead letters")
    return 0


def as_administrator(town: Town) -> dict[str, Any]:
    """Options of a Kafka client that may read everything."""
    if town.kafka_security is None:
        return {"bootstrap_servers": town.broker.bootstrap}
    secured = town.kafka_security.secured
    place = f"{HOST}:{secured.internal_port}"
    return {"bootstrap_servers": place, "security_protocol": "SSL", "ssl_context": secured.tls()}


async def partitions_of(options: dict[str, Any], topics: Sequence[str]) -> dict[str, list[TopicPartition]]:
    """The partitions of those topics that there are, by topic; a consumer knows only those of topics it has subscribed to."""
    admin = AIOKafkaAdminClient(**options)
    await admin.start()
    try:
        described = await admin.describe_topics(list(topics))
    finally:
        await admin.close()
    return {
        one["topic"]: [TopicPartition(one["topic"], part["partition"]) for part in one["partitions"]]
        for one in described
        if one["partitions"]
    }


async def _letters(options: dict[str, Any], topics: Sequence[str]) -> list[tuple[str, int, list[Any]]]:
    known = await partitions_of(options, topics)
    consumer = AIOKafkaConsumer(**options, enable_auto_commit=False)
    await consumer.start()
    try:
        found = []
        for topic, partitions in sorted(known.items()):
            consumer.assign(partitions)
            first, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
            count = sum(ends[one] - first[one] for one in partitions)
            shown: list[Any] = []
            for one in partitions:
                consumer.seek(one, max(first[one], ends[one] - _SHOWN_LETTERS))
            while count and min([await consumer.position(one) - ends[one] for one in partitions]) < 0:
                fetched = await consumer.getmany(timeout_ms=1000)
                shown += [record for records in fetched.values() for record in records]
            if count:
                found.append((topic, count, sorted(shown, key=lambda record: record.timestamp)[-_SHOWN_LETTERS:]))
        return found
    finally:
        await consumer.stop()


def _supervisor(town: Town) -> Supervisor:
    supervisor = Supervisor(town.workspace.run, town.workspace.python)
    if supervisor.running is None:
        raise ControlError("the town does not run: start it with `make run`")
    return supervisor


def _states(supervisor: Supervisor) -> dict[str, dict[str, Any]]:
    try:
        return supervisor.states()
    except NO_ANSWER as error:
        raise ControlError("the town is being started or ended: look again in a moment") from error


def _door_of(town: Town, name: str) -> str | None:
    """Where a program says that it is ready; None for one without a door."""
    servers = {"kafka": f"tcp://{town.broker.bootstrap}", "postgres": f"tcp://{HOST}:{town.settings.port(s.POSTGRES_PORT)}"}
    return servers.get(name) or town.doors().get(name)


def _tell(town: Town, name: str, supervisor: Supervisor, say: Callable[[str], None]) -> list[str]:
    """Write a service's settings for its next start, as far as it is one; the names of those that change."""
    told = town.told(name)
    if told is None:
        return []
    started = Started.read(town.workspace.run)
    if started is None:
        raise ControlError("this town was started by an older version: end it with `make stop`, then `make run`")
    service, environment = told
    given = [one for one in town.settings.for_service(service.prefix) if one not in started.environment]
    if reasons := refused(town.workspace.python, [service.package], environment, given):
        lines = "".join(f"\n  {one}" for one in reasons)
        raise ControlError(f"{name} is left as it is: it would not start with what .env or the environment says{lines}")
    if waiting := started.waiting(town.workspace.root):
        say(f"only `make stop` and `make run` change: {', '.join(waiting)}")
    return supervisor.tell(name, environment)


class _Falls:
    """Tells that a program ends by itself while it is waited for, and gives it up after a few times."""

    def __init__(self, supervisor: Supervisor, name: str, say: Callable[[str], None]) -> None:
        self._supervisor, self._name, self._say = supervisor, name, say
        self._starts: set[int] = {int(supervisor.states()[name]["start"])}
        self._said = False

    def __call__(self) -> dict[str, str]:
        """Nothing, or the program with why it is waited for in vain."""
        state = self._supervisor.states()[self._name]
        self._starts.add(int(state["start"]))
        falls = len(self._starts) - 2  # the last start but this one is known, too
        if state["statename"] == "FATAL" or falls >= _MOST_FALLS:
            log = self._supervisor.log_of(self._name)
            return {self._name: f"it ends again and again, see {log}\n{self._supervisor.log_end(self._name)}"}
        if falls > 0 and not self._said:
            self._said = True
            end = self._supervisor.log_end(self._name, _SHOWN_LINES)
            self._say(f"{self._name} has ended by itself and is started again; its log ends:\n{end}")
        return {}
