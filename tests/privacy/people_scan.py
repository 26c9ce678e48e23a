"""Looks for a person's data in every table, topic and file of the services."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition


@dataclass(frozen=True, slots=True)
class Traces:
    """What would give a person away, by name."""

    words: Mapping[str, str]

    def found_in(self, text: str) -> list[str]:
        """The names of all that stand in a text, whatever their case."""
        folded = text.casefold()
        return sorted(name for name, word in self.words.items() if word.casefold() in folded)


async def in_tables(database_url: str, schema: str, traces: Traces) -> list[str]:
    """`citizen.contacts: phone` for each trace in each table; bytes are looked at as text and as hex."""
    connection = await asyncpg.connect(database_url.replace("postgresql+asyncpg://", "postgresql://", 1))
    found = []
    try:
        names = await connection.fetch("select tablename from pg_tables where schemaname = $1 order by 1", schema)
        for row in names:
            table = row["tablename"]
            seen: set[str] = set()
            for record in await connection.fetch(f'select * from "{schema}"."{table}"'):
                for value in record.values():
                    seen.update(traces.found_in(_as_text(value)))
            found += [f"{schema}.{table}: {name}" for name in sorted(seen)]
    finally:
        await connection.close()
    return found


async def in_topics(bootstrap: str, topics: Iterable[str], traces: Traces) -> list[str]:
    """`reports: phone` for each trace in keys, values and headers of each topic (of one partition), first to last."""
    partitions = [TopicPartition(topic, 0) for topic in sorted(topics)]
    seen: dict[str, set[str]] = {partition.topic: set() for partition in partitions}
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        await consumer.seek_to_beginning(*partitions)
        while any([await consumer.position(one) < ends[one] for one in partitions]):
            for partition, records in (await consumer.getmany(timeout_ms=500)).items():
                for record in records:
                    headers = b" ".join(value for _, value in record.headers)
                    for part in (record.key, record.value, headers):
                        seen[partition.topic].update(traces.found_in(_as_text(part)))
    finally:
        await consumer.stop()
    return [f"{topic}: {name}" for topic, names in seen.items() for name in sorted(names)]


def in_files(folder: Path, traces: Traces, *, but: Iterable[str] = ()) -> list[str]:
    """`photos/a.jpg: e-mail` for each trace in each file below a folder, its name included."""
    left_out = set(but)
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in left_out:
            text = f"{path.relative_to(folder)} {path.read_bytes().decode('utf-8', errors='replace')}"
            found += [f"{path.relative_to(folder)}: {name}" for name in traces.found_in(text)]
    return found


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes | bytearray | memoryview):
        data = bytes(value)
        return f"{data.decode('utf-8', errors='replace')} {data.hex()}"
    return str(value)
