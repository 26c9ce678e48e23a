"""PostgreSQL goes away in mid-send and comes back: nothing lost, nothing doubled, no restart needed."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from notifier_town import Town, announcement, contact, push_contact, subscription, until


class Line:
    """A TCP line that can be cut and mended: what a database restart looks like to a client."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(*self._target)
        self._writers |= {writer, there_writer}

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                while data := await source.read(65536):
                    sink.write(data)
                    await sink.drain()
            sink.close()

        await asyncio.gather(pump(reader, there_writer), pump(there_reader, writer))
        self._writers -= {writer, there_writer}


async def test_the_database_goes_away_in_mid_send(town: Town) -> None:
    parts = urlsplit(town.database_url)
    line = Line(parts.hostname or "", parts.port or 5432)
    await line.mend()
    town.database_url = town.database_url.replace(f":{parts.port}/", f":{line.port}/")
    town.extra |= {
        "PUSH_CONCURRENCY": "2",
        "EMAIL_CONCURRENCY": "1",
        "BATCH_SIZE": "10",
        "LEASE_S": "12",
        "PUSH_TIMEOUT_S": "5",
        "EMAIL_TIMEOUT_S": "5",
        "SMS_TIMEOUT_S": "5",
    }
    residents = 60
    for number in range(residents):
        device = await town.sinks.device()
        await town.send(subscription(f"r{number}", push_contact(device), contact("email", f"r{number}@example.pl")))
    town.start()
    await town.ready()
    fact = announcement()
    await town.send(fact)

    async def begun() -> bool:
        counts = await town.sinks.get("/api/counts")
        return counts["push"]["shown"] >= 5

    await until(begun, 20, "the first pushes")
    await line.cut()
    late = announcement(category="water")
    await town.send(late)  # comes in while the database is away
    await asyncio.sleep(2)
    status, problem = await town.call("POST", "/internal/v1/test-messages", _message())
    assert (status, problem["type"]) == (503, "urn:hejnal:problem:temporarily-unavailable")
    await line.mend()

    async def finished(announcement_id: str) -> bool:
        return await town.states(announcement_id) == ["sent"] * 2 * residents

    await until(lambda: finished(fact.announcement_id), 60, "the rest of the first")
    await until(lambda: finished(late.announcement_id), 40, "the second")
    assert town.processes[0].poll() is None
    counts = await town.sinks.get("/api/counts")
    assert [counts[channel]["shown"] for channel in ("push", "email")] == [2 * residents] * 2
    await line.cut()


def _message() -> dict[str, str]:
    return {"channel": "email", "address": "a@example.pl", "idempotency_key": "while-away"}


async def test_after_an_outage_of_the_providers_everything_goes_that_still_matters(town: Town) -> None:
    """Back-offs have grown to minutes when the providers come back: the first message that is taken ends the waits of all."""
    town.extra |= {"RETRY_BASE_S": "400", "RETRY_CAP_S": "400", "PUSH_FIRST_SEVERITIES": "[]"}
    residents = 20
    for number in range(residents):
        device = await town.sinks.device()
        mail, phone = contact("email", f"r{number}@example.pl"), contact("sms", f"+48500101{number:03d}")
        await town.send(subscription(f"r{number}", push_contact(device), mail, phone))
    for channel in ("push", "email", "sms"):
        await town.sinks.post("/api/outage", {"channel": channel, "seconds": 3600})
    town.start()
    await town.ready()
    matters = announcement()
    outdated = announcement(valid_until=datetime.now(UTC) + timedelta(seconds=10))
    await town.send(matters, outdated)

    async def tried() -> bool:
        rows = [*await town.deliveries(matters.announcement_id), *await town.deliveries(outdated.announcement_id)]
        return len(rows) == 6 * residents and all(
            row["state"] == "expired" or (row["state"] == "queued" and row["attempts"] >= 1) for row in rows
        )

    await until(tried, 60, "the first tries")
    for channel in ("push", "email", "sms"):
        await town.sinks.post("/api/outage", {"channel": channel, "seconds": 0})
    await town.send(announcement())  # the next one finds the providers back

    async def finished() -> bool:
        states = await town.states(matters.announcement_id)
        return len(states) == 3 * residents and set(states) <= {"sent", "delivered"}

    await until(finished, 60, "the end of all waits")

    async def ended() -> bool:
        return await town.states(outdated.announcement_id) == ["expired"] * 3 * residents

    await until(ended, 30, "the end of what is outdated")
