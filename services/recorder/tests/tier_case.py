"""Footage that is due to move, a proxy before the store that misbehaves, and a mover that is killed where it hurts.

`python tier_case.py JOB` moves what is due and kills itself (SIGKILL) after the step that the job names.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from recorder_room import NOW

from hejnal_recorder.resources import SCHEMA
from hejnal_recorder.takeover.archive import Archive
from hejnal_recorder.tiers.mover import Mover
from hejnal_recorder.tiers.rows import DueFile
from hejnal_recorder.tiers.store import Copied, ObjectStore, StorePlace
from hejnal_runtime.clock import ManualClock
from hejnal_runtime.database import Database

STEPS = ("mark", "copy", "verify", "switch", "unlink")
AFTER = timedelta(minutes=10)


class Killed(Mover):
    """Dies after one of its steps."""

    die_after = ""

    def _dies(self, step: str) -> None:
        if step == self.die_after:
            os.kill(os.getpid(), signal.SIGKILL)

    async def mark(self, file: DueFile) -> Any:
        done = await super().mark(file)
        self._dies("mark")
        return done

    async def copy(self, file: DueFile, size_bytes: int) -> Copied:
        done = await super().copy(file, size_bytes)
        self._dies("copy")
        return done

    async def verify(self, *args: Any) -> str:
        done = await super().verify(*args)
        self._dies("verify")
        return done

    async def switch(self, *args: Any) -> bool:
        done = await super().switch(*args)
        self._dies("switch")
        return done

    def unlink(self, path: str) -> None:
        super().unlink(path)
        self._dies("unlink")


def mover(database: Database, archive: Archive, store: ObjectStore, clock: ManualClock, kind: type[Mover] = Mover) -> Mover:
    return kind(database, archive, store, clock, after=AFTER, at_once=2, interval_s=60)


@dataclass
class Proxy:
    """Between recorder and store: passes on, refuses, or changes a byte of what is read."""

    target: int
    mode: str = "honest"
    port: int = 0
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mode == "away":
            writer.close()
            return
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.target)
        self._writers |= {writer, up_writer}
        await asyncio.gather(self._pump(reader, up_writer, down=False), self._pump(up_reader, writer, down=True))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, down: bool) -> None:
        try:
            while data := await reader.read(1 << 16):
                if self.mode == "away":
                    break
                if down and self.mode == "corrupt" and len(data) > 2000:
                    data = data[:-100] + bytes([data[-100] ^ 1]) + data[-99:]
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Proxy"]:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            for writer in self._writers:
                writer.close()
            server.close()


async def _main(job: dict[str, Any]) -> None:
    database = Database(job["url"], schema=SCHEMA)
    store = ObjectStore.open(StorePlace.model_validate(job["place"]), job["name"])
    victim = mover(database, Archive(Path(job["archive_dir"]), None), store, ManualClock(NOW), Killed)
    assert isinstance(victim, Killed)
    victim.die_after = job["die_after"]
    await victim.round()
    await database.close()


if __name__ == "__main__":
    asyncio.run(_main(json.loads(sys.argv[1])))
