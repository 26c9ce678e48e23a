"""Real log lines of every service, from start to end and with Kafka and PostgreSQL away, against the published schema."""

import asyncio
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema
import pytest
import yaml

from hejnal_local.images import SERVICES
from hejnal_local.keys import KeyRing
from hejnal_local.ports import free_ports
from hejnal_local.workspace import Workspace
from tests.images.run import PREFIX

ROOT = Workspace.of_this_clone().root
SCHEMA = json.loads((ROOT / "docs/reference/log-line.schema.json").read_text(encoding="utf-8"))
PASSWORD = "correct-horse-battery"


async def lines_of_a_life(service: str, folder: Path, keys: KeyRing) -> list[str]:
    """What a service says while it starts, lives without Kafka and PostgreSQL, refuses a request, and ends."""
    internal, public, nobody = free_ports(3)
    settings = {
        "INTERNAL_PORT": internal,
        "PUBLIC_PORT": public,
        "KAFKA_BOOTSTRAP": f"127.0.0.1:{nobody}",
        "DATABASE_URL": f"postgresql+asyncpg://nobody:{PASSWORD}@127.0.0.1:{nobody}/nothing",
        "TOKEN_KEY_FILE": keys.service(service),
        "TRUSTED_JWKS_FILE": keys.jwks,
        "CREDENTIALS_KEY_FILE": keys.at_rest,
        "SECRETS_KEY_FILE": keys.citizen_secrets,
        "VAPID_KEY_FILE": keys.vapid,
        "LOG_LEVEL": "DEBUG",
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HEJNAL_")}
    environment |= {PREFIX[service] + name: str(value) for name, value in settings.items()}
    place = folder / service
    place.mkdir()
    with (place / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", SERVICES[service], "serve", env=environment, cwd=place, stdout=log, stderr=log
        )
    try:
        async with asyncio.timeout(200), aiohttp.ClientSession() as http:
            while not await answers(http, f"http://127.0.0.1:{internal}/healthz"):
                assert process.returncode is None, (place / "log").read_text()[-2000:]
                await asyncio.sleep(0.2)
            await answers(http, f"http://127.0.0.1:{internal}/readyz")
            process.terminate()
            await process.wait()
    except TimeoutError:
        raise AssertionError(f"{service} did not live and end in time: {(place / 'log').read_text()[-2000:]}") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return (place / "log").read_text(encoding="utf-8").splitlines()


async def answers(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(url) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_every_line_of_every_service_fits_the_schema_and_tells_no_secret(tmp_path: Path) -> None:
    keys = KeyRing(tmp_path / "keys")
    keys.ensure()
    validator = jsonschema.Draft202012Validator(SCHEMA)
    two_at_a_time = asyncio.Semaphore(2)

    async def life(service: str) -> list[str]:
        async with two_at_a_time:
            return await lines_of_a_life(service, tmp_path, keys)

    said = await asyncio.gather(*(life(service) for service in SERVICES))
    for service, lines in zip(SERVICES, said, strict=True):
        assert lines, f"{service} says nothing"
        for line in lines:
            fields: dict[str, Any] = json.loads(line)
            assert not list(validator.iter_errors(fields)), line
            assert fields["service"] == service
            assert PASSWORD not in line
        assert {"warning", "error"} & {json.loads(line)["level"] for line in lines}, f"{service}: Kafka's absence is not told"


def test_the_schema_names_the_services_there_are() -> None:
    assert sorted(SCHEMA["properties"]["service"]["enum"]) == sorted(SERVICES)


def test_our_events_are_constant_names() -> None:
    """What is counted in Loki must not change with its values."""
    odd = []
    for path in [*ROOT.glob("services/*/src/**/*.py"), *ROOT.glob("libs/*/src/**/*.py")]:
        source = path.read_text(encoding="utf-8")
        if "structlog.get_logger" in source:
            found = re.findall(r"\blog\.(?:debug|info|warning|error|exception|critical)\(\s*([^\s,)]+)", source)
            odd += [f"{path.name}: {name}" for name in found if not re.fullmatch(r'"[a-z][a-z0-9_]*"|event|self\._event', name)]
    assert odd == []


def test_loki_gets_two_labels_and_forgets() -> None:
    alloy = (ROOT / "deploy/monitoring/loki/alloy.config").read_text(encoding="utf-8")
    labels = re.findall(r"stage\.labels \{\s*values = \{([^}]*)\}", alloy)
    assert [sorted(re.findall(r"(\w+)\s*=", one)) for one in labels] == [["level", "service"]]
    read = re.findall(r"expressions = \{([^}]*)\}", alloy)
    assert set(re.findall(r"(\w+)\s*=", read[0])) <= set(SCHEMA["required"]), "Alloy reads what every line has"
    loki = yaml.safe_load((ROOT / "deploy/monitoring/loki/loki.yaml").read_text(encoding="utf-8"))
    assert loki["limits_config"]["retention_period"] == "720h"
    assert loki["compactor"]["retention_enabled"] is True
