"""Going back: the last release's own programs, taken from this clone's history, serve residents on this code's database."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hejnal_contracts.topics import BY_NAME
from hejnal_local import releases
from hejnal_local.workspace import Workspace
from tests.privacy.test_erasure import Resident
from tests.privacy.town import running_services, until

ROOT = Workspace.of_this_clone().root
LAST = releases.read(ROOT)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def last_release(tmp_path_factory: pytest.TempPathFactory) -> str:
    """PYTHONPATH of the last release's programs."""
    folder = tmp_path_factory.mktemp("last-release")
    command = ["git", "-C", str(ROOT), "archive", LAST["commit"], "libs", "services"]
    done = subprocess.run(command, check=False, capture_output=True, timeout=60)
    if done.returncode != 0:
        which = f"the last release ({LAST['version']}, {LAST['commit'][:12]})"
        pytest.fail(
            f"{which} is not in this clone's history, so that nobody knows whether one can go back to it: "
            "fetch the whole history with `git fetch --unshallow`"
        )
    subprocess.run(["tar", "--extract", "--directory", folder], input=done.stdout, check=True, timeout=60)
    return os.pathsep.join(sorted(str(path) for pattern in ("libs/*/src", "services/*/src") for path in folder.glob(pattern)))


def where(module: str) -> Path:
    """Where a program started now would take a module from."""
    command = [sys.executable, "-c", f"import {module}; print({module}.__file__)"]
    return Path(subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip())


async def test_the_last_release_tells_residents_on_the_new_database(
    last_release, make_database, make_topics, kafka_bootstrap, tmp_path, monkeypatch
):
    urls = {schema: make_database(schema) for schema in ("citizen", "notifier")}  # migrated by this code
    prefix = await make_topics(*BY_NAME, partitions=2)
    monkeypatch.setenv("PYTHONPATH", last_release)
    for module in ("hejnal_citizen", "hejnal_notifier", "hejnal_runtime", "hejnal_contracts"):
        assert ROOT not in where(module).parents, "the present code was about to be tested as the last release"

    async with running_services(
        tmp_path, citizen_url=urls["citizen"], notifier_url=urls["notifier"], bootstrap=kafka_bootstrap, prefix=prefix
    ) as town:
        anna = Resident(town)
        try:
            proof = await anna.prove("/sign-in/codes", "anna@example.pl", "email")
            await anna.call("POST", "/sign-in/sessions", proof)
            wish = {"categories": ["water"], "channels": ["email"]}
            await anna.call("PUT", "/me/subscription", {"filters": [wish]})
            body = {
                "category": "water",
                "severity": "warning",
                "texts": {"pl": {"title": "Po cofnięciu wersji", "body": "Nie ma wody."}},
                "area": {"kind": "town"},
                "valid_until": (datetime.now(UTC) + timedelta(hours=4)).isoformat(),
                "channels": ["email"],
            }
            await town.staff("POST", "/announcements", body, role="editor")

            async def told() -> bool:
                return any("Po cofnięciu wersji" in one["subject"] for one in await town.arrived("email", "anna@example.pl"))

            await until(told, "the announcement by the last release", timeout_s=120)
        finally:
            await anna.http.close()
