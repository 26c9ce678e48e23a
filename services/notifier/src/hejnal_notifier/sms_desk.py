"""What SMS providers tell by themselves, kept in the database before they are answered; and what they still owe us."""

import asyncio
from collections import deque
from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import text

from hejnal_contracts.base import Channel
from hejnal_notifier.channels.sms.news import PAGE, News, OpenPart, Receipt
from hejnal_notifier.inbound import take_message
from hejnal_notifier.receipts import apply_part_receipt, count_receipt
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database

OPEN_FOR = timedelta(days=3)
"""No network tries to deliver for longer."""

TEXTS_AT_ONCE = 4
RECEIPTS_TOGETHER = 100
"""After a burst they come in heaps: what waits is written in one transaction, for those who send must not wait behind it."""

_OPEN = text(
    "select provider_id, sent_at from parts where provider = :provider and state = 'sent' and sent_at > :oldest "
    "and (sent_at, provider_id) > (:after_at, :after_id) order by sent_at, provider_id limit :page"
)
_STILL_OPEN = text("select provider_id from parts where provider = :provider and state = 'sent' and provider_id = any(:names)")


class SmsDesk:
    """Takes receipts and residents' messages; raises when they could not be kept, so that the provider brings them again."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._turn = asyncio.Semaphore(TEXTS_AT_ONCE)
        self._receipts: deque[tuple[Receipt, asyncio.Future[None]]] = deque()
        self._writing: asyncio.Task[None] | None = None

    async def __call__(self, news: News) -> None:
        """Keep one piece of news, once."""
        if isinstance(news, Receipt):
            kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._receipts.append((news, kept))
            if self._writing is None or self._writing.done():
                self._writing = asyncio.create_task(self._write_receipts(), name="sms receipts")
            await kept
            return
        async with self._turn, self._database.transaction() as session:
            await take_message(session, self._clock, news)

    async def _write_receipts(self) -> None:
        """Until none waits. What could not be written together is tried one by one, so that one alone is to blame."""
        while self._receipts:
            batch = [self._receipts.popleft() for _ in range(min(RECEIPTS_TOGETHER, len(self._receipts)))]
            batch.sort(key=lambda one: one[0].provider_id)  # in one order everywhere: replicas do not lock each other out
            try:
                await self._write(batch)
            except Exception:  # noqa: BLE001 each of them tells below
                for one in batch:
                    try:
                        await self._write([one])
                    except Exception as error:  # noqa: BLE001 who waits for it decides
                        if not one[1].done():
                            one[1].set_exception(error)

    async def _write(self, batch: Sequence[tuple[Receipt, asyncio.Future[None]]]) -> None:
        async with self._database.transaction() as session:
            applied = [await apply_part_receipt(session, self._clock, receipt) for receipt, _ in batch]
        for (receipt, kept), moved in zip(batch, applied, strict=True):
            count_receipt(Channel.SMS, receipt.meaning, applied=moved)
            if not kept.done():
                kept.set_result(None)

    async def open_parts(self, provider: str, after: OpenPart | None) -> Sequence[OpenPart]:
        """The next at most 100 open parts of the last three days, oldest first; None: from the oldest."""
        oldest = self._clock.now() - OPEN_FOR
        values = {"provider": provider, "oldest": oldest, "page": PAGE}
        values |= {"after_at": after.sent_at, "after_id": after.provider_id} if after else {"after_at": oldest, "after_id": ""}
        async with self._database.read() as session:
            return [OpenPart(row.provider_id, row.sent_at) for row in await session.execute(_OPEN, values)]

    async def still_open(self, provider: str, names: Collection[str]) -> set[str]:
        """Those of the provider's ids whose parts are open."""
        if not names:
            return set()
        async with self._database.read() as session:
            rows = await session.execute(_STILL_OPEN, {"provider": provider, "names": sorted(names)})
            return set(rows.scalars())
