"""What SMS providers tell by themselves, kept in the database before they are answered."""

from hejnal_notifier.channels.sms.news import News, Receipt
from hejnal_notifier.inbound import take_message
from hejnal_notifier.receipts import apply_part_receipt
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database


class SmsDesk:
    """Takes receipts and residents' messages; raises when they could not be kept, so that the provider brings them again."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def __call__(self, news: News) -> None:
        """Keep one piece of news, once."""
        async with self._database.transaction() as session:
            if isinstance(news, Receipt):
                await apply_part_receipt(session, self._clock, news)
            else:
                await take_message(session, self._clock, news)
