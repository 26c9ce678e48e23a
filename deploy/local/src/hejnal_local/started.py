"""What the running town was started with. `make restart` gives a service its settings anew and leaves the town where it lies."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hejnal_local import settings as s
from hejnal_local.keys import write_private
from hejnal_local.settings import LocalSettings, read_env_file

_FILE = "started-with.json"


@dataclass(frozen=True, slots=True)
class Started:
    """Ports, switches and numbers of cameras of a start, and what its environment said of the services."""

    town: Mapping[str, str]
    environment: Mapping[str, str]

    @classmethod
    def of(cls, settings: LocalSettings, environment: Mapping[str, str] | None = None) -> "Started":
        """A start with these settings, in this environment (the process's own without one)."""
        around = os.environ if environment is None else environment
        said = {name: value for name, value in around.items() if name not in _FIXED and _is_of_services(name)}
        return cls({name: settings.values[name] for name in _FIXED}, said)

    @classmethod
    def read(cls, run: Path) -> "Started | None":
        """The last start of the town whose state lies in `run`, None where nobody wrote it down."""
        try:
            content = json.loads((run / _FILE).read_text(encoding="utf-8"))
            return cls(content["town"], content["environment"])
        except (OSError, ValueError, KeyError):
            return None

    def write(self, run: Path) -> None:
        """Write it down; its values may be secrets."""
        write_private(run / _FILE, json.dumps({"town": dict(self.town), "environment": dict(self.environment)}, indent=1))

    def settings_now(self, root: Path, environment: Mapping[str, str] | None = None) -> LocalSettings:
        """The town as it was started, and its services as they are wanted now. Raises SettingsError.

        Of a service counts first what the environment says, then `.env`, then what the environment of the start said.
        """
        now = os.environ if environment is None else environment
        given = {**self.environment, **_file_of(root), **now}
        told = {name: value for name, value in given.items() if name not in _FIXED and _is_of_services(name)}
        return LocalSettings.checked({**told, **{name: self.town[name] for name in _FIXED if name in self.town}})

    def waiting(self, root: Path) -> list[str]:
        """What `.env` says otherwise than the town was started with, and what only a new start of the town changes."""
        return sorted(name for name, value in _file_of(root).items() if self.town.get(name, value) != value)


_FIXED = tuple(one.name for one in s.VARIABLES if one is not s.LOG_LEVEL)


def settings_of_running(root: Path, run: Path) -> LocalSettings:
    """Settings with which the running town is looked after; those of the next start where nobody wrote down what it has."""
    started = Started.read(run)
    return LocalSettings.load(root) if started is None else started.settings_now(root)


def _is_of_services(name: str) -> bool:
    return name == s.LOG_LEVEL.name or name.startswith(s.SERVICE_PREFIXES)


def _file_of(root: Path) -> dict[str, str]:
    given = read_env_file(root / ".env")
    s.refuse_unknown(given)
    return given
