"""A running town as whoever breaks and mends it holds it: its supervisor, database, Kafka, staff, and what Prometheus says."""

import asyncio
import json
import os
import urllib.parse
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import asyncpg
from aiokafka import AIOKafkaProducer

from hejnal_local import programs
from hejnal_local import settings as s
from hejnal_local.control import as_administrator
from hejnal_local.database_roles import url_of
from hejnal_local.supervision import Supervisor
from hejnal_local.workspace import Workspace
from hejnal_runtime.tokens import TokenIssuer, load_key
from tests.e2e.town import ROOT, Town

from .servers import Running, until

T = TypeVar("T")


@dataclass
class House:
    """A town, its monitoring, and the small disk that its archive lies on."""

    town: Town
    running: Running
    disk: Path
    folder: Path
    """For what a fault needs of its own."""
    left_over: list[Callable[[], None]] = field(default_factory=list)
    """What a fault that goes on is ended with when its walk is over."""
    kept: dict[str, Any] = field(default_factory=dict)
    """What a fault leaves to whoever mends it."""

    @cached_property
    def local(self) -> programs.Town:
        """The town as `make` sees it."""
        workspace = Workspace(ROOT, self.town.run)
        return programs.Town(workspace, s.LocalSettings.load(ROOT, {**os.environ, **self.town.environment}))

    @property
    def supervisor(self) -> Supervisor:
        """Who starts and ends the town's programs."""
        found = Supervisor(self.town.run, self.local.workspace.python)
        found.states()
        return found

    def state_of(self, program: str) -> str:
        """Its supervisor's word for it."""
        return str(self.supervisor.states()[program]["statename"])

    def pid_of(self, program: str) -> int:
        """0 while it does not run."""
        return int(self.supervisor.states()[program]["pid"])

    def figure(self, expr: str) -> float | None:
        """The first series' value of an instant query."""
        found = self.running.query(expr)
        return float(found[0]["value"][1]) if found else None

    def until_seen(self, expr: str, timeout_s: float = 120) -> None:
        """Wait until Prometheus gives something for it."""
        until(lambda: self.running.query(expr), timeout_s=timeout_s, what=expr)

    # --- as an administrator

    def sql(self, statement: str, *arguments: Any) -> list[Any]:
        """As the database's superuser."""

        async def asked() -> list[Any]:
            url = url_of(self.local.database.admin_url, database=programs.DATABASE)
            connection = await asyncpg.connect(url, timeout=20, command_timeout=60)
            try:
                return list(await connection.fetch(statement, *arguments))
            finally:
                await connection.close()

        return asyncio.run(asked())

    def produce(self, send: Callable[[AIOKafkaProducer], Awaitable[None]]) -> None:
        """Send to any topic, as Kafka's administrator."""

        async def all_of_it() -> None:
            producer = AIOKafkaProducer(**as_administrator(self.local))
            await producer.start()
            try:
                await send(producer)
            finally:
                await producer.stop()

        asyncio.run(all_of_it())

    # --- as staff

    def staff(
        self, service: str, method: str, path: str, body: Any = None, *, who: str = "walker", role: str = "admin", **headers: str
    ) -> tuple[int, dict[str, str], Any]:
        """(status, headers, body) of a request to a service's internal door, made as a person; a refusal is an answer too."""
        issuer = TokenIssuer("operator-gateway", load_key(self.local.keys.service("operator-gateway")))
        token = issuer.issue(service, subject=who, role=role, ttl_s=60)
        head = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **headers}
        data = None if body is None else json.dumps(body).encode()
        return ask(Request(f"{self.local.internal_url(service)}{path}", data, head, method=method))

    def announce(self, number: object, **more: Any) -> str:
        """Publish an announcement about the air, which the demo town's residents want by SMS; its id."""
        status, _, answer = self.staff("citizen-api", "POST", "/staff/v1/announcements", announcement(number, **more))
        assert status == 201, answer
        return str(answer["id"])


def announcement(number: object, **more: Any) -> dict[str, Any]:
    """A whole announcement for one hour."""
    return {
        "category": "air",
        "severity": "notice",
        "texts": {"pl": {"title": f"Jakość powietrza {number}", "body": "Dziś lepiej nie biegać."}},
        "area": {"kind": "town"},
        "valid_until": soon(3600),
        "channels": ["sms"],
        **more,
    }


def soon(seconds: float) -> str:
    """An instant as the API takes it."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def ask(request: Request | str, timeout_s: float = 20) -> tuple[int, dict[str, str], Any]:
    """(status, headers, body); the body as JSON where it is some, otherwise as text. Status 0: nobody answers."""
    try:
        with urlopen(request, timeout=timeout_s) as answer:
            status, head, data = int(answer.status), dict(answer.headers), answer.read()
    except HTTPError as error:
        status, head, data = error.code, dict(error.headers), error.read()
    except (URLError, OSError) as error:
        return 0, {}, repr(error)
    with suppress(ValueError):
        return status, head, json.loads(data)
    return status, head, data.decode(errors="replace")


def query_of(parameters: Mapping[str, str]) -> str:
    """A query string."""
    return urllib.parse.urlencode(parameters)
