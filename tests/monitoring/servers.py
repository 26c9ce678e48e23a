"""A real Prometheus and a real Alertmanager as processes of a test, and somebody who is notified."""

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from hejnal_local.ports import HOST, free_ports
from hejnal_monitoring.servers import MonitoringServers, Receivers

PATIENCE_S = 60
T = TypeVar("T")


def until(condition: Callable[[], T], *, timeout_s: float = PATIENCE_S, every_s: float = 0.3, what: str = "") -> T:
    """The condition's value as soon as it is true."""
    deadline = time.monotonic() + timeout_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what or condition}"
        time.sleep(every_s)
    return value


@dataclass
class Notified:
    """What Alertmanager has told a webhook, in order: its groups of alerts."""

    url: str = ""
    groups: list[dict[str, Any]] = field(default_factory=list)

    def alerts(self, status: str = "firing", receiver: str | None = None) -> set[str]:
        """Names of the alerts that were told with a status."""
        groups = [group for group in list(self.groups) if receiver in (None, group["receiver"])]
        return {one["labels"]["alertname"] for group in groups for one in group["alerts"] if one["status"] == status}


@contextmanager
def somebody() -> Iterator[Notified]:
    """A webhook that writes down what it is told."""
    told = Notified()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.groups.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer((HOST, 0), Hook)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    told.url = f"http://{HOST}:{server.server_address[1]}/"
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@dataclass
class Running:
    """Both servers, started."""

    servers: MonitoringServers
    told: Notified

    def watch(self, jobs: Mapping[str, Sequence[str]]) -> None:
        """Ask other addresses from now on."""
        self.servers = replace(self.servers, jobs=jobs)
        self.servers.write_prometheus()
        with urlopen(Request(f"{self.servers.prometheus_url}/-/reload", method="POST"), timeout=20):
            pass

    def query(self, expr: str) -> list[dict[str, Any]]:
        """An instant query's series."""
        return self._data("/api/v1/query", query=expr)["result"]

    def over_time(self, expr: str, seconds: int, step_s: int = 1) -> list[dict[str, Any]]:
        """A range query's series over the last `seconds`."""
        now = time.time()
        return self._data("/api/v1/query_range", query=expr, start=now - seconds, end=now, step=step_s)["result"]

    def firing(self) -> dict[str, dict[str, str]]:
        """Alerts that fire now, with their labels, but the watchdog."""
        alerts = self._data("/api/v1/alerts")["alerts"]
        return {
            one["labels"]["alertname"]: one["labels"] | one["annotations"]
            for one in alerts
            if one["state"] == "firing" and one["labels"]["severity"] != "watchdog"
        }

    def raise_alert(self, *alerts: Mapping[str, str]) -> None:
        """Tell Alertmanager of alerts, as Prometheus does."""
        body = [{"labels": dict(labels), "annotations": {"summary": labels["alertname"]}} for labels in alerts]
        call = Request(
            f"{self.servers.alertmanager_url}/api/v2/alerts", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urlopen(call, timeout=10):
            pass

    def _data(self, path: str, **parameters: Any) -> Any:
        url = f"{self.servers.prometheus_url}{path}?{urlencode(parameters)}"
        try:
            with urlopen(url, timeout=20) as answer:
                return json.load(answer)["data"]
        except HTTPError as error:
            raise AssertionError(f"{parameters}: {error.read().decode()[:300]}") from error


@contextmanager
def monitoring(
    folder: Path, jobs: Mapping[str, Sequence[str]], *, smarthost: str = f"{HOST}:9", with_prometheus: bool = True, **options: Any
) -> Iterator[Running]:
    """Start both servers (or Alertmanager alone) and end them. Notifications go to a webhook, and by mail to `smarthost`."""
    with somebody() as told:
        ports = free_ports(2)
        servers = MonitoringServers(folder, *ports, jobs, Receivers(smarthost, webhook=told.url), **options)
        servers.prepare()
        commands = [servers.alertmanager(), *([servers.prometheus()] if with_prometheus else [])]
        with (folder / "log").open("wb") as log:
            processes = [subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log) for command in commands]
            try:
                doors = [servers.alertmanager_url, *([servers.prometheus_url] if with_prometheus else [])]
                until(lambda: all(map(is_ready, doors)), what=(folder / "log").read_text())
                yield Running(servers, told)
            finally:
                for process in processes:
                    process.terminate()
                for process in processes:
                    try:
                        process.wait(15)
                    except subprocess.TimeoutExpired:
                        process.kill()
                        process.wait(10)


def is_ready(url: str) -> bool:
    """Whether a Prometheus or an Alertmanager says so."""
    try:
        with urlopen(f"{url}/-/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
