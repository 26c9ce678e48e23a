"""Starts each service's image as a cluster would: no rights, nothing writable but /tmp. It must live, answer and end in order.

`make test-images [SERVICES="citizen-api ingest"]` builds them first. Neither Kafka nor PostgreSQL is there: a service that
waits for them answers that it lives (/healthz) and that it is not ready (/readyz names what it waits for). The image of
backups makes one of a real PostgreSQL and restores it. The first image is built a second time, out of a folder that is filled
anew: it must have the same digest. One JSON line per image; exit code 1 when one of them failed.
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path

from hejnal_local.images import IMAGES, JOBS, build, digest, make_base, prepare, usable_tool
from hejnal_local.keys import KeyRing
from hejnal_local.ports import free_ports
from hejnal_local.setup.commands import SetupError
from hejnal_local.workspace import Workspace
from tests.images.backup import try_backup

PREFIX = {
    "citizen-api": "HEJNAL_CITIZEN_",
    "ingest": "HEJNAL_INGEST_",
    "notifier": "HEJNAL_NOTIFIER_",
    "operator-gateway": "HEJNAL_GATEWAY_",
    "recorder": "HEJNAL_RECORDER_",
}
LIVES_WITHIN_S = 60
ENDS_WITHIN_S = 25
NO_RIGHTS = ("--cap-drop=ALL", "--security-opt=no-new-privileges", "--read-only")
LIMITS = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096")


def runner() -> list[str]:
    """The command that starts containers here: docker's, or podman's with the storage that buildah wrote to."""
    if usable_tool() == "docker":
        return ["docker"]
    return ["podman", "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--runtime", "runc"]


def answer(url: str) -> tuple[int, str]:
    """Status and body; status 0 while nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status, response.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")
    except OSError as error:
        return 0, str(error)


def try_image(service: str, name: str, keys: Path) -> dict[str, object]:
    """Start, ask, look inside, end. AssertionError names what is not as it must be."""
    internal, public, nobody = free_ports(3)
    prefix, container = PREFIX[service], f"hejnal-test-{secrets.token_hex(4)}"
    settings = {
        "INTERNAL_HOST": "127.0.0.1",
        "INTERNAL_PORT": str(internal),
        "PUBLIC_HOST": "127.0.0.1",
        "PUBLIC_PORT": str(public),
        "KAFKA_BOOTSTRAP": f"127.0.0.1:{nobody}",
        "DATABASE_URL": f"postgresql+asyncpg://nobody@127.0.0.1:{nobody}/nothing",
        "TOKEN_KEY_FILE": f"/etc/hejnal/tokens/{service}.pem",
        "TRUSTED_JWKS_FILE": "/etc/hejnal/tokens/jwks.json",
        "CREDENTIALS_KEY_FILE": "/etc/hejnal/tokens/at-rest.key",
        "VAPID_KEY_FILE": "/etc/hejnal/tokens/vapid.pem",
    }
    given = [part for key, value in settings.items() for part in ("--env", f"{prefix}{key}={value}")]
    writable = ("--tmpfs", "/tmp:mode=1777", "--volume", "/var/lib/hejnal")  # a volume takes over the owner of its folder
    tool = runner()
    began = time.monotonic()
    process = subprocess.Popen(
        [*tool, "run", "--rm", "--name", container, "--network", "host", *NO_RIGHTS, *LIMITS, *writable,
         "--volume", f"{keys}:/etc/hejnal/tokens:ro", "--workdir", "/var/lib/hejnal", *given, name],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        while answer(f"http://127.0.0.1:{internal}/healthz")[0] != 200:
            assert process.poll() is None, f"it ended by itself: {process.stdout.read()[-2000:] if process.stdout else ''}"
            assert time.monotonic() - began < LIVES_WITHIN_S, "no answer to /healthz"
            time.sleep(0.2)
        lives_s = time.monotonic() - began
        ready, why = answer(f"http://127.0.0.1:{internal}/readyz")
        assert ready == 503, f"ready without Kafka and PostgreSQL: {why}"

        def inside(*command: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run([*tool, "exec", container, *command], capture_output=True, text=True, check=False, timeout=60)

        assert inside("id", "-u").stdout.strip() == "10001"
        assert inside("sh", "-c", "echo x > /opt/hejnal/x").returncode != 0, "its own files are writable"
        assert inside("python3", "-m", "pip", "--version").returncode != 0, "pip is inside"
        sbom = json.loads(inside("cat", "/usr/share/hejnal/sbom.cdx.json").stdout)
        assert sbom["bomFormat"] == "CycloneDX"
        assert len(sbom["components"]) > 10
        ended_at = time.monotonic()
        subprocess.run([*tool, "kill", "--signal", "TERM", container], check=True, capture_output=True, timeout=60)
        code = process.wait(ENDS_WITHIN_S)
        assert code == 0, f"it ended with code {code}: {process.stdout.read()[-2000:] if process.stdout else ''}"
        return {
            "image": name,
            "lives_s": round(lives_s, 1),
            "ends_s": round(time.monotonic() - ended_at, 1),
            "packages": len(sbom["components"]),
        }
    finally:
        if process.poll() is None:
            subprocess.run([*tool, "rm", "--force", container], capture_output=True, check=False, timeout=60)
            process.kill()
            process.wait()


def built_again(workspace: Workspace, service: str, first: str) -> dict[str, object]:
    """A second build of the same commit. AssertionError when it is another image."""
    with tempfile.TemporaryDirectory() as scratch:
        began = time.monotonic()
        name = build(workspace, prepare(workspace, [service], Path(scratch) / "again"), service)
        second = digest(name)
    assert second == first, f"built twice, {name} is {first} and {second}"
    return {"built_twice": name, "digest": second, "took_s": round(time.monotonic() - began, 1)}


def main() -> int:
    """Build and try; exit code 1 when one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("services", nargs="*", metavar="SERVICE")
    services = parser.parse_args().services or list(IMAGES)
    workspace = Workspace.of_this_clone()
    if usable_tool() != "docker" and "IMAGE_BASE" not in os.environ:
        make_base("hejnal-base:local")
        os.environ["IMAGE_BASE"] = "localhost/hejnal-base:local"
    folder = prepare(workspace, services)
    failed, digests = 0, dict[str, str]()
    with tempfile.TemporaryDirectory() as scratch:
        keys = Path(scratch)
        KeyRing(keys).ensure()
        for path in (keys, *keys.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)  # the container's user is another one
        container = (*runner(), "run", "--rm", "--network", "host", *NO_RIGHTS, *LIMITS)

        def build_and_try(service: str) -> dict[str, object]:
            name = build(workspace, folder, service)
            digests[service] = digest(name)
            told = try_backup(container, name) if service in JOBS else try_image(service, name, keys)
            return told | {"digest": digests[service]}

        trials: list[tuple[str, Callable[[], dict[str, object]]]] = [(one, partial(build_and_try, one)) for one in services]
        trials.append(("built twice", lambda: built_again(workspace, services[0], digests[services[0]])))
        for what, trial in trials:
            try:
                result = trial() | {"passed": True}
            except (AssertionError, LookupError, SetupError, subprocess.SubprocessError) as error:
                result, failed = {"image": what, "passed": False, "error": str(error)[-1500:]}, failed + 1
            print(json.dumps(result), flush=True)
    print(f"{len(trials) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
