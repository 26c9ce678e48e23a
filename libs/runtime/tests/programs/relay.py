"""An outbox relay process for crash tests."""

import asyncio
import sys

from hejnal_runtime.bus import Producer
from hejnal_runtime.database import Database
from hejnal_runtime.outbox import OutboxRelay


async def main() -> None:
    bootstrap, prefix, url = sys.argv[1:4]
    await OutboxRelay(Database(url, schema="work"), Producer(bootstrap, prefix), idle_s=0.2).run()


if __name__ == "__main__":
    asyncio.run(main())
