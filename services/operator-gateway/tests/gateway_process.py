"""The gateway as a process of its own, so that a test can kill it."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from hejnal_gateway.settings import GatewaySettings
from hejnal_local.ports import free_ports


def environment(settings: GatewaySettings) -> dict[str, str]:
    variables: dict[str, str] = {}
    for name in settings.model_fields_set:
        value: Any = getattr(settings, name)
        if hasattr(value, "get_secret_value"):
            value = value.get_secret_value()
        elif isinstance(value, tuple | dict | list):
            value = json.dumps(value)
        variables[f"HEJNAL_GATEWAY_{name.upper()}"] = str(value)
    return {**os.environ, **variables}


@contextlib.asynccontextmanager
async def gateway_process(settings: GatewaySettings, **changes: Any) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """One more process on the same database and topics; it and its address. Ended at the end if the test did not."""
    public, internal = free_ports(2)
    address = f"http://127.0.0.1:{public}"
    changes = {"public_port": public, "internal_port": internal, "public_url": address, **changes}
    command = (sys.executable, "-m", "hejnal_gateway", "serve")
    process = await asyncio.create_subprocess_exec(
        *command, env=environment(settings.model_copy(update=changes)), stdout=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(40), aiohttp.ClientSession() as http:
            while True:
                assert process.returncode is None, "the gateway ended by itself"
                with contextlib.suppress(aiohttp.ClientError):
                    async with http.get(f"http://127.0.0.1:{internal}/readyz") as answer:
                        if answer.status == 200:
                            break
                await asyncio.sleep(0.1)
        yield process, address
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(25):
            await process.wait()
