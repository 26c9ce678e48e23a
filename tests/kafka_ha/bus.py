"""Producer, outbox and consumer on three brokers of which one is killed, then two."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from hejnal_contracts.topics import BY_NAME
from hejnal_local import postgres
from hejnal_local.database_roles import create_database, url_of
from hejnal_local.kafka_cluster import Cluster
from hejnal_local.testing import kafka_installation
from hejnal_runtime import metrics
from hejnal_runtime.bus.topics import create_topics
from tests.kafka_ha.checks import check, tell, until
from tests.kafka_ha.work import AUTHORS, DIRECT, SCHEMA, TOPIC, Work

FAILOVER_S = 60.0
OUTAGE_S = 150.0
RETURN_S = 180.0
MORE = 20
REFUSALS = 3


async def declared(cluster: Cluster) -> None:
    """The topic is as the chart's: three copies, two of which must have a message."""
    await create_topics(cluster.bootstrap, [BY_NAME[TOPIC]], replication_factor=3)
    await until("three copies", lambda: in_sync(cluster, 3), FAILOVER_S)
    await until("two of three copies must have a message", lambda: _wants_two(cluster), FAILOVER_S)
    check("the topic has three copies, two of which must have a message", holds=True)


async def in_sync(cluster: Cluster, copies: int) -> bool:
    """Whether each partition has so many copies that are up to date."""
    admin = AIOKafkaAdminClient(bootstrap_servers=cluster.bootstrap)
    await admin.start()
    try:
        (topic,) = await admin.describe_topics([TOPIC])
    finally:
        await admin.close()
    known = topic["partitions"]
    return len(known) == BY_NAME[TOPIC].partitions and all(len(one["isr"]) == copies and one["leader"] >= 0 for one in known)


async def one_dies(cluster: Cluster, work: Work, victim: int) -> None:
    """Writing goes on: acknowledged by the two that are left."""
    work.direct.longest_pause_s = 0.0
    taken, written = len(work.direct.taken), work.outbox.written
    await asyncio.to_thread(cluster.brokers[victim].kill)
    await until("direct writes go on", lambda: len(work.direct.taken) > taken + MORE, FAILOVER_S)
    await until("the outbox goes on", lambda: _applied(work, written + MORE), FAILOVER_S)
    check("nothing was refused while one broker was dead", not work.direct.refused, len(work.direct.refused))
    tell(step="one of three killed", longest_pause_of_acknowledgements_s=round(work.direct.longest_pause_s, 1))
    await until("the dead broker's copies count no more", lambda: in_sync(cluster, 2), FAILOVER_S)
    began = time.monotonic()
    await asyncio.to_thread(cluster.start)
    await until("its copies are up to date", lambda: in_sync(cluster, 3), RETURN_S)
    tell(step="it is back, three copies again", seconds=round(time.monotonic() - began, 1))


async def two_die(cluster: Cluster, work: Work, victims: tuple[int, int]) -> None:
    """Nothing is acknowledged, the outbox keeps everything; when they return it all arrives."""
    work.direct.patience_s = 4.0
    failures = _failures()
    for victim in victims:
        await asyncio.to_thread(cluster.brokers[victim].kill)
    began = time.monotonic()
    await until("a direct write is refused", lambda: work.direct.refused, FAILOVER_S)
    taken, waiting, written = len(work.direct.taken), await work.waiting(), work.outbox.written
    # Long enough for the relay to give a batch up, which it then sends again from the beginning.
    complaint = "outbox stalled"
    await until("more is refused", lambda: len(work.direct.refused) >= REFUSALS, OUTAGE_S)
    await until("the service says that its facts wait", lambda: complaint in (work.relay.health() or ""), OUTAGE_S)
    await until("the relay has tried again", lambda: _failures() > failures, OUTAGE_S)
    check("what only one broker has was not acknowledged", len(work.direct.taken) == taken, f"{len(work.direct.refused)} refused")
    more = (work.outbox.written - written - 1) * len(AUTHORS)  # the first may have been counted as waiting
    kept = await work.waiting()
    check("the outbox keeps what is committed meanwhile", kept >= waiting + more and more > MORE, f"{kept} rows")
    tell(
        step="two of three killed", seconds=round(time.monotonic() - began, 1), refused=len(work.direct.refused), outbox_rows=kept
    )
    work.direct.patience_s = 60.0
    refused = len(work.direct.refused)
    began = time.monotonic()
    await asyncio.to_thread(cluster.start)
    answered_s = time.monotonic() - began
    kept_until = work.outbox.written
    await until("what was kept is sent and applied", lambda: _applied(work, kept_until), RETURN_S)
    tell(step="they are back", brokers_answer_s=round(answered_s, 1), all_applied_s=round(time.monotonic() - began, 1))
    check("nothing is refused any more", len(work.direct.refused) <= refused + 1)


async def account(work: Work) -> dict[str, Any]:
    """Every fact by its key: there, once, in order."""
    await work.end_writing()
    written, due = work.outbox.written, set(work.direct.taken)
    await until("the outbox is empty", lambda: _is_empty(work), RETURN_S)
    await until("all is applied", lambda: _applied(work, written, due), RETURN_S)
    check("no row was put aside", work.relay.parked == 0)
    by_author: dict[str, list[int]] = defaultdict(list)
    for author, number in await work.effects():
        by_author[author].append(number)
    whole = list(range(1, written + 1))
    wrong = {one: _first_wrong(by_author[one], whole) for one in AUTHORS if by_author[one] != whole}
    check("each committed fact is applied once, in its author's order", not wrong, wrong or written * len(AUTHORS))
    direct = by_author[DIRECT]
    check("each acknowledged fact is applied, none twice", due <= set(direct) and len(direct) == len(set(direct)), len(due))
    check("nothing is applied that nobody sent", set(direct) <= due | set(work.direct.refused))
    copies = await work.log()
    twice = [entry for entry, count in copies.items() if entry[0] == DIRECT and count > 1]
    check("the idempotent producer has put nothing into the log twice", not twice, twice[:5])
    repeats = sum(count - 1 for (author, _), count in copies.items() if author != DIRECT)
    return {
        "committed": written * len(AUTHORS),
        "acknowledged": len(due),
        "refused": len(work.direct.refused),
        "refused_and_there_all_the_same": len(set(direct) - due),
        "repeats_by_the_outbox_dropped_by_the_inbox": repeats,
        "lost": 0,
        "applied_twice": 0,
    }


async def bus(folder: Path, server: postgres.Server, controllers: int) -> None:
    """Producer, outbox and consumer on three brokers, `controllers` of which are controllers."""
    print(f"three brokers, {'each a controller' if controllers == 3 else 'one of them the controller'}", flush=True)
    cluster = Cluster(kafka_installation(), folder, controllers=controllers)
    database = f"hejnal_ha_{controllers}"
    await create_database(server.admin_url, database)
    try:
        await asyncio.to_thread(cluster.start)
        await declared(cluster)
        async with Work.open(cluster.bootstrap, url_of(server.admin_url, database=database, driver="+asyncpg")) as work:
            await until("work is under way", lambda: _applied(work, 20, {1, 2, 3}), FAILOVER_S)
            await one_dies(cluster, work, victim=2)
            await two_die(cluster, work, victims=(1, 2))
            memory = [_resident_mb(broker.pid) for broker in cluster.brokers]
            tell(step="account", controllers=controllers, **await account(work), brokers_resident_mb=memory)
    finally:
        await asyncio.to_thread(cluster.stop)


async def _wants_two(cluster: Cluster) -> bool:
    admin = AIOKafkaAdminClient(bootstrap_servers=cluster.bootstrap)
    await admin.start()
    try:
        answer = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, TOPIC)])
    finally:
        await admin.close()
    settings = {entry[0]: entry[1] for entry in answer[0].resources[0][4]}  # none where the broker has not heard of the topic
    return settings.get("min.insync.replicas") == "2"


async def _applied(work: Work, of_each: int, direct: AbstractSet[int] = frozenset()) -> bool:
    found: dict[str, set[int]] = defaultdict(set)
    for author, number in await work.effects():
        found[author].add(number)
    return all(len(found[author]) >= of_each for author in AUTHORS) and direct <= found[DIRECT]


def _first_wrong(applied: list[int], due: list[int]) -> str:
    """Where two lists part, for a message."""
    at = next(
        (at for at, (one, other) in enumerate(zip(applied, due, strict=False)) if one != other), min(len(applied), len(due))
    )
    return f"{applied[max(0, at - 3) : at + 6]} in place of {due[max(0, at - 3) : at + 6]}"


async def _is_empty(work: Work) -> bool:
    return await work.waiting() == 0


def _failures() -> float:
    """Batches that the relay has given up."""
    return metrics.OUTBOX_FAILURES.labels(SCHEMA)._value.get()


def _resident_mb(pid: int | None) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) // 1024
