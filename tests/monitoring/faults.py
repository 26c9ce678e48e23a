"""Real faults of a running town: programs that end, garbage in a topic, a disk that fills, somebody who guesses passwords."""

import asyncio
import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from aiokafka import AIOKafkaProducer

from hejnal_local import settings as s
from hejnal_local.ports import HOST
from hejnal_local.supervision import Supervisor
from hejnal_local.workspace import Workspace
from tests.e2e.town import Town

from .servers import until

Fault = Callable[[Town, Path], None]


def supervisor_of(town: Town) -> Supervisor:
    """Who starts and ends the town's programs."""
    found = Supervisor(town.run, Workspace.of_this_clone().python)
    found.states()
    return found


def ended(*programs: str) -> Fault:
    """Programs that are down and stay down."""

    def end(town: Town, _disk: Path) -> None:
        supervisor = supervisor_of(town)
        supervisor.halt(*programs)
        until(lambda: all(supervisor.states()[one]["statename"] == "STOPPED" for one in programs))

    return end


def killed(program: str) -> Fault:
    """A program that is killed and started anew by its supervisor."""

    def kill(town: Town, _disk: Path) -> None:
        supervisor = supervisor_of(town)
        pid = until(lambda: supervisor.states()[program]["pid"])
        os.kill(pid, signal.SIGKILL)
        until(lambda: supervisor.states()[program]["pid"] not in (0, pid))

    return kill


def garbage(topic: str, messages: int) -> Fault:
    """Messages that nobody can read."""

    def send(town: Town, _disk: Path) -> None:
        async def all_of_them() -> None:
            producer = AIOKafkaProducer(bootstrap_servers=f"{HOST}:{town.environment[s.KAFKA_PORT.name]}")
            await producer.start()
            try:
                for number in range(messages):
                    await producer.send_and_wait(topic, f"to nie jest fakt {number}".encode(), key=b"obcy")
            finally:
                await producer.stop()

        asyncio.run(all_of_them())

    return send


def sends_while_away(program: str) -> Fault:
    """A program that is down while residents ask for codes by e-mail."""

    def ask(town: Town, disk: Path) -> None:
        ended(program)(town, disk)
        for number in range(6):
            post(
                f"{town.citizen}/api/v1/sign-in/codes", {"contact": f"runbook{number}@example.pl", "language": "pl"}, town.citizen
            )

    return ask


def guesses(town: Town, _disk: Path, times: int = 40) -> None:
    """Somebody guesses an operator's password."""
    login = town.staff("operator")["login"]
    for number in range(times):
        post(
            f"{town.console}/api/v1/session",
            {"login": login, "password": f"nie to hasło {number}", "code": "000000"},
            town.console,
        )


def filled(town: Town, disk: Path) -> None:
    """Something foreign lies on the archive's disk."""
    usage = shutil.disk_usage(disk)
    size = usage.free - int(usage.total * 0.03)
    with (disk / "obce-zrzut").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, size)


def post(url: str, body: dict[str, str], origin: str) -> int:
    """The status of a JSON request, also of a refused one."""
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json", "Origin": origin})
    try:
        with urlopen(request, timeout=20) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code
