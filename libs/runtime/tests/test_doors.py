"""Problems, health, metrics, traces and the end of a service, over HTTP."""

import asyncio
import json
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from bus_room import get, until
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from httpx import AsyncClient
from prometheus_client import REGISTRY
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from hejnal_local.ports import free_ports
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError, Kind, is_transient
from hejnal_runtime.health import Health
from hejnal_runtime.serve import MAX_UNSENT_BYTES, create_internal_app, install_common, serve
from hejnal_runtime.tracing import configure_tracing


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()
    install_common(app)

    @app.get("/refused")
    async def refused() -> None:
        raise AppError(Kind.RATE_LIMITED, "too-many-codes", "Wait a minute.", retry_after_s=60)

    @app.get("/bug")
    async def bug() -> None:
        raise KeyError("secret detail")

    @app.get("/database")
    async def database() -> None:
        away = Database("postgresql+asyncpg://nobody@127.0.0.1:9/none", schema="x")
        async with away.transaction() as session:
            await session.connection()

    @app.get("/number/{number}")
    async def number(number: int) -> int:
        return number

    return app


async def test_a_client_that_leaves_in_mid_request_is_counted_and_no_error(app) -> None:
    @app.post("/offers")
    async def offers(request: Request) -> int:
        return len(await request.body())

    came = [{"type": "http.request", "body": b"v=0", "more_body": True}, {"type": "http.disconnect"}]
    answered = []

    async def receive():
        return came.pop(0)

    async def send(message):
        answered.append(message)

    before = REGISTRY.get_sample_value("hejnal_http_clients_gone_total")
    scope = {"type": "http", "method": "POST", "path": "/offers", "raw_path": b"/offers", "query_string": b"", "headers": []}
    scope |= {"http_version": "1.1", "scheme": "http", "server": ("test", 80), "client": ("10.0.0.1", 1), "root_path": ""}
    with capture_logs() as logged:
        await app(scope, receive, send)
    assert answered == []
    assert [one for one in logged if one["log_level"] in {"warning", "error"}] == []
    assert REGISTRY.get_sample_value("hejnal_http_clients_gone_total") == before + 1


@pytest.mark.parametrize(
    ("path", "status", "slug"),
    [
        ("/refused", 429, "too-many-codes"),
        ("/bug", 500, "internal-error"),
        ("/database", 503, "temporarily-unavailable"),
        ("/number/x", 422, "invalid-request"),
        ("/nothing", 404, "not-found"),
    ],
)
async def test_every_error_is_a_problem_document(app, path, status, slug):
    response = await get(app, path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["type"] == f"urn:hejnal:problem:{slug}"
    assert body["status"] == status
    assert body["instance"] == path
    assert "secret detail" not in response.text
    if status in (429, 503):
        assert int(response.headers["retry-after"]) > 0


async def test_a_trace_goes_on_from_the_caller(app):
    configure_tracing("test", None)
    trace = "0af7651916cd43dd8448eb211c80319c"
    response = await get(app, "/refused", traceparent=f"00-{trace}-b7ad6b7169203331-01")
    assert response.headers["x-trace-id"] == trace
    assert response.json()["trace_id"] == trace


async def test_readiness_names_what_is_wrong():
    health = Health()
    findings: dict[str, str | None] = {"bus": None}
    health.add("bus", lambda: findings["bus"])

    async def slow() -> None:
        await asyncio.sleep(0)

    health.add("slow", slow)
    app = create_internal_app(health, jwks={"keys": []})
    assert (await get(app, "/readyz")).json() == {"status": "ok", "checks": {"bus": None, "slow": None}}
    findings["bus"] = "consumer stalled"
    response = await get(app, "/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["bus"] == "consumer stalled"
    assert (await get(app, "/healthz")).status_code == 200
    told = (await get(app, "/metrics")).text
    assert "hejnal_http_requests_total" in told
    assert 'hejnal_health_check_ok{check="bus"} 0.0' in told
    assert 'hejnal_health_check_ok{check="slow"} 1.0' in told
    findings["bus"] = None
    assert 'hejnal_health_check_ok{check="bus"} 1.0' in (await get(app, "/metrics")).text  # without anybody asking /readyz
    assert (await get(app, "/.well-known/jwks.json")).json() == {"keys": []}


async def test_a_check_that_raises_is_a_finding():
    health = Health()
    health.add("broken", lambda: 1 / 0)
    assert "ZeroDivisionError" in ((await health.report())["broken"] or "")
    with pytest.raises(ValueError, match="exists"):
        health.add("broken", lambda: None)


async def test_a_loop_that_fails_ends_the_service_with_its_error():
    async def fails() -> None:
        await asyncio.sleep(0.2)
        raise RuntimeError("the loop is broken")

    with pytest.raises(RuntimeError, match="the loop is broken"):
        await serve([(FastAPI(), "127.0.0.1", free_ports(1)[0])], [fails])


async def test_a_stopped_service_finishes_requests_and_ends_loops(tmp_path: Path):
    app = FastAPI()
    ended: list[str] = []
    arrived, answered = asyncio.Event(), asyncio.Event()

    @app.get("/slow")
    async def slow() -> str:
        arrived.set()
        await answered.wait()
        return "whole"

    @app.get("/endless")
    async def endless() -> StreamingResponse:
        async def body():
            while True:
                yield b"x"
                await asyncio.sleep(0.1)

        return StreamingResponse(body())

    async def loop() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("loop")

    port, stop = free_ports(1)[0], asyncio.Event()
    serving = asyncio.create_task(serve([(app, "127.0.0.1", port)], [loop], stop=stop))
    async with AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:

        async def up() -> bool:
            try:
                return (await client.get("/nothing")).status_code == 404
            except Exception:
                return False

        await until(up)
        slow_answer = asyncio.create_task(client.get("/slow"))
        await asyncio.wait_for(arrived.wait(), 30)
        stop.set()
        await asyncio.sleep(0.3)  # the service has begun to end while the request is in work
        answered.set()
        assert (await slow_answer).text == '"whole"'
        await asyncio.wait_for(serving, 15)
    assert ended == ["loop"]


async def test_sigterm_ends_a_real_process_cleanly(tmp_path: Path):
    port = free_ports(1)[0]
    program = (
        "import asyncio\nfrom hejnal_runtime.serve import serve, create_internal_app\nfrom hejnal_runtime.health import Health\n"
        f"asyncio.run(serve([(create_internal_app(Health()), '127.0.0.1', {port})]))\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    try:
        async with AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:

            async def up() -> bool:
                try:
                    return (await client.get("/healthz")).status_code == 200
                except Exception:
                    return False

            await until(up)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 15) == 0
    finally:
        if process.returncode is None:
            process.kill()


@pytest.mark.postgres
async def test_what_is_worth_trying_again(database: Database):
    assert is_transient(ConnectionRefusedError())
    assert is_transient(AppError(Kind.UNAVAILABLE, "x", "y"))
    assert not is_transient(AppError(Kind.INVALID, "x", "y"))
    assert not is_transient(KeyError("x"))
    assert is_transient(asyncpg.DeadlockDetectedError("x"))
    assert is_transient(asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"))
    assert not is_transient(asyncpg.UniqueViolationError("x"))
    with pytest.raises(DBAPIError) as caught:
        async with database.transaction() as session:
            await (await session.connection()).exec_driver_sql("insert into effects (report_id) values ('x')")
    assert not is_transient(caught.value), "a constraint says no for good"


@pytest.mark.postgres
async def test_a_reading_session_cannot_write(database: Database):
    with pytest.raises(DBAPIError, match="read-only"):
        async with database.read() as session:
            await (await session.connection()).exec_driver_sql("insert into effects values ('x', 1, 1)")
    assert await database.ping() is None
    assert "does not answer" in (await Database("postgresql+asyncpg://nobody@127.0.0.1:9/none", schema="x").ping() or "")


def test_logs_are_json_with_secrets_taken_out():
    import subprocess

    program = (
        "import logging, structlog\nfrom hejnal_runtime.logs import configure_logging\nconfigure_logging('ingest')\n"
        "structlog.get_logger().info('camera_connected', camera_id='cam-1', password='hunter2', phone='+48600100200')\n"
        "logging.getLogger('other').warning('from %s', 'a library')\n"
        "def fail(cookie):\n    raise ValueError('told')\n"
        "try:\n    fail('session=stolen')\nexcept ValueError as error:\n"
        "    structlog.get_logger().error('unexpected_error', exc_info=error)\n"
    )
    lines = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stderr.splitlines()
    ours, theirs, failed = (json.loads(line) for line in lines)
    assert failed["exception"][0]["exc_value"] == "told"
    assert "stolen" not in lines[2], "local variables of frames must stay out of logs"
    assert ours["event"] == "camera_connected"
    assert ours["service"] == "ingest"
    assert ours["camera_id"] == "cam-1"
    assert ours["password"] == ours["phone"] == "[redacted]"
    assert theirs["event"] == "from a library"
    assert theirs["level"] == "warning"


async def test_what_a_slow_peer_does_not_take_waits_here_and_not_in_the_kernel() -> None:
    app, port, stop, given = FastAPI(), free_ports(1)[0], asyncio.Event(), 0

    @app.get("/")
    async def endless() -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            nonlocal given
            while True:
                given += 65_536
                yield bytes(65_536)
                await asyncio.sleep(0)  # once the peer is gone nothing else here waits

        return StreamingResponse(chunks())

    serving = asyncio.create_task(serve([(app, "127.0.0.1", port)], stop=stop))
    async with asyncio.timeout(30):
        peer = await _takes_nothing(port)
        before = -1
        while given == 0 or given != before:
            before = given
            await asyncio.sleep(0.5)
    peer.close()
    assert given < 6 * MAX_UNSENT_BYTES, "the kernel keeps megabytes for a peer that takes nothing"
    stop.set()
    await serving


async def _takes_nothing(port: int) -> socket.socket:
    """A peer that asks once and reads nothing of the answer."""
    while True:
        peer = socket.socket()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        try:
            peer.connect(("127.0.0.1", port))
        except ConnectionRefusedError:
            peer.close()
            await asyncio.sleep(0.05)
        else:
            peer.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            return peer
