"""A real Kafka and a real PostgreSQL for a benchmark: those named by the environment, else started here and ended afterwards."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hejnal_local import kafka, postgres
from hejnal_local.ports import free_ports
from hejnal_local.testing import CACHE


@contextmanager
def kafka_and_postgres() -> Iterator[tuple[str, str]]:
    """(Kafka bootstrap, URL of a PostgreSQL superuser). PostgreSQL is durable (fsync on): figures without it would flatter."""
    bootstrap, admin_url = os.environ.get("HEJNAL_BENCH_KAFKA"), os.environ.get("HEJNAL_BENCH_POSTGRES")
    if bootstrap and admin_url:
        yield bootstrap, admin_url
        return
    with tempfile.TemporaryDirectory(prefix="hejnal-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        installation = kafka.Installation(CACHE / "kafka")
        installation.install()
        broker = kafka.Broker(installation, Path(folder) / "kafka", *free_ports(2))
        server = postgres.Server(Path(folder) / "postgres", free_ports(1)[0])
        broker.start()
        try:
            server.start()
            try:
                yield broker.bootstrap, server.admin_url
            finally:
                server.stop()
        finally:
            broker.stop()
