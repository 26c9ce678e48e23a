"""`deploy/local/setup PROFILE`: have everything that `make check`, `make run`, `make test` or `make test-cluster` needs."""

import argparse
import sys
import time

from hejnal_local import kafka, zipkin
from hejnal_local.setup import footage, go_programs, node, python_environment, system_packages
from hejnal_local.setup.commands import SetupError
from hejnal_local.setup.java import find_java
from hejnal_local.setup.stamps import Stamps
from hejnal_local.workspace import Workspace

PLAN = """\
Hejnał sets itself up in this folder. Besides the system packages named below (if any are missing) it installs
  .venv           the pinned Python packages of requirements.lock
  .cache/kafka    Apache Kafka's jars, by Maven
  .cache/footage  street footage for the simulated cameras
  .cache/conformance  for the tests: an RTSP server that is not ours, from Go modules
  .cache/zipkin   for the tests: Zipkin's server, by Maven
  web/            the front end's npm packages, and the built pages
Everything comes from the package registries your pip, npm, Maven, Go and apt are set to."""


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 when everything is there."""
    parser = argparse.ArgumentParser(prog="deploy/local/setup", description=__doc__)
    parser.add_argument("profile", choices=("check", "run", "test", "cluster"), nargs="?", default="run")
    profile = parser.parse_args(arguments).profile
    workspace = Workspace.of_this_clone()
    stamps = Stamps(workspace.cache / "stamps")
    if not workspace.python.exists():
        print(PLAN, flush=True)
    try:
        install(workspace, stamps, profile)
    except SetupError as error:
        print(f"\nset-up stopped. {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nset-up interrupted; the next start goes on from here", file=sys.stderr)
        return 130
    return 0


def install(workspace: Workspace, stamps: Stamps, profile: str) -> None:
    """All steps of a profile, each only if needed."""
    system_packages.ensure(profile, _say)
    python_environment.ensure(workspace, stamps, _say)
    if profile == "check":
        return
    _ensure_kafka(workspace)
    footage.ensure(workspace, stamps, _say)
    if profile == "test":
        _ensure_zipkin(workspace)
        for program in go_programs.PROGRAMS:
            go_programs.ensure(workspace, stamps, _say, program)
    node.ensure_node(workspace, stamps, _say)
    node.ensure_packages(workspace, stamps, _say)
    node.ensure_clients(workspace, stamps)
    node.ensure_pages(workspace, stamps, _say)


def _ensure_kafka(workspace: Workspace) -> None:
    java = find_java()
    if java is None:
        raise SetupError("Kafka: Java has vanished")
    installation = kafka.Installation(workspace.cache / "kafka", java[0])
    if not installation.is_current():
        _say("fetching Kafka's jars and preparing its class archive")
    try:
        installation.install()
    except (kafka.KafkaError, OSError) as error:
        raise SetupError(f"Kafka: {error}") from error


def _ensure_zipkin(workspace: Workspace) -> None:
    java = find_java()
    if java is None:
        raise SetupError("Zipkin: Java has vanished")
    installation = zipkin.Installation(workspace.cache / "zipkin", java[0])
    if not installation.is_current():
        _say("fetching Zipkin, which the tests send traces to")
    try:
        installation.install()
    except (zipkin.ZipkinError, OSError) as error:
        raise SetupError(f"Zipkin: {error}") from error


_STARTED = time.monotonic()


def _say(text: str) -> None:
    print(f"[{time.monotonic() - _STARTED:6.1f} s] {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
