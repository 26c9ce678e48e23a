"""The service as a process: real sockets, real Kafka, real PostgreSQL that goes away and comes back."""

import asyncio
import io
import json
import time

import aiohttp
from aiokafka import AIOKafkaConsumer
from PIL import Image

from hejnal_contracts.base import Point
from hejnal_contracts.cameras import CameraRegistered, CameraRemoved, StreamSource
from hejnal_contracts.deliveries import ChannelCounts, ContactFailed, DeliveryProgressed
from hejnal_runtime.bus import Producer

TOPICS = ("announcements", "subscriptions", "reports", "audit", "deliveries", "cameras", "inbound-sms")
ORIGIN = {"Origin": "http://localhost:8080"}
MIB = 1024 * 1024


def form(**changes):
    fields = {"category": "water_leak", "text": "Woda leci.", "lat": "51.0503", "lon": "20.9505"} | changes
    data = aiohttp.FormData(default_to_multipart=True)
    for name, value in fields.items():
        data.add_field(name, value)
    return data


def photo(side=800):
    buffer = io.BytesIO()
    Image.effect_noise((side, side), 80).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


async def read_topic(bootstrap, topic, count):
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    try:
        found = []
        deadline = time.monotonic() + 20
        while len(found) < count:
            assert time.monotonic() < deadline, f"{len(found)} of {count} messages on {topic}"
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += records
        return found
    finally:
        await consumer.stop()


async def test_facts_go_out_and_come_in(open_house, running, until, make_topics, kafka_bootstrap):
    prefix = await make_topics(*TOPICS)
    async with (
        open_house() as house,
        running(house, prefix=prefix, bootstrap=kafka_bootstrap) as town,
        aiohttp.ClientSession() as http,
    ):
        started = time.monotonic()
        data = form()
        data.add_field("photos", photo(), filename="a.jpg", content_type="image/jpeg")
        async with http.post(f"{town.public}/api/v1/reports", data=data, headers=ORIGIN) as answer:
            assert answer.status == 201, await answer.text()
            report = await answer.json()
        records = await read_topic(kafka_bootstrap, f"{prefix}reports", 2)
        assert time.monotonic() - started < 20
        submitted = json.loads(records[0].value)
        assert (submitted["report_id"], submitted["urgent"], submitted["photos"]) == (report["id"], True, 1)
        assert dict(records[0].headers)["ce_type"] == b"pl.hejnal.report.submitted.v1"

        staff = {**house.gateway.headers("citizen-api", subject="editor-1", role="editor")}
        body = {
            "category": "water",
            "severity": "warning",
            "texts": {"pl": {"title": "Nie ma wody", "body": "Do wieczora."}},
            "valid_until": "2099-01-01T00:00:00Z",
            "channels": ["email"],
        }
        async with http.post(f"{town.internal}/staff/v1/announcements", json=body, headers=staff) as answer:
            assert answer.status == 422, "a year is the longest"
        body["valid_until"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        async with http.post(f"{town.internal}/staff/v1/announcements", json=body, headers=staff) as answer:
            assert answer.status == 201, await answer.text()
            issued = await answer.json()
        fact = json.loads((await read_topic(kafka_bootstrap, f"{prefix}announcements", 1))[0].value)
        assert (fact["announcement_id"], fact["version"], fact["issued_by"]) == (issued["id"], 1, "editor-1")
        assert json.loads((await read_topic(kafka_bootstrap, f"{prefix}audit", 1))[0].value)["action"] == "announcement.issued"

        producer = Producer(kafka_bootstrap, prefix)
        now = house.clock.now()
        counts = {"queued": 0, "sent": 3, "delivered": 2, "failed": 1, "expired": 0, "cancelled": 0}
        progress = DeliveryProgressed(
            announcement_id=issued["id"], version=1, counts=(ChannelCounts(channel="email", **counts),), finished=True, at=now
        )
        await producer.send_fact(progress, "notifier")
        stale = progress.model_copy(update={"finished": False, "at": now.replace(year=2025)})
        await producer.send_fact(stale, "notifier")
        camera = CameraRegistered(
            camera_id="rynek-1",
            version=1,
            name="Rynek",
            place=Point(lat=51.05, lon=20.95),
            address="Rynek 1",
            purpose="Bezpieczeństwo",
            streams=(StreamSource(name="main", url="rtsp://10.0.0.7:554/main"),),
            changed_at=now,
        )
        hidden = camera.model_copy(update={"camera_id": "hidden", "public": False})
        gone = camera.model_copy(update={"camera_id": "gone"})
        for one in (camera, hidden, gone, CameraRemoved(**gone.model_dump())):
            await producer.send_fact(one, "operator-gateway")

        async def seen():
            async with http.get(f"{town.internal}/staff/v1/announcements/{issued['id']}", headers=staff) as answer:
                return (await answer.json())["progress"]

        shown = await until(seen)
        assert (shown[0]["finished"], shown[0]["channels"][0]["delivered"]) == (True, 2)

        async def cameras():
            async with http.get(f"{town.public}/api/v1/cameras") as answer:
                return (await answer.json())["items"]

        register = await until(cameras)
        await asyncio.sleep(0.5)
        assert [one["id"] for one in await cameras()] == ["rynek-1"]
        assert "10.0.0.7" not in json.dumps(register)
        await producer.stop()

        async def ready():
            async with http.get(f"{town.internal}/readyz") as answer:
                return answer.status == 200

        await until(ready)


async def test_a_failed_contact_is_shown_and_silent(open_house, running, until, make_topics, kafka_bootstrap):
    prefix = await make_topics(*TOPICS)
    async with open_house() as house, running(house, prefix=prefix, bootstrap=kafka_bootstrap):
        browser = await house.sign_in("anna@example.pl")
        me = (await browser.get("/me")).json()
        wish = {"filters": [{"categories": ["water"], "channels": ["email"]}]}
        await browser.put("/me/subscription", json=wish)
        producer = Producer(kafka_bootstrap, prefix)
        failed = ContactFailed(
            announcement_id="a-1",
            resident_id=me["id"],
            contact_id=me["contacts"][0]["id"],
            channel="email",
            reason="hard_bounce",
            at=house.clock.now(),
        )
        await producer.send_fact(failed, "notifier")

        async def shown():
            return (await browser.get("/me")).json()["contacts"][0]["failed"]

        assert await until(shown) == "hard_bounce"
        records = await read_topic(kafka_bootstrap, f"{prefix}subscriptions", 3)
        states = [json.loads(record.value) for record in records]
        assert [state["version"] for state in states] == [1, 2, 3]
        assert states[-1]["contacts"] == []
        house.clock.advance(60)
        again = await house.sign_in("anna@example.pl", consent=False)
        assert (await again.get("/me")).json()["contacts"][0]["failed"] is None, "a new code proves that it works"
        await producer.stop()


async def test_kafka_away_alone_stops_nothing(open_house, running, make_topics, kafka_bootstrap):
    async with open_house() as house, aiohttp.ClientSession() as http:
        async with (
            running(house, bootstrap="127.0.0.1:1") as town,
            http.post(f"{town.public}/api/v1/reports", data=form(), headers=ORIGIN) as answer,
        ):
            assert answer.status == 201
        assert len(await house.facts("reports")) == 2
        prefix = await make_topics(*TOPICS)
        async with running(house, bootstrap=kafka_bootstrap, prefix=prefix):
            assert len(await read_topic(kafka_bootstrap, f"{prefix}reports", 2)) == 2


async def test_postgresql_away_is_said_and_recovers(open_house, running, until, free_proxy, make_database):
    url = make_database("citizen")
    address = url.rpartition("@")[2].partition("/")[0]
    host, _, port = address.partition(":")
    proxy = free_proxy(host, int(port))
    await proxy.open()
    through = url.replace(address, f"127.0.0.1:{proxy.port}")
    async with open_house(database_url=url) as house, running(house, bootstrap="127.0.0.1:1", database_url=through) as town:
        async with aiohttp.ClientSession() as http:
            requests = [
                ("GET", "/api/v1/town", {}),
                ("GET", "/api/v1/announcements", {}),
                ("POST", "/api/v1/sign-in/codes", {"json": {"contact": "anna@example.pl"}}),
                ("POST", "/api/v1/reports", {"data": form}),
            ]

            async def statuses():
                found = []
                for method, path, wanted in requests:
                    body = {name: value() if callable(value) else value for name, value in wanted.items()}
                    async with http.request(method, town.public + path, headers=ORIGIN, **body) as answer:
                        found.append(answer.status)
                        if answer.status == 503:
                            assert answer.content_type == "application/problem+json"
                            assert answer.headers["Retry-After"]
                return found

            assert await statuses() == [200, 200, 202, 201]
            await proxy.cut()
            assert await statuses() == [503, 503, 503, 503]
            assert town.process.returncode is None
            await proxy.open()

            async def back():
                return [status for status in await statuses() if status == 503] == []

            await until(back)
        await proxy.cut()
