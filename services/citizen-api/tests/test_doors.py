"""The service as a process: real sockets, real Kafka, real PostgreSQL that goes away and comes back."""

import asyncio
import contextlib
import io
import json
import os
import socket
import sys
import time

import aiohttp
import pytest
from aiokafka import AIOKafkaConsumer
from PIL import Image

from hejnal_contracts.base import Point
from hejnal_contracts.cameras import CameraRegistered, CameraRemoved, StreamSource
from hejnal_contracts.deliveries import ChannelCounts, ContactFailed, DeliveryProgressed
from hejnal_runtime.bus import Producer

TOPICS = ("announcements", "subscriptions", "reports", "audit", "deliveries", "cameras")
ORIGIN = {"Origin": "http://localhost:8080"}
MIB = 1024 * 1024


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def until(check, timeout_s=30):
    """The first true value of `check()`."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = await check()
        if value:
            return value
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.05)


class Proxy:
    """A way to PostgreSQL that can be cut."""

    def __init__(self, host, port):
        self._target = (host, port)
        self._pipes = set()
        self._server = None
        self.port = free_port()

    async def open(self):
        self._server = await asyncio.start_server(self._pipe, "127.0.0.1", self.port)

    async def cut(self):
        self._server.close()
        for writer in list(self._pipes):
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _pipe(self, reader, writer):
        try:
            there_reader, there_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.close()
            return
        self._pipes |= {writer, there_writer}

        async def copy(source, target):
            with contextlib.suppress(OSError):
                while data := await source.read(65536):
                    target.write(data)
                    await target.drain()
            target.close()

        await asyncio.gather(copy(reader, there_writer), copy(there_reader, writer))
        self._pipes -= {writer, there_writer}


class Running:
    """`python -m hejnal_citizen serve` with its doors."""

    def __init__(self, house, process, public, internal, log):
        self.house = house
        self.process = process
        self.public = f"http://127.0.0.1:{public}"
        self.internal = f"http://127.0.0.1:{internal}"
        self.log = log


@contextlib.asynccontextmanager
async def running(house, *, prefix="", bootstrap, database_url=None, **environment):
    settings = house.res.settings
    public, internal = free_port(), free_port()
    env = {name: value for name, value in os.environ.items() if not name.startswith("HEJNAL_CITIZEN_")}
    own = {
        "DATABASE_URL": database_url or settings.database_url.get_secret_value(),
        "TOKEN_KEY_FILE": settings.token_key_file,
        "TRUSTED_JWKS_FILE": settings.trusted_jwks_file,
        "PHOTO_DIR": settings.photo_dir,
        "NOTIFIER_URL": settings.notifier_url,
        "KAFKA_BOOTSTRAP": bootstrap,
        "TOPIC_PREFIX": prefix,
        "PUBLIC_PORT": public,
        "INTERNAL_PORT": internal,
        **environment,
    }
    env |= {f"HEJNAL_CITIZEN_{name}": str(value) for name, value in own.items()}
    log = settings.photo_dir.parent / "serve.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hejnal_citizen", "serve", env=env, stdout=output, stderr=output
        )
    try:
        async with aiohttp.ClientSession() as http:

            async def up():
                assert process.returncode is None, log.read_text()[-3000:]
                with contextlib.suppress(aiohttp.ClientError):
                    async with http.get(f"http://127.0.0.1:{internal}/healthz") as answer:
                        return answer.status == 200

            await until(up, timeout_s=60)
        yield Running(house, process, public, internal, log)
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), 15)
            except TimeoutError:
                process.kill()
                await process.wait()


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


async def test_facts_go_out_and_come_in(open_house, make_topics, kafka_bootstrap):
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


async def test_a_failed_contact_is_shown_and_silent(open_house, make_topics, kafka_bootstrap):
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


async def test_forty_megabytes_are_refused_while_they_stream(open_house):
    async with open_house() as house, running(house, bootstrap="127.0.0.1:1") as town, aiohttp.ClientSession() as http:
        url = f"{town.public}/api/v1/reports"

        async def refused(data, slug):
            async with http.post(url, data=data, headers=ORIGIN) as answer:
                body = await answer.json()
                assert (answer.status, body["type"]) == (413, f"urn:hejnal:problem:{slug}"), body
                assert "MB" in body["detail"]

        one = form()
        one.add_field("photos", os.urandom(40 * MIB), filename="big.jpg", content_type="image/jpeg")
        await refused(one, "photo-too-large")
        many = form()
        for n in range(3):
            many.add_field("photos", os.urandom(14 * MIB), filename=f"{n}.jpg", content_type="image/jpeg")
        await refused(many, "upload-too-large")

        largest = 0

        async def endless():
            nonlocal largest
            head = b'--b\r\nContent-Disposition: form-data; name="photos"; filename="x.jpg"\r\n\r\n'
            yield head
            for _ in range(48):
                yield bytes(MIB)
                sizes = [path.stat().st_size for path in house.res.settings.photo_dir.rglob("*") if path.is_file()]
                largest = max(largest, *sizes, 0)

        chunked = {"Content-Type": "multipart/form-data; boundary=b", **ORIGIN}
        async with http.post(url, data=endless(), headers=chunked) as answer:
            assert (answer.status, (await answer.json())["type"]) == (413, "urn:hejnal:problem:photo-too-large")
        assert 0 < largest <= 15 * MIB, "no more than the limit ever reached the disk"
        assert [path for path in house.res.settings.photo_dir.rglob("*") if path.is_file()] == []
        async with http.post(url, data=form(), headers=ORIGIN) as answer:
            assert answer.status == 201


async def test_an_upload_that_breaks_off_leaves_nothing(open_house):
    async with open_house() as house, running(house, bootstrap="127.0.0.1:1") as town:
        host, port = town.public.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        head = b'--b\r\nContent-Disposition: form-data; name="photos"; filename="x.jpg"\r\n\r\n'
        request = "POST /api/v1/reports HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n"
        request += "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        writer.write(request.encode() + head + bytes(100_000))
        await writer.drain()

        async def arriving():
            return any(path.is_file() for path in house.res.settings.photo_dir.rglob("*"))

        await until(arriving)
        writer.transport.abort()

        async def clean():
            return not list((house.res.settings.photo_dir / "incoming").iterdir())

        await until(clean)
        assert await house.rows("select 1 from reports") == []
        assert reader is not None


@pytest.mark.parametrize(
    "body",
    [b"", b"--x", b"--b\r\n\r\n", b"--b--\r\n", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--", os.urandom(500)],
)
async def test_broken_forms_are_named(house, body):
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = await house.client().post("/reports", content=body, headers=headers)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    for other in ("application/json", "multipart/form-data", "text/plain; boundary=b"):
        answer = await house.client().post("/reports", content=body, headers={"Content-Type": other})
        assert answer.status_code == 415


async def test_kafka_away_alone_stops_nothing(open_house, make_topics, kafka_bootstrap):
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


async def test_postgresql_away_is_said_and_recovers(open_house, make_database):
    url = make_database("citizen")
    address = url.rpartition("@")[2].partition("/")[0]
    host, _, port = address.partition(":")
    proxy = Proxy(host, int(port))
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
