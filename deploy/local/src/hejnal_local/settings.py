"""What the local town can be told: variables of the environment or, after it, of `.env`. Standard library only."""

import difflib
import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(r"^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$")


class SettingsError(ValueError):
    """A variable has a value that cannot be used; the text names it."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable, its default and what it is for."""

    name: str
    default: str
    meaning: str
    is_port: bool = False


def _port(name: str, default: int, meaning: str) -> Variable:
    return Variable(name, str(default), meaning, is_port=True)


CITIZEN_PORT = _port("HEJNAL_CITIZEN_PUBLIC_PORT", 8080, "the residents' site and API")
GATEWAY_PORT = _port("HEJNAL_GATEWAY_PUBLIC_PORT", 8081, "the operators' console and API")
SINKS_PORT = _port("HEJNAL_SINKS_PORT", 8082, "the page that shows which e-mails, SMS and pushes arrived")
SMTP_PORT = _port("HEJNAL_SMTP_PORT", 12525, "the simulated mail server")
KAFKA_PORT = _port("HEJNAL_KAFKA_PORT", 19092, "Kafka")
KAFKA_CONTROLLER_PORT = _port("HEJNAL_KAFKA_CONTROLLER_PORT", 19093, "Kafka's controller")
KAFKA_INTERNAL_PORT = _port("HEJNAL_KAFKA_INTERNAL_PORT", 19095, "the secured Kafka's administrator, where it is switched on")
POSTGRES_PORT = _port("HEJNAL_POSTGRES_PORT", 15432, "PostgreSQL")
CAMERAS_PORT = _port("HEJNAL_CAMERAS_PORT", 18554, "the simulated cameras (RTSP)")
STREET_CAMERAS_PORT = _port("HEJNAL_STREET_CAMERAS_PORT", 18555, "the simulated cameras with real street footage (RTSP)")
INGEST_PORT = _port("HEJNAL_INGEST_INTERNAL_PORT", 18090, "ingest: relay, spool, health, metrics")
RECORDER_PORT = _port("HEJNAL_RECORDER_INTERNAL_PORT", 18091, "recorder: playback, health, metrics")
NOTIFIER_PORT = _port("HEJNAL_NOTIFIER_INTERNAL_PORT", 18092, "notifier: one-time codes, health, metrics")
CITIZEN_INTERNAL_PORT = _port("HEJNAL_CITIZEN_INTERNAL_PORT", 18093, "citizen-api: staff API, health, metrics")
GATEWAY_INTERNAL_PORT = _port("HEJNAL_GATEWAY_INTERNAL_PORT", 18094, "operator-gateway: credentials of cameras, health, metrics")
STANDBY_PORT = _port("HEJNAL_STANDBY_PORT", 18095, "the second recorder, where it is switched on")
S3_PORT = _port("HEJNAL_S3_PORT", 18100, "the S3 store, where it is switched on: this port and the seven behind it")
PROMETHEUS_PORT = _port("HEJNAL_PROMETHEUS_PORT", 19090, "Prometheus, where monitoring is switched on")
ALERTMANAGER_PORT = _port("HEJNAL_ALERTMANAGER_PORT", 19094, "Alertmanager, where monitoring is switched on")

CAMERAS = Variable("HEJNAL_CAMERAS", "6", "simulated cameras with drawn pictures; `make run CAMERAS=190` goes first")
STREET_CAMERAS = Variable("HEJNAL_STREET_CAMERAS", "2", "simulated cameras with real street footage, at most 3")
STANDBY = Variable("HEJNAL_STANDBY", "0", "1: a second recorder keeps a second copy; `make run STANDBY=1` goes first")
S3 = Variable("HEJNAL_S3", "0", "1: an S3 store, to which footage older than a day moves; `make run S3=1` goes first")
KAFKA_SECURITY = Variable(
    "HEJNAL_KAFKA_SECURITY",
    "0",
    "1: Kafka with TLS, a user per service and only its topics; `make run KAFKA_SECURITY=1` goes first",
)
MONITORING = Variable("HEJNAL_MONITORING", "0", "1: Prometheus and Alertmanager; `make run MONITORING=1` goes first")
LOG_LEVEL = Variable("HEJNAL_LOG_LEVEL", "INFO", "of every service: DEBUG (what libraries say, too), INFO, WARNING or ERROR")

VARIABLES: tuple[Variable, ...] = (
    CITIZEN_PORT,
    GATEWAY_PORT,
    SINKS_PORT,
    SMTP_PORT,
    KAFKA_PORT,
    KAFKA_CONTROLLER_PORT,
    KAFKA_INTERNAL_PORT,
    POSTGRES_PORT,
    CAMERAS_PORT,
    STREET_CAMERAS_PORT,
    INGEST_PORT,
    RECORDER_PORT,
    NOTIFIER_PORT,
    CITIZEN_INTERNAL_PORT,
    GATEWAY_INTERNAL_PORT,
    STANDBY_PORT,
    S3_PORT,
    PROMETHEUS_PORT,
    ALERTMANAGER_PORT,
    CAMERAS,
    STREET_CAMERAS,
    STANDBY,
    S3,
    KAFKA_SECURITY,
    MONITORING,
    LOG_LEVEL,
)
PORTS: tuple[Variable, ...] = tuple(variable for variable in VARIABLES if variable.is_port)
SERVICE_PREFIXES = tuple(f"HEJNAL_{name}_" for name in ("INGEST", "RECORDER", "NOTIFIER", "CITIZEN", "GATEWAY"))
OF_THE_ENVIRONMENT = ("HEJNAL_CHROMIUM", "HEJNAL_PYTHON", "HEJNAL_RUN_DIR")
S3_PORTS = 8
MOST_CAMERAS = 1000
MOST_STREET_CAMERAS = 3


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """Every variable with its value; what is meant for one service is handed on to it as it is."""

    values: Mapping[str, str]

    @classmethod
    def load(cls, root: Path, environment: Mapping[str, str] | None = None) -> "LocalSettings":
        """Defaults, then `.env` in the clone, then the environment. Raises SettingsError for what cannot be used."""
        from_file = read_env_file(root / ".env")
        refuse_unknown(from_file)
        return cls.checked({**from_file, **(os.environ if environment is None else environment)})

    @classmethod
    def checked(cls, given: Mapping[str, str]) -> "LocalSettings":
        """Defaults and, before them, what of `given` is ours. Raises SettingsError."""
        values = {variable.name: variable.default for variable in VARIABLES}
        values |= {name: value for name, value in given.items() if name in values or name.startswith(SERVICE_PREFIXES)}
        settings = cls(values)
        settings._check()
        return settings

    def port(self, variable: Variable) -> int:
        """A port as a number."""
        return int(self.values[variable.name])

    def number(self, variable: Variable) -> int:
        """A count as a number."""
        return int(self.values[variable.name])

    def is_on(self, variable: Variable) -> bool:
        """Whether a switch is on."""
        return self.values[variable.name] == "1"

    def ports(self) -> list[tuple[int, Variable]]:
        """Every port that will be listened on, and the variable that chooses it."""
        of_switches = (STANDBY_PORT, S3_PORT, KAFKA_INTERNAL_PORT, PROMETHEUS_PORT, ALERTMANAGER_PORT)
        needed = [(self.port(one), one) for one in PORTS if one not in of_switches]
        if self.is_on(STANDBY):
            needed.append((self.port(STANDBY_PORT), STANDBY_PORT))
        if self.is_on(KAFKA_SECURITY):
            needed.append((self.port(KAFKA_INTERNAL_PORT), KAFKA_INTERNAL_PORT))
        if self.is_on(MONITORING):
            needed += [(self.port(one), one) for one in (PROMETHEUS_PORT, ALERTMANAGER_PORT)]
        if self.is_on(S3):
            needed += [(self.port(S3_PORT) + number, S3_PORT) for number in range(S3_PORTS)]
        return needed

    def text(self, variable: Variable) -> str:
        """A value as it was given."""
        return self.values[variable.name]

    def with_value(self, variable: Variable, value: str) -> "LocalSettings":
        """The same settings with one other value."""
        changed = LocalSettings({**self.values, variable.name: value})
        changed._check()
        return changed

    def for_service(self, prefix: str) -> dict[str, str]:
        """What was given for one service, by the prefix of its variables."""
        return {name: value for name, value in self.values.items() if name.startswith(prefix)}

    def _check(self) -> None:
        seen: dict[int, str] = {}
        for switch in (STANDBY, S3, KAFKA_SECURITY, MONITORING):
            self._whole(switch, 0, 1)
        for variable in PORTS:
            self._whole(variable, 1, 65535 - S3_PORTS if variable is S3_PORT else 65535)
        for port, variable in self.ports():
            if port in seen:
                raise SettingsError(f"{variable.name} and {seen[port]} are both {port}: each needs a port of its own")
            seen[port] = variable.name
        self._whole(CAMERAS, 0, MOST_CAMERAS)
        self._whole(STREET_CAMERAS, 0, MOST_STREET_CAMERAS)
        for name, value in self.values.items():
            if name.endswith("_LOG_LEVEL") and value.upper() not in logging.getLevelNamesMapping():
                raise SettingsError(f"{name} is {value!r}: DEBUG, INFO, WARNING or ERROR is needed")

    def _whole(self, variable: Variable, lowest: int, highest: int) -> int:
        text = self.values[variable.name]
        if not text.isdecimal() or not lowest <= int(text) <= highest:
            raise SettingsError(f"{variable.name} is {text!r}: a number from {lowest} to {highest} is needed")
        return int(text)


def refuse_unknown(given: Mapping[str, str]) -> None:
    """Raise SettingsError for a name of ours that nobody reads: it is a slip of the pen. Services know their own names."""
    ours = [one.name for one in VARIABLES]
    for name in given:
        if name.startswith("HEJNAL_") and name not in ours and not name.startswith(SERVICE_PREFIXES):
            near = difflib.get_close_matches(name, [*ours, *SERVICE_PREFIXES], n=1)
            hint = f"do you mean {near[0]}{'…' if near[0].endswith('_') else ''}?" if near else ".env.example shows what is read"
            if name in OF_THE_ENVIRONMENT:
                hint = "it is read from the environment only"
            raise SettingsError(f"{name} in .env is no setting: {hint}")


def read_env_file(path: Path) -> dict[str, str]:
    """NAME=value lines; `#` begins a comment line, quotes around a value are taken off. A missing file is an empty one."""
    if not path.exists():
        return {}
    values: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _LINE.match(line)
        if found is None:
            raise SettingsError(f"{path.name}, line {number}: expected NAME=value")
        name, value = found.groups()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        else:
            value = re.sub(r"\s+#.*$", "", value)
        values[name] = value
    return values


def example() -> str:
    """The text of `.env.example`."""
    lines = [
        "# Copy to .env and change what you need; every line is optional and shows its default. The environment goes first.",
        "# Ports are opened on 127.0.0.1 only. What is changed here holds from the next `make run` on, settings of a service and",
        "# HEJNAL_LOG_LEVEL from its next `make restart PROGRAM=notifier` on.",
        "",
    ]
    lines += [f"# {variable.meaning}\n#{variable.name}={variable.default}" for variable in VARIABLES]
    lines += [
        "",
        "# Any other setting of a service can be given too, by its name in docs/reference/settings.md, for example:",
        "#HEJNAL_RECORDER_DEFAULT_KEEP_DAYS=7",
        "",
        "# Not here but in the environment: a Chromium or a Python with another name or place, for tests and for the set-up:",
        "#   HEJNAL_CHROMIUM=/usr/bin/chromium make test",
        "#   HEJNAL_PYTHON=/usr/bin/python3.11 make run",
    ]
    return "\n".join(lines) + "\n"
