"""citizen-api under load (P8): reads, a report with a 4 MB photo, an announcement until it is accepted; together 50 requests/s.

The service runs as a process of its own on a durable PostgreSQL and a real Kafka, with 1,500 imported residents. The load is
open: requests leave at their times whether or not earlier ones are answered, and count from the time they were due. Four rates
show the growth. Prints one JSON line per measurement. `python tests/bench/bench_api.py [--per-s 50] [--seconds 30]`
"""

import argparse
import asyncio
import io
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from PIL import Image
from processes import cpu_s, end_children_with_us, family, rss_mb, running
from servers import kafka_and_postgres

from hejnal_contracts.topics import TOPICS
from hejnal_local.database_roles import create_database, drop_database, url_of
from hejnal_local.ports import free_ports
from hejnal_runtime import migrations
from hejnal_runtime.bus.topics import create_topics
from hejnal_runtime.ids import new_id
from hejnal_runtime.tokens import TokenIssuer

BOUNDS_P95_MS = {"reads": 50.0, "report": 500.0, "announcement": 100.0}
SHARES = {"report": 0.02, "announcement": 0.02}
"""Of all requests; the rest reads. At 50/s: a report with a photo and an announcement each second."""
RESIDENTS, ADDRESSES, ANNOUNCEMENTS, REPORTS = 1500, 4000, 40, 300
PHOTO_BYTES = 4_000_000
READS = (
    "/town",
    "/announcements",
    "/announcements?near=51.05,20.95&radius_m=500",
    "/announcements.geojson",
    "/reports",
    "/reports.geojson",
    "/addresses?q=Polna%2012",
    "/cameras",
    "/consultations",
    "/guides/alarm-signals?language=uk",
)


def line(**values: object) -> None:
    """One measurement on standard output."""
    print(json.dumps({"bench": "api", "system": "hejnal", "load": round(os.getloadavg()[0], 2), **values}), flush=True)


def photo() -> bytes:
    """A JPEG of a phone's size with noise in it, about 4 MB."""
    chance = random.Random(5)
    small = Image.frombytes("RGB", (1000, 750), chance.randbytes(1000 * 750 * 3))
    picture = small.resize((4000, 3000), Image.Resampling.BICUBIC)
    for quality in range(95, 20, -5):
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality)
        if out.tell() <= PHOTO_BYTES:
            return out.getvalue()
    raise AssertionError("the photo does not get small enough")


def town() -> dict[str, Any]:
    """A town of about the size of ours."""
    ring = [[20.90, 51.02], [21.00, 51.02], [21.00, 51.08], [20.90, 51.08], [20.90, 51.02]]
    streets = ["Polna", "Długa", "Rynek", "Kościelna", "Szkolna", "Lipowa", "Krótka", "Ogrodowa", "Leśna", "Nowa"]
    chance = random.Random(6)
    addresses = [
        {
            "street": streets[number % len(streets)],
            "number": str(number // len(streets) + 1),
            "lat": chance.uniform(51.03, 51.07),
            "lon": chance.uniform(20.92, 20.98),
            "postcode": "27-200",
        }
        for number in range(ADDRESSES)
    ]
    return {
        "name": "Bugielsk",
        "teryt": "2611999",
        "center": {"lat": 51.05, "lon": 20.95},
        "boundary": {"type": "Polygon", "coordinates": [ring]},
        "streets": [{"name": name, "district": "Centrum"} for name in streets],
        "addresses": addresses,
        "places": [],
    }


class Load:
    """Requests as residents and editors send them."""

    def __init__(self, http: aiohttp.ClientSession, public: str, internal: str, gateway: TokenIssuer, picture: bytes) -> None:
        self._http = http
        self._public = public + "/api/v1"
        self._staff = internal + "/staff/v1"
        self._gateway = gateway
        self._picture = picture
        self._chance = random.Random(7)

    def headers(self, role: str = "editor") -> dict[str, str]:
        """Staff through the gateway's token."""
        return self._gateway.headers("citizen-api", subject="staff-1", role=role)

    async def reads(self) -> None:
        """One of what the PWA reads."""
        async with self._http.get(self._public + self._chance.choice(READS)) as answer:
            await answer.read()
            assert answer.status == 200, (answer.url, answer.status)

    async def one_by_one(self, times: int) -> None:
        """What each read takes when nothing else happens."""
        for path in READS:
            took = []
            for _ in range(times):
                began = time.perf_counter()
                async with self._http.get(self._public + path) as answer:
                    size = len(await answer.read())
                took.append(time.perf_counter() - began)
            line(what="one read", path=path, bytes=size, p50_ms=round(sorted(took)[times // 2] * 1e3, 1))

    async def report(self, *, with_photo: bool = True) -> None:
        """A report with a photo, each from a pin of its own."""
        form = aiohttp.FormData(default_to_multipart=True)
        fields = {"category": "road_damage", "text": "Dziura w jezdni, głęboka."}
        fields |= {"lat": str(self._chance.uniform(51.03, 51.07)), "lon": str(self._chance.uniform(20.92, 20.98))}
        for name, value in fields.items():
            form.add_field(name, value)
        if with_photo:
            form.add_field("photos", self._picture, filename="dziura.jpg", content_type="image/jpeg")
        headers = {"Idempotency-Key": new_id()}
        async with self._http.post(self._public + "/reports", data=form, headers=headers) as answer:
            assert answer.status == 201, await answer.text()

    async def announcement(self) -> None:
        """An announcement for a circle, until it is accepted: stored, and its fact in the outbox."""
        where = {"lat": self._chance.uniform(51.03, 51.07), "lon": self._chance.uniform(20.92, 20.98)}
        body = {
            "category": "water",
            "severity": "notice",
            "texts": {"pl": {"title": "Brak wody", "body": "Do godz. 18 nie będzie wody."}},
            "area": {"kind": "circle", "center": where, "radius_m": 400},
            "valid_until": (datetime.now(UTC) + timedelta(hours=6)).isoformat(),
            "channels": ["push"],
        }
        headers = self.headers() | {"Idempotency-Key": new_id()}
        async with self._http.post(self._staff + "/announcements", json=body, headers=headers) as answer:
            assert answer.status == 201, await answer.text()

    async def residents(self) -> None:
        """The town's SMS base, imported."""
        rows = "".join(f"6{number:08d};2021-05-31;F{number}\n" for number in range(RESIDENTS))
        headers = self.headers("admin") | {"Content-Type": "text/csv"}
        asked = {"dry_run": "false", "consent_text": "Zgadzam się na SMS-y z komunikatami urzędu."}
        data = ("telefon;data zgody;formularz\n" + rows).encode()
        began = time.perf_counter()
        async with self._http.post(self._staff + "/resident-imports", params=asked, data=data, headers=headers) as answer:
            taken = await answer.json()
            assert answer.status == 202, taken
        while taken["state"] != "done":
            await asyncio.sleep(0.1)
            async with self._http.get(f"{self._staff}/resident-imports/{taken['id']}", headers=self.headers("admin")) as answer:
                taken = await answer.json()
        line(what="import", residents=taken["imported"], seconds=round(time.perf_counter() - began, 2))


async def measure(load: Load, pids: list[int], per_s: float, seconds: float, bound_at: float) -> None:
    """One rate for so long; a line per kind of request."""
    chance = random.Random(8)
    took: dict[str, list[float]] = {"reads": [], "report": [], "announcement": []}
    failures: list[str] = []
    ways: dict[str, Callable[[], Awaitable[None]]] = {name: getattr(load, name) for name in took}
    cpu_before, began = cpu_s(pids), time.monotonic()

    async def one(kind: str, due: float) -> None:
        try:
            await ways[kind]()
        except (AssertionError, aiohttp.ClientError, TimeoutError) as error:
            failures.append(f"{kind}: {error!r}"[:300])
        took[kind].append(time.monotonic() - due)

    async with asyncio.TaskGroup() as group:
        for number in range(int(per_s * seconds)):
            due = began + number / per_s
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            roll = chance.random()
            kind = "report" if roll < SHARES["report"] else "announcement" if roll < sum(SHARES.values()) else "reads"
            group.create_task(one(kind, due))
    busy_s = time.monotonic() - began
    cpu_percent = round((cpu_s(family(pids[0])) - cpu_before) / busy_s * 100, 1)
    for kind, times in took.items():
        ordered = sorted(times)
        if not ordered:
            continue
        p50, p95 = ordered[len(ordered) // 2] * 1e3, ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))] * 1e3
        judged = {"bound_p95_ms": BOUNDS_P95_MS[kind], "met": p95 <= BOUNDS_P95_MS[kind] and not failures}
        line(
            what=kind,
            per_s=per_s,
            requests=len(ordered),
            p50_ms=round(p50, 1),
            p95_ms=round(p95, 1),
            max_ms=round(ordered[-1] * 1e3, 1),
            failed=len(failures),
            cpu_percent=cpu_percent,
            rss_mb=rss_mb(family(pids[0])),
            **(judged if per_s == bound_at else {}),
        )
    for failure in failures[:3]:
        print(failure, file=sys.stderr)


@asynccontextmanager
async def a_town(bootstrap: str, admin_url: str, folder: Path) -> Any:
    """A database with a town, topics, and the service's settings; the database is dropped at the end."""
    name, prefix = f"bench_api_{new_id()[-12:]}", f"b{new_id()[-8:]}-"
    await create_database(admin_url, name)
    try:
        url = url_of(admin_url, database=name, driver="+asyncpg")
        await asyncio.to_thread(migrations.upgrade, url, "hejnal_citizen", "citizen")
        await create_topics(bootstrap, TOPICS, prefix=prefix, partitions=1)
        issuers = {}
        for service in ("citizen-api", "operator-gateway"):
            key = Ed25519PrivateKey.generate()
            (folder / f"{service}.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            issuers[service] = TokenIssuer(service, key)
        keys = [key for issuer in issuers.values() for key in issuer.jwks()["keys"]]
        (folder / "jwks.json").write_text(json.dumps({"keys": keys}))
        (folder / "town.json").write_text(json.dumps(town()))
        public, internal = free_ports(2)
        settings = {
            "DATABASE_URL": url,
            "KAFKA_BOOTSTRAP": bootstrap,
            "TOPIC_PREFIX": prefix,
            "TOKEN_KEY_FILE": folder / "citizen-api.pem",
            "TRUSTED_JWKS_FILE": folder / "jwks.json",
            "PHOTO_DIR": folder / "photos",
            "PUBLIC_PORT": public,
            "INTERNAL_PORT": internal,
            "REPORTS_PER_IP_HOUR": 1_000_000,
            "REPORTS_WITHOUT_WORK": 1_000_000,
            "REQUESTS_PER_ADDRESS_MINUTE": 1_000_000,
        }
        environment = os.environ | {f"HEJNAL_CITIZEN_{name}": str(value) for name, value in settings.items()}
        yield environment, f"http://127.0.0.1:{public}", f"http://127.0.0.1:{internal}", issuers["operator-gateway"]
    finally:
        await drop_database(admin_url, name)


async def ready(http: aiohttp.ClientSession, internal: str) -> None:
    """Wait until the service can do its work."""
    for _ in range(600):
        try:
            async with http.get(f"{internal}/readyz") as answer:
                if answer.status == 200:
                    return
        except aiohttp.ClientError:
            pass
        await asyncio.sleep(0.1)
    raise AssertionError("citizen-api does not get ready")


async def run(bootstrap: str, admin_url: str, per_s: float, seconds: float) -> None:
    """Fill the town, then four rates up to the double of the bar's."""
    with tempfile.TemporaryDirectory(prefix="hejnal-bench-api-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        async with a_town(bootstrap, admin_url, folder) as (environment, public, internal, gateway):
            serve = [sys.executable, "-m", "hejnal_citizen"]
            with running([*serve, "import-town", str(folder / "town.json")], env=environment, stdout=sys.stderr) as importing:
                assert await asyncio.to_thread(importing.wait, 120) == 0
            picture = photo()
            log = (folder / "serve.log").open("w")
            with log, running([*serve, "serve"], env=environment, stdout=log, stderr=log) as process:
                timeout = aiohttp.ClientTimeout(total=60)
                async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0)) as http:
                    await ready(http, internal)
                    load = Load(http, public, internal, gateway, picture)
                    await load.residents()
                    for _ in range(ANNOUNCEMENTS):
                        await load.announcement()
                    for _ in range(REPORTS):
                        await load.report(with_photo=False)
                    await load.report()  # the photo processes start with their first picture
                    line(what="stock", announcements=ANNOUNCEMENTS, reports=REPORTS, photo_bytes=len(picture))
                    await load.one_by_one(10)
                    for rate in (per_s / 4, per_s / 2, per_s, per_s * 2):
                        await measure(load, family(process.pid), rate, seconds, per_s)


def main() -> None:
    """Measure with the servers that the environment names, or with our own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-s", type=float, default=50.0, help="requests a second of the bar")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long each rate lasts")
    arguments = parser.parse_args()
    end_children_with_us()
    with kafka_and_postgres() as (bootstrap, admin_url):
        asyncio.run(run(bootstrap, admin_url, arguments.per_s, arguments.seconds))


if __name__ == "__main__":
    main()
