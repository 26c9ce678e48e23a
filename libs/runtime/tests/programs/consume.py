"""A consumer process for crash tests: writes one row per report and, when told, hangs after the write, before the commit."""

import argparse
import asyncio
from pathlib import Path

from sqlalchemy import text

from hejnal_contracts.residents import ReportSubmitted
from hejnal_runtime.bus import Consumer, Message, Producer
from hejnal_runtime.database import Database
from hejnal_runtime.inbox import first_time


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--prefix", required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--hang-at", type=int, default=-1, help="hang inside the handler of this many-th message")
    parser.add_argument("--in-handler", type=Path, help="touched when hanging")
    parser.add_argument("--pause-s", type=float, default=0.0)
    options = parser.parse_args()
    database = Database(options.database, schema="work")
    producer = Producer(options.bootstrap, options.prefix)
    handled = 0

    async def handle(message: Message) -> None:
        nonlocal handled
        handled += 1
        number = handled  # partitions are handled side by side
        assert isinstance(message.fact, ReportSubmitted)
        await asyncio.sleep(options.pause_s)
        async with database.transaction() as session:
            if await first_time(session, "crash", message):
                insert = text("insert into effects (report_id, partition, message_offset) values (:id, :partition, :offset)")
                row = {"id": message.fact.report_id, "partition": message.partition, "offset": message.offset}
                await session.execute(insert, row)
            if number == options.hang_at:
                options.in_handler.touch()
                await asyncio.sleep(600)

    consumer = Consumer(options.bootstrap, "crash", ["reports"], handle, producer=producer, topic_prefix=options.prefix)
    await consumer.run()


if __name__ == "__main__":
    asyncio.run(main())
