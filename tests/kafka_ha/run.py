"""`python -m tests.kafka_ha.run`: a real cluster of three brokers, of which one is killed, then two, while services work on it.

Topics have three copies and `min.insync.replicas=2` by our own declaration, as in the Helm chart. Twice: with all brokers as
controllers (as the chart makes them: two dead ones leave the cluster without a leader), and with one controller that lives on.
Then ingest, recorder and cameras on such a cluster, every frame asked for. Prints a JSON line per step; exit code 1 when
anything was lost, applied twice, or acknowledged although only one broker had it.
"""

import argparse
import asyncio
import contextlib
import logging
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from hejnal_local import postgres
from hejnal_local.ports import free_ports
from tests.chaos.blows import NotRevivedError
from tests.kafka_ha.bus import bus
from tests.kafka_ha.checks import NotKeptError, check, tell
from tests.kafka_ha.recording import record

CONTROLLERS = {"quorum-lost": 3, "quorum-kept": 1}
"""How many of the three brokers are controllers: whether two dead ones leave the cluster without a leader."""
PARTS = (*CONTROLLERS, "recording")


async def run(folder: Path, only: str | None) -> None:
    """Everything, or one part."""
    parts = [only] if only else list(PARTS)
    server = postgres.Server(folder / "postgres", free_ports(1)[0], durable=False)
    await asyncio.to_thread(server.start)
    try:
        for part in parts:
            if part in CONTROLLERS:
                await bus(folder / part, server, CONTROLLERS[part])
    finally:
        await asyncio.to_thread(server.stop)
    if "recording" in parts:
        line = await record(folder / "house")
        tell(**line)
        check("every frame of every camera is in the archive, or in a gap that is stated", line["met"])


def main() -> int:
    """0 when every promise was kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.kafka_ha.run", description=__doc__)
    parser.add_argument("--only", choices=PARTS)
    only = parser.parse_args().only
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for noisy in ("aiokafka", "asyncio"):  # that a dead broker does not answer is no news
        logging.getLogger(noisy).setLevel(logging.CRITICAL + 1)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hejnal-kafka-ha-", ignore_cleanup_errors=True)))
        folder.chmod(0o755)
        try:
            asyncio.run(run(folder, only))
        except (NotKeptError, TimeoutError, NotRevivedError) as error:
            kept = Path(__file__).parents[2] / "test-results" / "kafka-ha-logs"
            for log in folder.rglob("*.log"):
                if "data" not in log.parts:
                    (kept / log.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(log, kept / log.relative_to(folder))
            print(f"\nnot kept: {error!r}; what the programs said is in {kept}", file=sys.stderr)
            return 1
    print("\nthree brokers: nothing acknowledged was lost, nothing was applied twice")
    return 0


if __name__ == "__main__":
    sys.exit(main())
