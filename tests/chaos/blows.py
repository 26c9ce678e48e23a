"""How a part of a house is killed, and started again."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from hejnal_local import kafka, postgres
from hejnal_local.kafka_cluster import Cluster

_REVIVE_S = 180.0
_END_S = 40.0


class NotRevivedError(RuntimeError):
    """A part did not come back in time."""


class NotEndedError(RuntimeError):
    """A service went on after its time of grace."""


class EndedByItselfError(RuntimeError):
    """A service was gone before it was killed."""


async def kill_server(victim: str, broker: kafka.Broker | Cluster, server: postgres.Server) -> bool:
    """Kill -9 of Kafka or PostgreSQL; False when the victim is neither."""
    if victim == "kafka":
        await asyncio.to_thread(broker.kill)
    elif victim == "postgres":
        pid = server.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
    else:
        return False
    return True


async def kill_service(process: asyncio.subprocess.Process, log: Path, how: signal.Signals) -> None:
    """Ends a service, and waits for it. Raises EndedByItselfError with its last words when it was gone already."""
    if process.returncode is not None:
        raise EndedByItselfError(f"{log.stem}: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
    process.send_signal(how)
    try:
        async with asyncio.timeout(_END_S):
            await process.wait()
    except TimeoutError as error:
        process.kill()
        await process.wait()
        raise NotEndedError(f"{log.stem} did not end within {_END_S:.0f} s of {how.name}") from error


async def start_again(victim: str, start: Callable[[], object]) -> None:
    """Starts a killed broker or database server. Raises NotRevivedError."""
    deadline = time.monotonic() + _REVIVE_S
    while True:
        try:
            await asyncio.to_thread(start)
            return
        except (kafka.KafkaError, postgres.PostgresError) as error:  # the killed one still holds its port or memory
            if time.monotonic() > deadline:
                raise NotRevivedError(victim) from error
            await asyncio.sleep(0.5)
