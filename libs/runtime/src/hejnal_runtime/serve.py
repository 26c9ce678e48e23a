"""Running a service: its doors and its background loops under one roof, ended together and in order."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import structlog
import uvicorn
from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from hejnal_runtime import metrics
from hejnal_runtime.health import Health
from hejnal_runtime.problems import install_problem_handlers
from hejnal_runtime.requests import RequestMiddleware
from hejnal_runtime.tracing import flush_tracing

log = structlog.get_logger()

GRACE_S = 5
BEFORE_END_S = 10
LAG_PROBE_S = 1.0
MAX_UNSENT_BYTES = 256 * 1024

Loop = Callable[[], Awaitable[None]]


_RESERVED = frozenset({"healthz", "readyz", "metrics", ".well-known", "internal", "staff", "api", "map"})


def is_reserved(path: str) -> bool:
    """Whether a path is an API, an internal door or a hidden file: no page of a public door lies there."""
    parts = [part.casefold() for part in path.split("/") if part]
    return bool(parts) and (parts[0] in _RESERVED or any(part.startswith(".") for part in parts))


def install_common(app: FastAPI) -> None:
    """Problems, traces and metrics for an app."""
    install_problem_handlers(app)
    app.add_middleware(RequestMiddleware)


def create_internal_app(
    health: Health, routers: Sequence[APIRouter] = (), *, jwks: dict[str, Any] | None = None, title: str = "internal"
) -> FastAPI:
    """The app behind the internal port: /healthz, /readyz, /metrics, the JWKS, and the given routers. Never public."""
    app = FastAPI(title=title, docs_url=None, redoc_url=None)
    install_common(app)

    @app.get("/healthz", tags=["operations"])
    async def healthz() -> dict[str, str]:
        """The process is alive."""
        return {"status": "ok"}

    @app.get("/readyz", tags=["operations"])
    async def readyz() -> JSONResponse:
        """The service can do its work; 503 with the reasons when it cannot."""
        checks = await health.report()
        failing = any(checks.values())
        return JSONResponse({"status": "failing" if failing else "ok", "checks": checks}, status_code=503 if failing else 200)

    @app.get("/metrics", tags=["operations"])
    async def prometheus() -> Response:
        """Metrics in Prometheus text format, with what the health checks say now."""
        await health.report()
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    if jwks is not None:

        @app.get("/.well-known/jwks.json", tags=["operations"])
        async def key_set() -> dict[str, Any]:
            """Public keys with which this service's tokens are checked."""
            return jwks

    for router in routers:
        app.include_router(router)
    return app


class _Server(uvicorn.Server):
    """A server that leaves signals to `serve`: several of them run in one process.

    What a slow peer has not taken yet waits in the process, which may know better than to send it late, not in the kernel:
    with the kernel's own limit of megabytes a live picture would be many seconds old on a thin line.
    """

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for server in getattr(self, "servers", ()):
            for listening in server.sockets:
                with socket.socket(fileno=os.dup(listening.fileno())) as same:  # connections inherit it
                    same.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, MAX_UNSENT_BYTES)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _server(app: FastAPI, host: str, port: int) -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=GRACE_S,
            timeout_keep_alive=30,
            server_header=False,
            h11_max_incomplete_event_size=64 * 1024,
            ws_max_size=64 * 1024,
            ws_per_message_deflate=False,  # what goes over WebSockets is video: compressed already
        )
    )


async def _measure_loop_lag() -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LAG_PROBE_S
        await asyncio.sleep(LAG_PROBE_S)
        metrics.EVENT_LOOP_LAG_S.set(max(0.0, loop.time() - due))


async def serve(
    apps: Sequence[tuple[FastAPI, str, int]],
    tasks: Sequence[Loop] = (),
    *,
    stop: asyncio.Event | None = None,
    before_end: Loop | None = None,
) -> None:
    """Serve each (app, host, port) and run each loop until SIGTERM or SIGINT (or `stop`), then end the doors, then the loops.

    A loop that ends by itself or raises ends the service: the supervisor starts it anew. `before_end` has `BEFORE_END_S` to give
    work away while doors and loops still run; it is not called after a failure.
    """
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    servers = [_server(*door) for door in apps]
    doors = [asyncio.create_task(server.serve(), name=f"door {server.config.port}") for server in servers]
    loops = [
        asyncio.create_task(_as_coroutine(task), name=getattr(task, "__qualname__", "loop"))
        for task in (*tasks, _measure_loop_lag)
    ]
    stopped = asyncio.create_task(stop.wait(), name="stop")
    done, _ = await asyncio.wait({*doors, *loops, stopped}, return_when=asyncio.FIRST_COMPLETED)
    failed = [task for task in done if task is not stopped]
    if before_end is not None and not failed:
        try:
            async with asyncio.timeout(BEFORE_END_S):
                await before_end()
        except TimeoutError:
            log.warning("not_all_given_away")
    for server in servers:
        server.should_exit = True
    await asyncio.wait(doors, timeout=GRACE_S + 2)
    for task in (*loops, *doors, stopped):
        task.cancel()
    await asyncio.gather(*loops, *doors, stopped, return_exceptions=True)
    await asyncio.to_thread(flush_tracing)
    for task in failed:
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error
        raise RuntimeError(f"{task.get_name()} ended by itself")


async def _as_coroutine(loop: Loop) -> None:
    await loop()
