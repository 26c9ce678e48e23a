"""What a start refuses, and what it says."""

import os
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from hejnal_local import launch, readiness
from hejnal_local import settings as s
from hejnal_local.ports import free_ports
from hejnal_local.processes import ProcessId
from hejnal_local.programs import SERVICES, Town
from hejnal_local.settings import LocalSettings
from hejnal_local.workspace import Workspace

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def town(tmp_path: Path) -> Town:
    ports = zip((variable.name for variable in s.PORTS), map(str, free_ports(len(s.PORTS))), strict=True)
    (tmp_path / "run").mkdir()
    return Town(Workspace(ROOT, tmp_path / "run"), LocalSettings.load(tmp_path, dict(ports)))


def test_a_taken_port_is_named_with_the_variable_that_changes_it(town: Town) -> None:
    port = town.settings.port(s.CITIZEN_PORT)
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(launch.LaunchError) as raised:
            launch.Launcher(town, print)._refuse_taken_ports()
    assert f"port {port} (the residents' site and API): choose another with HEJNAL_CITIZEN_PUBLIC_PORT=… in .env" in str(
        raised.value
    )
    assert str(town.settings.port(s.KAFKA_PORT)) not in str(raised.value)
    launch.Launcher(town, print)._refuse_taken_ports()


def test_recording_stops_before_the_disk_is_full(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    halted: list[str] = []
    said: list[str] = []
    launcher = launch.Launcher(town, said.append)
    monkeypatch.setattr(launcher._supervisor, "halt", lambda *names: halted.extend(names))
    launcher._mind_the_disk(launch.LEAST_FREE_BYTES)
    assert halted == []
    launcher._mind_the_disk(launch.LEAST_FREE_BYTES - 1)
    launcher._mind_the_disk(0)
    assert halted == ["ingest"]
    assert len(said) == 1


def test_a_second_start_is_refused(town: Town) -> None:
    ProcessId.of(os.getpid()).write(town.workspace.run / "launcher.process")
    with pytest.raises(launch.LaunchError, match="end it with `make stop`"):
        launch.Launcher(town, print).run()


def test_stop_without_anything_running_says_so(town: Town) -> None:
    said: list[str] = []
    assert launch.stop(town, said.append) == 0
    assert said == ["nothing was running"]


def test_services_get_their_addresses_keys_and_nobody_elses_password(town: Town) -> None:
    town.keys.ensure()
    passwords = town.role_passwords()
    for service in SERVICES:
        environment = town.environment_of(service)
        assert all(name.startswith(service.prefix) for name in environment)
        assert Path(environment[f"{service.prefix}TOKEN_KEY_FILE"]).stat().st_mode & 0o777 == 0o600
        others = [password for role, password in passwords.items() if service.schema is None or role != service.schema.role]
        assert not any(password in value for value in environment.values() for password in others)
    again = Town(town.workspace, town.settings)
    again.keys.ensure()
    assert again.role_passwords() == passwords


class _Door(BaseHTTPRequestHandler):
    answers: list[tuple[int, bytes]]

    def do_GET(self) -> None:
        status, body = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def door() -> Iterator[tuple[str, list[tuple[int, bytes]]]]:
    answers: list[tuple[int, bytes]] = []
    server = HTTPServer(("127.0.0.1", 0), type("Door", (_Door,), {"answers": answers}))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/readyz", answers
    server.shutdown()
    server.server_close()


def test_waiting_tells_the_services_own_reasons(door: tuple[str, list[tuple[int, bytes]]]) -> None:
    url, answers = door
    failing = b'{"checks": {"consumer": "not assigned yet", "database": null}}'
    answers += [(503, failing), (503, failing), (200, b"{}")]
    assert readiness.why_not_ready(url) == "consumer: not assigned yet"
    said: list[str] = []
    readiness.wait_until_ready({"recorder": url}, dict, said.append)
    assert said == ["waiting for: recorder (consumer: not assigned yet)"]


def test_waiting_ends(door: tuple[str, list[tuple[int, bytes]]]) -> None:
    url, answers = door
    answers.append((503, b"not json"))
    with pytest.raises(readiness.NotReadyError, match=r"not ready after 0 s: recorder \(not ready\)"):
        readiness.wait_until_ready({"recorder": url}, dict, print, timeout_s=0)
    with pytest.raises(readiness.NotReadyError, match="recorder cannot be started: it ends at once"):
        readiness.wait_until_ready({"recorder": url}, lambda: {"recorder": "it ends at once"}, print)
    nobody = free_ports(1)[0]
    assert readiness.why_not_ready(f"http://127.0.0.1:{nobody}/readyz") == "not listening yet"
    assert readiness.why_not_ready(f"tcp://127.0.0.1:{nobody}") == "not listening yet"
    assert readiness.why_not_ready(url.replace("http", "tcp").removesuffix("/readyz")) is None


def test_every_program_but_the_servers_is_waited_for(town: Town) -> None:
    town.keys.ensure()
    assert set(town.doors()) == {program.name for program in town.programs()} - {"kafka", "postgres"}


def test_a_secret_is_never_taken_for_an_option(town: Town) -> None:
    town.keys.ensure()
    assert all(town.keys.secret(f"word {number}").isalnum() for number in range(50))


def test_ports_are_not_those_of_outgoing_connections() -> None:
    lowest_outgoing = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports = free_ports(30)
    assert len(set(ports)) == 30
    assert lowest_outgoing <= 21_000 or max(ports) < lowest_outgoing
