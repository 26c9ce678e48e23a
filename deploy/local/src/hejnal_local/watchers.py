"""What `make run MONITORING=1` adds: Prometheus with the town's rules, and Alertmanager whose mails arrive at the simulators."""

from dataclasses import dataclass

from hejnal_local import settings as s
from hejnal_local.ports import HOST
from hejnal_local.settings import LocalSettings
from hejnal_local.supervision import Program
from hejnal_local.workspace import Workspace
from hejnal_monitoring.servers import MonitoringServers, Receivers

PROMETHEUS, ALERTMANAGER = "prometheus", "alertmanager"
_INTERNAL_PORTS = {
    "ingest": s.INGEST_PORT,
    "recorder": s.RECORDER_PORT,
    "notifier": s.NOTIFIER_PORT,
    "citizen-api": s.CITIZEN_INTERNAL_PORT,
    "operator-gateway": s.GATEWAY_INTERNAL_PORT,
}


@dataclass(frozen=True, slots=True)
class Watchers:
    """Programs and addresses of the monitoring; empty where it was not switched on."""

    workspace: Workspace
    settings: LocalSettings

    @property
    def on(self) -> bool:
        """Whether they run."""
        return self.settings.is_on(s.MONITORING)

    def names(self) -> tuple[str, ...]:
        """The programs."""
        return (PROMETHEUS, ALERTMANAGER) if self.on else ()

    def prepare(self) -> None:
        """Write their configurations."""
        if self.on:
            self._servers().prepare()

    def programs(self, stop_order: int) -> list[Program]:
        """Prometheus and Alertmanager. Raises MissingProgramError where they are not installed."""
        if not self.on:
            return []
        servers = self._servers()
        return [
            Program(PROMETHEUS, servers.prometheus(), stop_order=stop_order),
            Program(ALERTMANAGER, servers.alertmanager(), stop_order=stop_order),
        ]

    def doors(self) -> dict[str, str]:
        """Where each says that it is ready."""
        if not self.on:
            return {}
        servers = self._servers()
        return {PROMETHEUS: f"{servers.prometheus_url}/-/ready", ALERTMANAGER: f"{servers.alertmanager_url}/-/ready"}

    def welcome(self) -> str:
        """The lines about them."""
        if not self.on:
            return ""
        servers = self._servers()
        return (
            f"\n  Alerts and figures     {servers.prometheus_url}   (Prometheus; dashboards for Grafana: deploy/monitoring)"
            f"\n  Who was told           {servers.alertmanager_url}   (Alertmanager; its mails arrive at the simulators)"
        )

    def _servers(self) -> MonitoringServers:
        port = self.settings.port
        jobs = {job: [f"{HOST}:{port(variable)}"] for job, variable in _INTERNAL_PORTS.items()}
        if self.settings.is_on(s.STANDBY):
            jobs["second-recorder"] = [f"{HOST}:{port(s.STANDBY_PORT)}"]
        return MonitoringServers(
            self.workspace.run / "monitoring",
            port(s.PROMETHEUS_PORT),
            port(s.ALERTMANAGER_PORT),
            jobs,
            Receivers(f"{HOST}:{port(s.SMTP_PORT)}"),
        )
