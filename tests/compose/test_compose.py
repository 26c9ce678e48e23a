"""The Compose file is whole: what it names exists, nothing is secret in it, nothing is open that need not be."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from hejnal_local.compose_secrets import write_secrets
from hejnal_local.images import SERVICES
from hejnal_local.workspace import Workspace
from tests.compose.run import FOLDER, TOWN, ComposeError, in_order, model

ROOT = Workspace.of_this_clone().root
OURS = (*SERVICES, "topics", "migrate-recorder", "migrate-gateway", "migrate-citizen", "migrate-notifier")


@pytest.fixture(scope="module")
def file() -> dict[str, Any]:
    return model(TOWN)


def test_every_setting_it_gives_exists(file: dict[str, Any]) -> None:
    known = set(re.findall(r"`(HEJNAL_[A-Z0-9_]+)`", (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")))
    given = {name for one in file["services"].values() for name in one.get("environment", {}) if name.startswith("HEJNAL_")}
    assert given - known == {"HEJNAL_SECRETS_DIR"}


def test_what_the_town_must_say_is_asked_for() -> None:
    example = (FOLDER / ".env.example").read_text(encoding="utf-8")
    for name in TOWN:
        assert f"\n{name}=\n" in example
        with pytest.raises(ComposeError, match=r"wpisz w \.env"):
            model({key: value for key, value in TOWN.items() if key != name})


def test_jobs_come_before_what_waits_for_them(file: dict[str, Any]) -> None:
    order = in_order(file)
    assert set(order) == set(OURS)
    assert max(order.index(name) for name in OURS if name not in SERVICES) < order.index("recorder")
    for service in SERVICES:
        for before, how in file["services"][service]["depends_on"].items():
            assert how == {"condition": "service_completed_successfully"}, (service, before)


def test_ours_have_no_rights_and_a_health_check(file: dict[str, Any]) -> None:
    for name in (*OURS, "backup", "restore"):
        one = file["services"][name]
        assert one["read_only"] is True
        assert one["cap_drop"] == ["ALL"]
        assert one["security_opt"] == ["no-new-privileges:true"]
        assert "user" not in one, "the image's own, who has no rights"
        assert ("healthcheck" in one) == (name in SERVICES)


def test_a_backup_is_made_when_asked_for_and_holds_every_key(file: dict[str, Any]) -> None:
    backup = file["services"]["backup"]
    assert backup["profiles"] == ["backup"]
    assert "citizen:/var/lib/hejnal:ro" in backup["volumes"]
    kept = {Path(one["target"]).name for one in backup["secrets"] if isinstance(one, dict)}
    keys = {Path(one["file"]).name for one in file["secrets"].values() if one["file"].startswith("secrets/keys/")}
    assert kept == keys
    assert "./secrets/keys/evidence:/etc/hejnal/keys/evidence:ro" in backup["volumes"]


def test_a_restore_is_asked_for_too_and_alone_gets_the_superuser_and_the_private_key(file: dict[str, Any]) -> None:
    restore, backup = file["services"]["restore"], file["services"]["backup"]
    assert restore["profiles"] == ["restore"]
    assert "citizen:/var/lib/hejnal" in restore["volumes"]
    assert restore["environment"]["HEJNAL_BACKUP_TARGET"] == backup["environment"]["HEJNAL_BACKUP_TARGET"]
    alone = {"hejnal_restore_database_url", "restore_identity"}
    for name, one in file["services"].items():
        given = {entry if isinstance(entry, str) else entry["source"] for entry in one.get("secrets", [])}
        assert given & alone == (alone if name == "restore" else set()), name


def test_only_the_doors_face_outside(file: dict[str, Any]) -> None:
    assert file["networks"]["inside"]["internal"] is True
    assert file["services"]["postgres"]["networks"] == file["services"]["kafka"]["networks"] == ["inside"]
    ports = {name: one["ports"] for name, one in file["services"].items() if "ports" in one}
    assert ports == {
        "citizen-api": ["127.0.0.1:8080:8080"],
        "operator-gateway": ["127.0.0.1:8081:8080", "8189:8189/udp"],
    }


def test_prometheus_of_the_same_server_finds_every_service(file: dict[str, Any]) -> None:
    added = yaml.safe_load((FOLDER / "monitoring.yaml").read_text(encoding="utf-8"))["services"]
    assert set(added) == set(SERVICES)
    assert all(file["services"][name]["environment"][f"{_prefix(name)}_INTERNAL_PORT"] == 9000 for name in added)
    asked = yaml.safe_load((ROOT / "deploy/monitoring/prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    targets = {job["job_name"]: job["static_configs"][0]["targets"] for job in asked if job["job_name"] in SERVICES}
    assert {name: [f"{target}:9000" for target in found] for name, found in targets.items()} == {
        name: one["ports"] for name, one in added.items()
    }


def _prefix(service: str) -> str:
    return SERVICES[service].upper()


def test_secrets_are_files_that_the_command_makes(file: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("os.chown", lambda *_: None)  # whoever runs the tests owns the files
    write_secrets(tmp_path / "secrets", "Gmina Testowa")
    first = {path: path.read_bytes() for path in (tmp_path / "secrets").rglob("*") if path.is_file()}
    write_secrets(tmp_path / "secrets", "Gmina Testowa")
    assert first == {path: path.read_bytes() for path in (tmp_path / "secrets").rglob("*") if path.is_file()}, "made once"
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    for one in file["secrets"].values():
        assert (tmp_path / one["file"]).is_file(), one
    used = {
        entry if isinstance(entry, str) else entry["source"]
        for one in file["services"].values()
        for entry in one.get("secrets", [])
    }
    assert used == set(file["secrets"])
    assert "age1" in (tmp_path / "secrets/backup.recipients").read_text(encoding="utf-8")
    url = (tmp_path / "secrets/hejnal_backup_database_url").read_text(encoding="utf-8")
    assert re.fullmatch(r"postgresql://hejnal_backup:\w{48}@postgres:5432/hejnal", url)
    password = (tmp_path / "secrets/postgres_password").read_text(encoding="utf-8")
    url = (tmp_path / "secrets/hejnal_restore_database_url").read_text(encoding="utf-8")
    assert url == f"postgresql://postgres:{password}@postgres:5432/hejnal"
    assert (tmp_path / "secrets/restore.identity").read_bytes() == b"", "the private key lies in the safe"
    roles = (tmp_path / "secrets/postgres_roles.sql").read_text(encoding="utf-8")
    for schema in ("recorder", "gateway", "citizen", "notifier"):
        url = (tmp_path / f"secrets/hejnal_{schema}_database_url").read_text(encoding="utf-8")
        password = re.search(rf"hejnal_{schema}:(\w{{48}})@postgres:5432/hejnal$", url)
        assert password is not None
        assert f"CREATE ROLE hejnal_{schema} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '{password[1]}'" in roles
    environment = [value for one in file["services"].values() for value in one.get("environment", {}).values()]
    assert not [value for value in environment if re.search(r"://\w+:\w+@", str(value))], "no password in a variable"


def test_who_is_not_root_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(PermissionError, match="sudo"):
        write_secrets(tmp_path / "secrets", "Gmina Testowa")
    assert not (tmp_path / "secrets").exists()
