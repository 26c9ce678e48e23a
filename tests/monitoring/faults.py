"""Real faults of a running town's programs and servers: they end, freeze, starve, lose their password, get garbage to read."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.request import Request

from aiokafka import AIOKafkaProducer

from hejnal_local import readiness
from hejnal_local.keys import write_private
from hejnal_local.programs import SERVICES
from hejnal_runtime.bus.message import event_headers
from hejnal_runtime.clock import SystemClock
from hejnal_runtime.ids import new_id

from .house import House, ask
from .servers import until
from .towns import internal_doors, setting

Fault = Callable[[House], None]

_ASKED_FOR_S = 12
_STOPPED_S, _RUNS_S = 1.6, 0.4


def nothing(_: House) -> None:
    """The fault is that nobody has done something."""


def all_of(*faults: Fault) -> Fault:
    """One after the other."""

    def them(house: House) -> None:
        for fault in faults:
            fault(house)

    return them


def ended(*programs: str) -> Fault:
    """Programs that are down and stay down."""

    def end(house: House) -> None:
        house.supervisor.halt(*programs)
        until(lambda: all(house.state_of(one) == "STOPPED" for one in programs))

    return end


def begun(program: str) -> Fault:
    """A program that is started again: what a runbook asks for in its own words, or in another runbook."""
    return lambda house: house.supervisor.begin(program)


def killed(program: str) -> Fault:
    """A program that is killed and started anew by its supervisor."""

    def kill(house: House) -> None:
        pid = until(lambda: house.pid_of(program))
        os.kill(pid, signal.SIGKILL)
        until(lambda: house.pid_of(program) not in (0, pid))

    return kill


def killed_again_and_again(service: str, times: int) -> Fault:
    """Each time as soon as Prometheus has seen the new start: otherwise nobody would know of it."""

    def kill(house: House) -> None:
        for _ in range(times):
            began = house.figure(f'process_start_time_seconds{{job="{service}"}}')
            killed(service)(house)
            house.until_seen(f'process_start_time_seconds{{job="{service}"}} != {began!r} and up{{job="{service}"}} == 1')

    return kill


def starved(service: str) -> Fault:
    """A program that gets the processor for a fifth of the time, as on a machine that is far too weak; a new start gets all."""

    def starve(house: House) -> None:
        pid = until(lambda: house.pid_of(service))
        over = threading.Event()

        def hold_up() -> None:
            with suppress(ProcessLookupError):
                try:
                    while not over.is_set():
                        os.kill(pid, signal.SIGSTOP)
                        time.sleep(_STOPPED_S)
                        os.kill(pid, signal.SIGCONT)
                        time.sleep(_RUNS_S)
                finally:
                    os.kill(pid, signal.SIGCONT)

        thread = threading.Thread(target=hold_up, daemon=True)
        thread.start()
        house.left_over.append(lambda: (over.set(), thread.join(10))[0])

    return starve


def locked(service: str, table: str) -> Fault:
    """Somebody looks into a service's table with psql, as its user, and goes home in the middle of a transaction."""

    def lock(house: House) -> None:
        prefix = next(one.prefix for one in SERVICES if one.name == service)
        url = setting(house.town.run, service, f"{prefix}DATABASE_URL").replace("+asyncpg", "")
        psql = subprocess.Popen(
            ["psql", "-q", url], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True
        )
        assert psql.stdin is not None
        schema = prefix.removeprefix("HEJNAL_").lower().rstrip("_")
        psql.stdin.write(f"begin; lock table {schema}.{table} in share row exclusive mode;\n")
        psql.stdin.flush()

        def go_home() -> None:
            psql.kill()
            psql.communicate()

        house.left_over.append(go_home)
        held = "select 1 from pg_locks where granted and mode = 'ShareRowExclusiveLock' and relation = $1::regclass"
        until(lambda: house.sql(held, f"{schema}.{table}"), what=f"{table} is not locked")

    return lock


# --- Kafka


def garbage(topic: str, messages: int, *, then_unknown: int = 0) -> Fault:
    """Messages that nobody can read; behind them, in the same queue, such as only a newer release knows."""

    def send(house: House) -> None:
        async def all_of_them(producer: AIOKafkaProducer) -> None:
            for number in range(messages):
                await producer.send_and_wait(topic, f"to nie jest fakt {number}".encode(), key=b"obcy")
            waiting = [await producer.send(topic, b"{}", key=b"obcy", headers=_of_tomorrow()) for _ in range(then_unknown)]
            for one in waiting:
                await one

        house.produce(all_of_them)

    return send


def _of_tomorrow() -> list[tuple[str, bytes]]:
    now = SystemClock().now()
    told = event_headers(
        event_id=new_id(), event_type="announcement.sung.v1", source="citizen-api", subject="obcy", time=now, traceparent=None
    )
    return list(told)


def wrong_password(service: str) -> Fault:
    """Kafka's password of a service is not what Kafka knows, and the service starts anew."""

    def change(house: House) -> None:
        write_private(_password_file(house, service), "nie to hasło")
        killed(service)(house)

    return change


def right_password(service: str) -> Fault:
    """What the runbook asks for."""
    return lambda house: write_private(_password_file(house, service), house.local.keys.secret(f"kafka-{service}"))


def _password_file(house: House, service: str) -> Path:
    security = house.local.kafka_security
    assert security is not None, "the town's Kafka asks for no password"
    return security.folder / f"{service}.password"


def fact_too_large(house: House) -> None:
    """A fact of three megabytes waits to be sent; Kafka takes one."""
    statement = (
        "insert into citizen.outbox (topic, key, event_id, type, source, value) "
        "values ('announcements', 'za-duzy', $1, 'announcement.issued.v1', 'citizen-api', $2)"
    )
    house.sql(statement, new_id(), b"x" * 3_000_000)


def announced_in_vain(house: House) -> None:
    """Somebody publishes; the fact cannot leave."""
    house.announce("bez Kafki", channels=["email"])


# --- the doors


def asked_in_vain(house: House) -> None:
    """Residents who look at announcements while the database is away, for a while."""
    end = time.monotonic() + _ASKED_FOR_S
    while time.monotonic() < end:
        status, _, _ = ask(f"{house.town.citizen}/api/v1/announcements")
        assert status in (503, 500, 0), f"{status} without a database"
        time.sleep(0.3)


def guesses(house: House, times: int = 40) -> None:
    """Somebody guesses an operator's password."""
    login = house.town.staff("operator")["login"]
    for number in range(times):
        post(house.town.console, "/api/v1/session", login=login, password=f"nie to hasło {number}", code="000000")


def codes_wanted(house: House) -> None:
    """Residents ask for codes by e-mail."""
    for number in range(6):
        post(house.town.citizen, "/api/v1/sign-in/codes", contact=f"runbook{number}@example.pl", language="pl")


def post(origin: str, path: str, **body: str) -> int:
    """The status of a JSON request to a public door."""
    request = Request(f"{origin}{path}", json.dumps(body).encode(), {"Content-Type": "application/json", "Origin": origin})
    return ask(request)[0]


# --- who watches


def forgotten(service: str) -> Fault:
    """No place is left in Prometheus' list of a service."""

    def forget(house: House) -> None:
        house.kept["jobs"] = house.running.servers.jobs
        house.running.watch({**house.running.servers.jobs, service: []})

    return forget


def remembered(house: House) -> None:
    """It is told again."""
    house.running.watch(house.kept["jobs"])


def until_ready(house: House, service: str) -> None:
    """Wait for a service's door."""
    door = internal_doors(house.town.run)[service][0]
    until(lambda: readiness.why_not_ready(f"http://{door}/readyz") is None, timeout_s=120, what=f"{service} is not ready")
