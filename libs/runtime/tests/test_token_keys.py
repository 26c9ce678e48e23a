"""A service's token key is changed while others check its tokens."""

import json
import subprocess
import sys

import pytest

from hejnal_runtime.errors import AppError
from hejnal_runtime.tokens import TokenIssuer, TokenVerifier, load_key


def command(*arguments):
    run = [sys.executable, "-m", "hejnal_runtime.token_keys", *map(str, arguments)]
    return subprocess.run(run, capture_output=True, text=True, timeout=60, check=False)


def made(*arguments):
    done = command(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_no_token_is_refused_while_the_key_changes_and_the_old_one_opens_nothing_afterwards(tmp_path):
    key_set, old_file, new_file = tmp_path / "jwks.json", tmp_path / "gateway.pem", tmp_path / "gateway.next.pem"
    old_kid = made("new", "operator-gateway", old_file, key_set)
    verifier = TokenVerifier("recorder", key_set)
    old = TokenIssuer("operator-gateway", load_key(old_file))
    head = old.state("hejnal-audit-head+jws", position=7)
    assert verifier.verify(old.issue("recorder")).service == "operator-gateway"

    new_kid = made("new", "operator-gateway", new_file, key_set)
    assert old_kid != new_kid
    new = TokenIssuer("operator-gateway", load_key(new_file))
    for issuer in (old, new):  # replicas with the old key and with the new one, side by side
        assert verifier.verify(issuer.issue("recorder")).service == "operator-gateway"

    made("retire", old_kid, key_set)
    assert verifier.verify(new.issue("recorder")).subject == "operator-gateway"
    with pytest.raises(AppError, match="valid service token"):
        verifier.verify(old.issue("recorder"))
    assert verifier.statement(head, "hejnal-audit-head+jws")["position"] == 7, "heads of the audit log stay checkable"
    assert made("list", key_set).splitlines()[0].startswith(f"{old_kid}  retired 20")

    made("forget", old_kid, key_set)
    with pytest.raises(ValueError, match="unknown key"):
        verifier.statement(head, "hejnal-audit-head+jws")
    assert verifier.verify(new.issue("recorder")).service == "operator-gateway"
    assert "PRIVATE" not in key_set.read_text()
    assert old_file.stat().st_mode & 0o077 == 0


def test_nobody_is_left_without_a_key_by_a_slip(tmp_path):
    key_set = tmp_path / "jwks.json"
    kid = made("new", "ingest", tmp_path / "ingest.pem", key_set)
    before = key_set.read_text()
    for arguments in (
        ("retire", kid, key_set),
        ("forget", kid, key_set),
        ("retire", "ingest:unknown", key_set),
        ("new", "ingest", tmp_path / "ingest.pem", key_set),
    ):
        refused = command(*arguments)
        assert refused.returncode == 1
        assert refused.stderr.strip()
        assert "Traceback" not in refused.stderr
    assert key_set.read_text() == before
    assert len(json.loads(before)["keys"]) == 1
