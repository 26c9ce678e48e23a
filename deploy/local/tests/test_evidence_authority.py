"""The key that vouches for evidence keys is in the safe: no container and no Secret has it."""

import base64
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hejnal_local.cluster_secrets import secrets_of
from hejnal_local.compose_secrets import write_secrets
from hejnal_recorder.export.keys import load_keys, rotate_keys


def test_containers_do_not_see_it_and_a_second_run_leaves_it_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("os.chown", lambda *_: None)  # whoever runs the tests owns the files
    folder, evidence = tmp_path / "secrets", tmp_path / "secrets/keys/evidence"
    write_secrets(folder, "Gmina Testowa")
    root = (folder / "ca.key").read_bytes()
    assert (folder / "ca.key").stat().st_mode & 0o777 == 0o600
    shutil.copy2(folder / "ca.key", evidence)  # as an earlier release left it
    (folder / "ca.key").unlink()
    write_secrets(folder, "Gmina Testowa")
    assert (folder / "ca.key").read_bytes() == root
    assert not (evidence / "ca.key").exists()
    (folder / "ca.key").rename(tmp_path / "safe")
    write_secrets(folder, "Gmina Testowa")
    assert not (folder / "ca.key").exists(), "nobody makes another authority"
    assert not (evidence / "ca.key").exists()


def test_a_cluster_gets_what_signs_and_new_keys_after_a_rotation_at_home(tmp_path: Path) -> None:
    def secret() -> dict[str, bytes]:
        found = next(one for one in secrets_of(tmp_path / "keys", "Gmina Test") if one["metadata"]["name"] == "hejnal-evidence")
        return {name: base64.b64decode(value) for name, value in found["data"].items()}

    before = secret()
    assert "ca.key" not in before
    rotate_keys(tmp_path / "keys/evidence", datetime.now(UTC))
    after = secret()
    assert after.keys() == before.keys()
    assert after["ca.pem"] == before["ca.pem"]
    assert after["signing.pem"] != before["signing.pem"]
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    for name, data in after.items():
        (mounted / name).write_bytes(data)
        (mounted / name).chmod(0o600)
    assert load_keys(mounted).root_pem.encode() == before["ca.pem"]
