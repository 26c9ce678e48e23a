"""Whether the services would take what they are going to be told: found before anything is ended or started.

`python -m hejnal_local.service_settings` asks the services' own settings in the environment that they are to get; `refused` runs
it.
"""

import difflib
import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import SettingsError

from hejnal_local.settings import SERVICE_PREFIXES
from hejnal_runtime.settings import ServiceSettings

_TIMEOUT_S = 120
_SHOWN_CHARACTERS = 80
_FIELD = re.compile(r'field "(\w+)"')


class CheckError(RuntimeError):
    """The settings could not be looked at; the text says why."""


def refused(python: Path, packages: Sequence[str], environment: Mapping[str, str], given: Iterable[str]) -> list[str]:
    """Why these services would not start with this environment, one text for each setting; empty where they would.

    `given` are the names that a person wrote: of those also one that no service knows is told. Secrets are never quoted.
    """
    around = {name: value for name, value in os.environ.items() if not name.startswith(SERVICE_PREFIXES)}
    question = json.dumps({"packages": list(packages), "given": sorted(given)})
    command = [str(python), "-m", "hejnal_local.service_settings"]
    try:
        done = subprocess.run(
            command,
            input=question,
            env={**around, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=_TIMEOUT_S,
        )
        answer = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 and done.stdout else None
    except (subprocess.TimeoutExpired, ValueError) as error:
        raise CheckError(f"the services' settings could not be looked at: {error}") from error
    if answer is None:
        raise CheckError(f"the services' settings could not be looked at:\n{done.stderr[-2000:]}")
    return [str(text) for text in answer]


def settings_of(package: str) -> type[ServiceSettings]:
    """A service's own settings class."""
    found = vars(importlib.import_module(f"{package}.settings")).values()
    return next(one for one in found if isinstance(one, type) and issubclass(one, ServiceSettings) and one is not ServiceSettings)


def objections(settings: type[ServiceSettings], given: Iterable[str]) -> list[str]:
    """What is wrong with the present environment for one service."""
    prefix = str(settings.model_config["env_prefix"])
    known = {f"{prefix}{field.upper()}" for field in settings.model_fields}
    texts = [_unknown(name, known) for name in given if name.startswith(prefix) and name.upper() not in known]
    try:
        settings()
    except ValidationError as error:
        for one in error.errors(include_url=False, include_input=False, include_context=False):
            reason = one["msg"].removeprefix("Value error, ")
            texts.append(_wrong(settings, str(one["loc"][0]), reason) if one["loc"] else f"{prefix}…: {reason}")
    except SettingsError as error:
        field = _FIELD.search(str(error))
        texts.append(_wrong(settings, field[1], 'JSON is needed, a list is ["a", "b"]') if field else f"{prefix}…: {error}")
    return texts


def _unknown(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.85)
    return f"{name} is no setting" + (f"; {near[0]} is one" if near else "; docs/reference/settings.md lists them")


def _wrong(settings: type[ServiceSettings], field: str, reason: str) -> str:
    name = f"{settings.model_config['env_prefix']}{field.upper()}"
    value = os.environ.get(name)
    if value is None or field not in settings.model_fields or "Secret" in str(settings.model_fields[field].annotation):
        return f"{name}: {reason}"
    shown = value if len(value) <= _SHOWN_CHARACTERS else f"{value[:_SHOWN_CHARACTERS]}…"
    return f"{name} is {shown!r}: {reason}"


def main() -> int:
    """Answer one question on standard input with a line of JSON."""
    question = json.load(sys.stdin)
    print(json.dumps([text for package in question["packages"] for text in objections(settings_of(package), question["given"])]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
