"""citizen-api as a process of its own, and a way to PostgreSQL that can be cut."""

import asyncio
import contextlib
import os
import socket
import sys
import time
from contextlib import asynccontextmanager

import aiohttp


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


@asynccontextmanager
async def running_service(house, *, prefix="", bootstrap, database_url=None, **environment):
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
