"""The hour of publishing with real processes: several replicas, one of them killed, one fact on the topic."""

import asyncio
import json
import os
import signal
import time

import aiohttp
from aiokafka import AIOKafkaConsumer, TopicPartition

TOPICS = ("announcements", "subscriptions", "reports", "audit", "deliveries", "cameras", "inbound-sms")
SOON_S = 4


async def everything(bootstrap, topic):
    """All that is on a topic now."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = await partitions_of(consumer, topic)
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        records = []
        async with asyncio.timeout(30):
            while any([await consumer.position(one) < ends[one] for one in partitions]):
                for batch in (await consumer.getmany(timeout_ms=200)).values():
                    records += batch
        return [json.loads(record.value) for record in records]
    finally:
        await consumer.stop()


async def partitions_of(consumer, topic):
    await consumer._client.add_topic(topic)
    return [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]


async def test_many_drafts_of_one_hour_are_each_published_once_though_a_replica_is_killed(
    open_house, running, until, make_topics, kafka_bootstrap
):
    prefix = await make_topics(*TOPICS)
    async with (
        open_house() as house,
        running(house, prefix=prefix, bootstrap=kafka_bootstrap, PUBLISH_POLL_S="0.1") as first,
        running(house, prefix=prefix, bootstrap=kafka_bootstrap, PUBLISH_POLL_S="0.1") as second,
        aiohttp.ClientSession(headers=house.gateway.headers("citizen-api", subject="editor-1", role="editor")) as http,
    ):
        now = time.time()

        def at(seconds):
            return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + seconds))

        drafts = []
        for number in range(20):
            body = {
                "category": "water",
                "severity": "notice",
                "texts": {"pl": {"title": f"Komunikat {number}", "body": "Treść."}},
                "valid_until": at(3600),
                "publish_at": at(SOON_S),
                "channels": ["email"],
            }
            url = f"{first.internal}/staff/v1/announcement-drafts"
            async with http.post(url, json=body) as answer:
                assert answer.status == 201, await answer.text()
                drafts.append((await answer.json())["id"])
            async with http.post(f"{url}/{drafts[-1]}/submission") as answer:
                assert answer.status == 200, await answer.text()

        async def some_published():
            return await house.rows("select 1 from announcement_drafts where state = 'published' limit 1")

        await until(some_published)
        os.kill(first.process.pid, signal.SIGKILL)
        assert second.process.returncode is None

        async def all_done():
            waiting = await house.rows("select 1 from announcement_drafts where state = 'scheduled'")
            return not waiting and not await house.rows("select 1 from outbox")

        await until(all_done)
        facts = await everything(kafka_bootstrap, f"{prefix}announcements")
        titles = sorted({fact["texts"]["pl"]["title"] for fact in facts})
        assert titles == sorted(f"Komunikat {number}" for number in range(20))
        assert len({fact["announcement_id"] for fact in facts}) == 20, "one announcement for each draft"
        rows = await house.rows("select published_version from announcement_drafts where state = 'published'")
        assert [row.published_version for row in rows] == [1] * 20
