"""Live workers as processes of the gateway's own: started with it, started anew when they end, ended with it."""

import asyncio
import contextlib
import json
import os
import random
import socket
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import structlog

from hejnal_gateway.settings import GatewaySettings

log = structlog.get_logger()

_FIRST_PAUSE_S, _LAST_PAUSE_S = 0.3, 10.0
_STEADY_S = 30.0
_END_WITHIN_S = 8.0
_PREFIX = "HEJNAL_GATEWAY_"


class LiveWorkerProcesses:
    """Keeps `settings.live_workers` processes running."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._processes: dict[int, Process] = {}

    @property
    def pids(self) -> list[int]:
        """Of those that run."""
        return [process.pid for process in self._processes.values() if process.returncode is None]

    async def run(self) -> None:
        """Until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(self._settings.live_workers):
                    group.create_task(self._keep(number))
                await asyncio.Event().wait()
        finally:
            await asyncio.shield(self._end())

    async def _keep(self, number: int) -> None:
        failures = 0
        loop = asyncio.get_running_loop()
        while True:
            started_at = loop.time()
            process = self._processes[number] = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "hejnal_gateway", "live-worker", "--with-parent", stdin=PIPE, env=self._environment(number)
            )
            code = await process.wait()
            failures = 0 if loop.time() - started_at > _STEADY_S else failures + 1
            log.error("live_worker_ended", number=number, pid=process.pid, code=code)
            pause_s = min(_LAST_PAUSE_S, _FIRST_PAUSE_S * 2 ** min(failures, 6))
            await asyncio.sleep(pause_s * random.uniform(0.7, 1))

    def _environment(self, number: int) -> dict[str, str]:
        """Ours, but for what two processes cannot share; what was handed over in code counts too."""
        rtc_port = self._settings.rtc_port
        given: dict[str, object] = {
            name: value for name, value in self._settings.model_dump(mode="json", exclude_unset=True).items() if value is not None
        }
        for name in ("database_url", "turn_secret", "oidc_client_secret"):
            given.pop(name, None)
        if self._settings.database_url is not None:
            given["database_url"] = self._settings.database_url.get_secret_value()
        given |= {
            "live_workers": 0,
            "live_elsewhere": False,
            "live_worker_url": "",
            "internal_port": _free_port(self._settings.internal_host),
            "rtc_port": rtc_port + 1 + number if rtc_port else 0,
        }
        return os.environ | {_PREFIX + name.upper(): _text(value) for name, value in given.items()}

    async def _end(self) -> None:
        running = [process for process in self._processes.values() if process.returncode is None]
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        for process in running:
            try:
                async with asyncio.timeout(_END_WITHIN_S):
                    await process.wait()
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, Path) else json.dumps(value)


def _free_port(host: str) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.bind((host, 0))
        return int(sock.getsockname()[1])
