"""A running town of `make run`: where it is asked for its metrics, and its own monitoring with other rules."""

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from hejnal_local import settings as s
from hejnal_local.ports import HOST, free_ports
from hejnal_local.programs import SERVICES
from hejnal_local.supervision import Supervisor
from hejnal_local.workspace import Workspace
from hejnal_monitoring.servers import MonitoringServers, Receivers
from tests.e2e.town import ROOT, Town

from .servers import Running, is_ready, somebody, until

NODE_EXPORTER = "prometheus-node-exporter"
_WATCHERS = ("prometheus", "alertmanager")


def setting(run: Path, program: str, name: str) -> str:
    """What a program of the town was told."""
    found = re.search(rf"^export {name}='?([^'\n]*)'?$", (run / "programs" / program).read_text(encoding="utf-8"), re.MULTILINE)
    assert found, f"{program} was not told {name}"
    return found[1]


def internal_doors(run: Path) -> dict[str, list[str]]:
    """Address of each service's metrics, by job."""
    ports = {service.name: setting(run, service.name, f"{service.prefix}INTERNAL_PORT") for service in SERVICES}
    return {name: [f"{HOST}:{port}"] for name, port in ports.items()}


@contextmanager
def machine(textfiles: Path) -> Iterator[str]:
    """A real node_exporter that reads what backups leave behind; gives its address."""
    textfiles.mkdir(parents=True, exist_ok=True)
    address = f"{HOST}:{free_ports(1)[0]}"
    collectors = ["--collector.disable-defaults", "--collector.textfile", f"--collector.textfile.directory={textfiles}"]
    command = [NODE_EXPORTER, *collectors, f"--web.listen-address={address}"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: _answers(f"http://{address}/metrics"), what=f"{NODE_EXPORTER} does not answer")
        yield address
    finally:
        process.terminate()
        process.wait(15)


@contextmanager
def watched(town: Town, rule_files: Sequence[str], exporter: str) -> Iterator[Running]:
    """The town's own Prometheus and Alertmanager, started anew with other rules and somebody who listens."""
    settings = s.LocalSettings.load(ROOT, {**os.environ, **town.environment})
    supervisor = Supervisor(town.run, Workspace.of_this_clone().python)
    with somebody() as told:
        servers = MonitoringServers(
            town.run / "monitoring",
            settings.port(s.PROMETHEUS_PORT),
            settings.port(s.ALERTMANAGER_PORT),
            {**internal_doors(town.run), "machine": [exporter]},
            Receivers(f"{HOST}:{settings.port(s.SMTP_PORT)}", webhook=told.url),
            rule_files=rule_files,
            scrape_s=2,
            evaluate_s=1,
            routes={"group_wait": "1s", "group_interval": "1s"},
            guard={"repeat_interval": "2s"},
        )
        servers.prepare()
        supervisor.states()
        supervisor.halt(*_WATCHERS)
        until(lambda: all(supervisor.states()[one]["statename"] == "STOPPED" for one in _WATCHERS))
        supervisor.begin(*_WATCHERS)
        until(lambda: is_ready(servers.prometheus_url) and is_ready(servers.alertmanager_url))
        yield Running(servers, told)


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
