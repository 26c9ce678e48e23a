"""DKIM against two verifiers that are not ours: dkimpy and the npm package mailauth."""

import base64
import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import dkim
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_adapters import NOW, job

from hejnal_local.workspace import Workspace
from hejnal_notifier.channels.dkim import DkimKey, DkimSigner, load_dkim_keys, make_dkim_key, relaxed_body
from hejnal_notifier.channels.email_message import EmailComposer

DOMAIN = "bugielsk.example"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[DkimKey, ...]:
    folder = tmp_path_factory.mktemp("dkim")
    make_dkim_key(folder / "rsa.pem", "hejnal")
    make_dkim_key(folder / "ed.pem", "hejnal-ed", ed25519_key=True)
    assert (folder / "rsa.pem").stat().st_mode & 0o077 == 0
    return load_dkim_keys({"hejnal": folder / "rsa.pem", "hejnal-ed": folder / "ed.pem"})


def records(keys: tuple[DkimKey, ...]) -> dict[str, str]:
    return {f"{key.selector}._domainkey.{DOMAIN}": key.record() for key in keys}


def by_dkimpy(message: bytes, keys: tuple[DkimKey, ...]) -> list[bool]:
    known = {f"{name}.".encode(): record.encode() for name, record in records(keys).items()}

    def verified(number: int) -> bool:
        try:
            return bool(dkim.DKIM(message).verify(idx=number, dnsfunc=lambda name, timeout=5: known.get(name)))
        except dkim.ValidationError:
            return False

    return [verified(number) for number in range(len(keys))]


def by_mailauth(message: bytes, keys: tuple[DkimKey, ...]) -> list[dict[str, Any]]:
    node = shutil.which("node")
    assert node is not None, "Node is not on the path: the suites put it there"
    answer = subprocess.run(
        [node, str(Workspace.of_this_clone().web / "tooling" / "dkim-verify.mjs")],
        input=json.dumps({"message": base64.b64encode(message).decode(), "records": records(keys)}),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "NODE_OPTIONS": ""},
    )
    return json.loads(answer.stdout)


def composed(keys: tuple[DkimKey, ...], **text: str) -> bytes:
    composer = EmailComposer(f"Hejnał Bugielsk <hejnal@{DOMAIN}>", "Bugielsk", dkim=keys)
    announced = dataclasses.replace(job(**text), unsubscribe_url="https://miasto.example/rezygnacja/abc")
    return composer.compose(announced, NOW)


def test_both_verifiers_accept_both_signatures(keys: tuple[DkimKey, ...]) -> None:
    message = composed(keys, body="Pękła rura.\n\n  Dwie  spacje,\ttabulator i kropka na początku:\n.\n" + "ż" * 3000)
    assert by_dkimpy(message, keys) == [True, True]
    found = by_mailauth(message, keys)
    assert [(one["result"], one["domain"], one["algo"]) for one in found] == [
        ("pass", DOMAIN, "rsa-sha256"),
        ("pass", DOMAIN, "ed25519-sha256"),
    ]
    for one in found:  # RFC 8058 §4
        covered = [name.strip().lower() for name in one["headers"].split(":")]
        assert {"from", "subject", "message-id", "list-unsubscribe", "list-unsubscribe-post"} <= set(covered)
    assert max(len(line) for line in message.split(b"\r\n\r\n")[0].split(b"\r\n")) <= 998


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"rura", b"rurka"),
        (b"Subject: ", b"Subject: x"),
        (b"From: ", b"From: evil@example.com\r\nFrom: "),
        (b"List-Unsubscribe-Post: ", b"List-Unsubscribe: <https://evil.example>\r\nList-Unsubscribe-Post: "),
        (b"/rezygnacja/abc", b"/rezygnacja/abd"),
    ],
)
def test_what_was_changed_on_the_way_is_seen(keys: tuple[DkimKey, ...], before: bytes, after: bytes) -> None:
    message = composed(keys).replace(before, after, 1)
    assert by_dkimpy(message, keys) == [False, False]
    assert {one["result"] for one in by_mailauth(message, keys)} <= {"fail", "neutral", "permerror"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(lines=st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126, include_characters="\t"), max_size=40)))
def test_any_body_and_header_of_another_program_verifies(keys: tuple[DkimKey, ...], lines: list[str]) -> None:
    body = "".join(f"{line}\r\n" for line in lines).encode()
    head = b"From: a@bugielsk.example\r\nTo:  b@example.pl ,\r\n\t c@example.pl\r\nSUBJECT: x   y \r\nX-Other: z"
    message = DkimSigner(DOMAIN, keys).signed(head + b"\r\n\r\n" + body, 1_790_000_000)
    assert by_dkimpy(message, keys) == [True, True]


def test_relaxed_bodies_as_in_the_rfc() -> None:
    assert relaxed_body(b" C \r\nD \t E\r\n\r\n\r\n") == b" C\r\nD E\r\n"
    assert relaxed_body(b"\r\n\r\n") == b""
    assert relaxed_body(b"a") == b"a\r\n"


def test_a_key_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.pem").write_text("nothing")
    with pytest.raises(ValueError, match=r"bad\.pem cannot be read"):
        load_dkim_keys({"hejnal": tmp_path / "bad.pem"})
    with pytest.raises(ValueError, match="no DNS label"):
        load_dkim_keys({"hej nal": tmp_path / "bad.pem"})


@pytest.mark.parametrize(
    ("sender", "name"),
    [
        ("Hejnał Bugielsk <hejnal@bugielsk.example>", "h2027._domainkey.bugielsk.example"),
        ("hejnal@mstów.example", "h2027._domainkey.xn--mstw-sqa.example"),
        (None, "h2027._domainkey.<domain of the sender>"),
    ],
)
def test_the_command_says_where_the_record_goes_beside_its_value(tmp_path: Path, sender: str | None, name: str) -> None:
    environment = {one: value for one, value in os.environ.items() if not one.startswith("HEJNAL_")}
    if sender:
        environment["HEJNAL_NOTIFIER_EMAIL_FROM"] = sender
    command = [sys.executable, "-m", "hejnal_notifier", "dkim-key", "--private", tmp_path / "dkim.pem", "--selector", "h2027"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == load_dkim_keys({"h2027": tmp_path / "dkim.pem"})[0].record() + "\n"
    assert f"TXT record {name} with" in done.stderr
