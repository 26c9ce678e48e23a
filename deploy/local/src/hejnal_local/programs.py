"""The programs of the local town: what runs, with which settings, and in which order it ends."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from hejnal_local import database_roles, kafka, postgres
from hejnal_local import settings as s
from hejnal_local.database_roles import SCHEMAS
from hejnal_local.kafka_security import KafkaSecurity
from hejnal_local.keys import ORGANISATION, KeyRing
from hejnal_local.ports import HOST
from hejnal_local.second_copies import STANDBY, SecondCopies
from hejnal_local.settings import LocalSettings
from hejnal_local.setup.java import find_java
from hejnal_local.supervision import Program
from hejnal_local.watchers import Watchers
from hejnal_local.workspace import Workspace

DATABASE = "hejnal"

# What everything else stands on ends last; who only reads from others ends first.
_ENDS_FIRST, _ENDS_SECOND, _ENDS_LAST = 900, 500, 100


@dataclass(frozen=True, slots=True)
class Service:
    """One of the five services."""

    name: str
    package: str
    prefix: str
    internal_port: s.Variable
    public_port: s.Variable | None = None

    @property
    def schema(self) -> database_roles.ServiceSchema | None:
        """Its place in the database, None if it keeps nothing there."""
        return next((one for one in SCHEMAS if one.service == self.name), None)


SERVICES: tuple[Service, ...] = (
    Service("ingest", "hejnal_ingest", "HEJNAL_INGEST_", s.INGEST_PORT),
    Service("recorder", "hejnal_recorder", "HEJNAL_RECORDER_", s.RECORDER_PORT),
    Service("notifier", "hejnal_notifier", "HEJNAL_NOTIFIER_", s.NOTIFIER_PORT),
    Service("citizen-api", "hejnal_citizen", "HEJNAL_CITIZEN_", s.CITIZEN_INTERNAL_PORT, s.CITIZEN_PORT),
    Service("operator-gateway", "hejnal_gateway", "HEJNAL_GATEWAY_", s.GATEWAY_INTERNAL_PORT, s.GATEWAY_PORT),
)
SERVERS = ("kafka", "postgres")
SIMULATORS = ("cameras", "street-cameras", "sinks")


class Town:
    """Settings, folders and keys of one local town, and the programs made of them."""

    def __init__(self, workspace: Workspace, settings: LocalSettings) -> None:
        self.workspace = workspace
        self.settings = settings
        self.keys = KeyRing(workspace.run / "keys")
        self.second = SecondCopies(workspace, settings, self.keys)
        self.watchers = Watchers(workspace, settings)
        java = find_java()
        self.kafka_installation = kafka.Installation(workspace.cache / "kafka", java[0] if java else "java")
        ports = settings.port(s.KAFKA_PORT), settings.port(s.KAFKA_CONTROLLER_PORT)
        self.kafka_security: KafkaSecurity | None = None
        if settings.is_on(s.KAFKA_SECURITY):
            folder = workspace.run / "keys" / "kafka"
            self.kafka_security = KafkaSecurity(folder, self.keys, ports[0], settings.port(s.KAFKA_INTERNAL_PORT))
        secured = self.kafka_security.secured if self.kafka_security else None
        self.broker = kafka.Broker(self.kafka_installation, workspace.run / "kafka", *ports, secured=secured)
        self.database = postgres.Server(workspace.run / "postgres", settings.port(s.POSTGRES_PORT))

    @property
    def town_folder(self) -> Path:
        """Map, addresses and camera list of the demo town."""
        return self.workspace.run / "town"

    @property
    def accounts_file(self) -> Path:
        """Accounts of the street cameras, read by their simulator."""
        return self.workspace.run / "keys" / "street-cameras.json"

    @property
    def organisations_file(self) -> Path:
        """Organisations that get announcements by webhook, with their secret."""
        return self.workspace.run / "keys" / "organisations.json"

    def organisations(self) -> list[dict[str, object]]:
        """A hospital that wants everything and a school that wants what is a warning: both at the simulators."""
        hooks = f"http://{HOST}:{self.settings.port(s.SINKS_PORT)}/webhooks"
        return [
            {"id": "szpital", "name": "Szpital Powiatowy", "url": f"{hooks}/szpital", "secrets": [self.webhook_secret]},
            {
                "id": "szkola",
                "name": "Szkoła Podstawowa nr 1",
                "url": f"{hooks}/szkola",
                "secrets": [self.webhook_secret],
                "min_severity": "warning",
            },
        ]

    @property
    def webhook_secret(self) -> str:
        """With which the organisations' webhooks are signed."""
        return f"whsec_{self.keys.secret('webhooks')}"

    def street_camera_ids(self) -> list[str]:
        """Ids of the cameras with real footage."""
        return [f"gst-{number:03d}" for number in range(1, self.settings.number(s.STREET_CAMERAS) + 1)]

    def programs(self) -> list[Program]:
        """Everything that is supervised."""
        services = {service.name: self._service(service) for service in SERVICES}
        return [
            Program("kafka", self.broker.command(), stop_order=_ENDS_LAST, stop_wait_s=30),
            Program("postgres", self.database.command(), stop_signal="INT", stop_order=_ENDS_LAST, stop_wait_s=30),
            *([self.second.store(_ENDS_LAST)] if self.second.has_store else []),
            *self._simulators(),
            *services.values(),
            *([self.second.standby(services["recorder"])] if self.second.has_standby else []),
            *self.watchers.programs(_ENDS_SECOND),
        ]

    def environment_of(self, service: Service) -> dict[str, str]:
        """All `HEJNAL_<SERVICE>_…` variables of a service; what the person has set goes first."""
        computed = {**self._common(service), **self._own(service)}
        return {service.prefix + name: value for name, value in computed.items()} | self.settings.for_service(service.prefix)

    def told(self, program: str) -> tuple[Service, dict[str, str]] | None:
        """The service that a program is, and all its variables; None for a program that is no service."""
        first = next((one for one in SERVICES if one.name == program), None)
        if first is not None:
            return first, self.environment_of(first)
        if program == STANDBY and self.second.has_standby:
            recorder = next(one for one in SERVICES if one.name == "recorder")
            return recorder, self.second.standby(self._service(recorder)).environment
        return None

    def internal_url(self, service: str) -> str:
        """Base URL of a service's internal port."""
        found = next(one for one in SERVICES if one.name == service)
        return f"http://{HOST}:{self.settings.port(found.internal_port)}"

    def doors(self) -> dict[str, str]:
        """Where each service and simulator says that it is ready."""
        port = self.settings.port
        doors = {service.name: f"{self.internal_url(service.name)}/readyz" for service in SERVICES}
        doors |= self.second.doors() | self.watchers.doors()
        doors["sinks"] = f"http://{HOST}:{port(s.SINKS_PORT)}/healthz"
        if self.settings.number(s.CAMERAS):
            doors["cameras"] = f"tcp://{HOST}:{port(s.CAMERAS_PORT)}"
        if self.settings.number(s.STREET_CAMERAS):
            doors["street-cameras"] = f"tcp://{HOST}:{port(s.STREET_CAMERAS_PORT)}"
        return doors

    def role_passwords(self) -> dict[str, str]:
        """Password of each database role."""
        return {one.role: self.keys.secret(one.role) for one in SCHEMAS}

    def _service(self, service: Service) -> Program:
        command = [str(self.workspace.python), "-m", service.package, "serve"]
        return Program(service.name, command, self.environment_of(service), stop_order=_ENDS_FIRST)

    def _simulators(self) -> list[Program]:
        python = str(self.workspace.python)
        port = self.settings.port
        cameras = [python, "-m", "hejnal_media.simulator", "--host", HOST, "--port", str(port(s.CAMERAS_PORT))]
        cameras += ["--cameras", self.settings.text(s.CAMERAS), "--cache", str(self.workspace.cache / "clips")]
        street = [
            "/usr/bin/python3",
            str(Path(__file__).with_name("street_cameras.py")),
            "--port",
            str(port(s.STREET_CAMERAS_PORT)),
        ]
        street += ["--footage", str(self.workspace.cache / "footage"), "--accounts", str(self.accounts_file)]
        sinks = [python, "-m", "hejnal_notifier.sinks", "--port", str(port(s.SINKS_PORT)), "--smtp-port", str(port(s.SMTP_PORT))]
        sinks += ["--data", str(self.workspace.run / "sinks"), f"--sms-token={self.keys.secret('sms-token')}"]
        sinks.append(f"--webhook-secret={self.webhook_secret}")
        programs = [Program("sinks", sinks, stop_order=_ENDS_SECOND)]
        if self.settings.number(s.CAMERAS):
            programs.append(Program("cameras", cameras, stop_order=_ENDS_SECOND))
        if self.settings.number(s.STREET_CAMERAS):
            # The distribution's Python must not see our environment's packages.
            programs.append(Program("street-cameras", street, {"PYTHONPATH": "", "PYTHONHOME": ""}, stop_order=_ENDS_SECOND))
        return programs

    def _common(self, service: Service) -> dict[str, str]:
        values = {
            "KAFKA_BOOTSTRAP": self.broker.bootstrap,
            "INTERNAL_HOST": HOST,
            "TOKEN_KEY_FILE": str(self.keys.service(service.name)),
            "TRUSTED_JWKS_FILE": str(self.keys.jwks),
            "LOG_LEVEL": self.settings.text(s.LOG_LEVEL),
            **(self.kafka_security.environment(service.name) if self.kafka_security else {}),
        }
        if service.schema is not None:
            role = service.schema.role
            values["DATABASE_URL"] = database_roles.url_of(
                f"postgresql://{HOST}:{self.settings.port(s.POSTGRES_PORT)}",
                database=DATABASE,
                role=role,
                password=self.keys.secret(role),
                driver="+asyncpg",
            )
        if service.public_port is not None:
            values["PUBLIC_HOST"] = HOST
            values["PUBLIC_URL"] = f"http://localhost:{self.settings.port(service.public_port)}"
        return values

    def _own(self, service: Service) -> dict[str, str]:
        run, web = self.workspace.run, self.workspace.web
        sinks = f"http://{HOST}:{self.settings.port(s.SINKS_PORT)}"
        receipts = f"{self.internal_url('notifier')}/internal/v1/receipts/sms"
        spool = {"SPOOL_DIR": str(run / "spool")}
        match service.name:
            case "ingest":
                return {**spool, "GATEWAY_URL": self.internal_url("operator-gateway")}
            case "recorder":
                return {
                    **spool,
                    "ARCHIVE_DIR": str(run / "archive"),
                    "EXPORTS_DIR": str(run / "exports"),
                    "EXPORT_KEYS_DIR": str(self.keys.evidence),
                    "EXPORT_ORGANISATION": ORGANISATION,
                    "EXPORT_VERIFIER_DIR": str(web / "verifier" / "dist"),
                    **self.second.of_recorder(),
                }
            case "notifier":
                return {
                    "INSTANCE": "local",
                    "STATE_DIR": str(run / "notifier"),
                    "ORGANISATIONS_FILE": str(self.organisations_file),
                    "WEBHOOK_TRUSTED_ORIGINS": json.dumps([sinks]),
                    "VAPID_KEY_FILE": str(self.keys.vapid),
                    "PUSH_TRUSTED_ORIGINS": f'["{sinks}", "{sinks.replace(HOST, "localhost")}"]',
                    "SMTP_HOST": HOST,
                    "SMTP_PORT": self.settings.text(s.SMTP_PORT),
                    "SMTP_SECURITY": "none",
                    "SMS_URL": f"{sinks}/sms.do",
                    "SMS_TOKEN": self.keys.secret("sms-token"),
                    "SMS_RECEIPT_URL": f"{receipts}/{self.keys.secret('sms-receipts')}",
                    "SMS_RECEIPT_SECRET": self.keys.secret("sms-receipts"),
                }
            case "citizen-api":
                return {
                    "SITE_DIR": str(web / "citizen" / "dist"),
                    "PHOTO_DIR": str(run / "photos"),
                    "MAP_FILE": str(self.town_folder / "town.pmtiles"),
                    "NOTIFIER_URL": self.internal_url("notifier"),
                    "VAPID_PUBLIC_KEY_FILE": str(self.keys.vapid_public),
                    "SECRETS_KEY_FILE": str(self.keys.citizen_secrets),
                    "LOOPBACK_PUSH": "true",
                }
            case "operator-gateway":
                return {
                    "STATIC_DIR": str(web / "operator" / "dist"),
                    "MAP_FILE": str(self.town_folder / "town.pmtiles"),
                    "CREDENTIALS_KEY_FILE": str(self.keys.at_rest),
                    "INGEST_URLS": json.dumps([self.internal_url("ingest")]),
                    "RECORDER_URL": self.internal_url("recorder"),
                    "CITIZEN_URL": self.internal_url("citizen-api"),
                    "NOTIFIER_URL": self.internal_url("notifier"),
                    **self.second.of_gateway(),
                }
        raise ValueError(service.name)


def forget(workspace: Workspace, settings: LocalSettings) -> None:
    """Delete the state of the local town. It must not run."""
    Town(workspace, settings).database.forget()
    shutil.rmtree(workspace.run, ignore_errors=True)
