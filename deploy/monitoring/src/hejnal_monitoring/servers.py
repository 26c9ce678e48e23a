"""A Prometheus and an Alertmanager on the loopback address with the town's own rules and routes."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

HOME = Path(__file__).parents[2]
HOST = "127.0.0.1"
PROMETHEUS, ALERTMANAGER = "prometheus", "prometheus-alertmanager"
_KEEP = "15d"


class MissingProgramError(RuntimeError):
    """Prometheus or Alertmanager is not installed; the text says what to type."""


def program(name: str) -> str:
    """Path of a program of Debian's packages `prometheus` and `prometheus-alertmanager`; `alertmanager` is taken as well."""
    found = shutil.which(name) or shutil.which(name.removeprefix("prometheus-"))
    if found is None:
        raise MissingProgramError(
            f"{name} is missing: sudo apt-get install -y --no-install-recommends {PROMETHEUS} {ALERTMANAGER}"
        )
    return found


@dataclass(frozen=True, slots=True)
class Receivers:
    """Where a local Alertmanager's notifications go."""

    smarthost: str
    """host:port of a mail server that takes everything."""
    duty: str = "dyzur-informatyka@bugielsk.example"
    day: str = "informatyk@bugielsk.example"
    webhook: str | None = None
    """Told of everything as JSON, too; the watchdog goes only there."""


@dataclass(frozen=True, slots=True)
class MonitoringServers:
    """Files and commands of both servers. `jobs` are the addresses to scrape, by job."""

    folder: Path
    prometheus_port: int
    alertmanager_port: int
    jobs: Mapping[str, Sequence[str]]
    receivers: Receivers
    rule_files: Sequence[str] = (str(HOME / "rules" / "*.yml"), str(HOME / "alerts" / "*.yml"))
    scrape_s: int = 5
    evaluate_s: int = 30
    routes: Mapping[str, Any] = field(default_factory=dict)
    """Changes of the routes, for example `group_wait`."""
    guard: Mapping[str, Any] = field(default_factory=dict)
    """Changes of the watchdog's route."""

    @property
    def prometheus_url(self) -> str:
        """Base URL."""
        return f"http://{HOST}:{self.prometheus_port}"

    @property
    def alertmanager_url(self) -> str:
        """Base URL."""
        return f"http://{HOST}:{self.alertmanager_port}"

    def prepare(self) -> None:
        """Write both configurations."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.write_prometheus()
        (self.folder / "alertmanager.yml").write_text(
            json.dumps(self._alertmanager(), indent=1, ensure_ascii=False), encoding="utf-8"
        )

    def write_prometheus(self) -> None:
        """Write Prometheus' configuration alone."""
        (self.folder / "prometheus.yml").write_text(json.dumps(self._prometheus(), indent=1), encoding="utf-8")

    def prometheus(self) -> list[str]:
        """Command of Prometheus. Raises MissingProgramError."""
        return [
            program(PROMETHEUS),
            f"--config.file={self.folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self.folder / 'prometheus'}",
            f"--storage.tsdb.retention.time={_KEEP}",
            f"--web.listen-address={HOST}:{self.prometheus_port}",
            "--web.enable-lifecycle",
            "--log.level=warn",
        ]

    def alertmanager(self) -> list[str]:
        """Command of Alertmanager. Raises MissingProgramError."""
        return [
            program(ALERTMANAGER),
            f"--config.file={self.folder / 'alertmanager.yml'}",
            f"--storage.path={self.folder / 'alertmanager'}",
            f"--web.listen-address={HOST}:{self.alertmanager_port}",
            "--cluster.listen-address=",  # it is alone
            "--log.level=warn",
        ]

    def _prometheus(self) -> dict[str, Any]:
        return {
            "global": {
                "scrape_interval": f"{self.scrape_s}s",
                "scrape_timeout": f"{self.scrape_s}s",
                "evaluation_interval": f"{self.evaluate_s}s",
            },
            "rule_files": list(self.rule_files),
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"{HOST}:{self.alertmanager_port}"]}]}]},
            "scrape_configs": [
                {"job_name": job, "static_configs": [{"targets": list(addresses)}]} for job, addresses in self.jobs.items()
            ],
        }

    def _alertmanager(self) -> dict[str, Any]:
        """The town's own routes with receivers that are here."""
        known: dict[str, Any] = yaml.safe_load((HOME / "alertmanager.yml").read_text(encoding="utf-8"))
        known["global"] = {
            "smtp_smarthost": self.receivers.smarthost,
            "smtp_from": "hejnal@bugielsk.example",
            "smtp_require_tls": False,
        }
        places = {"dyzur": self.receivers.duty, "dzien": self.receivers.day}
        hooks = [{"url": self.receivers.webhook, "send_resolved": True}] if self.receivers.webhook else []
        for receiver in known["receivers"]:
            receiver["webhook_configs"] = hooks
            if to := places.get(receiver["name"]):
                receiver["email_configs"] = [{**receiver["email_configs"][0], "to": to}]
        for route in (known["route"], *known["route"]["routes"]):
            changes = {key: value for key, value in self.routes.items() if key in route}
            route.update(changes | (dict(self.guard) if route["receiver"] == "straznik" else {}))
        return known
