"""A new key for secrets at rest, while the gateway runs; and no secret of a camera anywhere it does not belong."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from aiokafka import AIOKafkaConsumer, TopicPartition
from gateway_house import Gateway, camera

from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.resealing import SEALED, reseal
from hejnal_gateway.secrets_at_rest import SecretBox
from hejnal_gateway.tables import metadata
from hejnal_runtime.key_file import KeyFile, new_key

NOT_SECRET = {
    "sign_in_throttle.subject", "sessions.token_hash", "audit_entries.previous_hash", "audit_entries.hash", "audit_heads.hash",
    "outbox.value", "passkeys.credential_id", "passkeys.public_key", "recovery_codes.code_hash", "account_setups.token_hash",
    "ceremonies.key_hash",
}  # fmt: skip


def test_every_binary_column_is_a_hash_or_is_resealed() -> None:
    binary = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, sa.LargeBinary)
    }
    assert binary == {column.name for column in SEALED} | NOT_SECRET


def test_the_first_key_seals_and_all_open() -> None:
    old, new = os.urandom(32), os.urandom(32)
    sealed = SecretBox(old).seal("s3cret", "camera-password:cam-1")
    both = SecretBox(new, old)
    assert both.open(sealed, "camera-password:cam-1") == "s3cret"
    anew = both.sealed_anew(sealed, "camera-password:cam-1")
    assert anew is not None
    assert both.sealed_anew(anew, "camera-password:cam-1") is None
    assert SecretBox(new).open(anew, "camera-password:cam-1") == "s3cret"
    for box, purpose in ((SecretBox(new), "camera-password:cam-1"), (both, "camera-password:cam-2")):
        with pytest.raises(ValueError, match="does not open"):
            box.open(sealed, purpose)


def test_a_key_file_is_read_again_and_a_spoilt_one_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    first, second = new_key(), new_key()
    path.write_text(first + "\n")
    file = KeyFile(path)
    path.write_text(f"# since 2026-11\n{second}\n{first}\n")
    assert [base64.b64encode(key).decode() for key in file.read()] == [second, first]
    path.write_text("not a key at all, and long enough to be seen\n")
    assert len(file.read()) == 2
    path.unlink()
    assert len(file.read()) == 2
    for text in ("", "# nothing\n", "c2hvcnQ=\n"):
        path.write_text(text)
        with pytest.raises(ValueError, match="openssl rand"):
            KeyFile(path)


def _set_keys(gateway: Gateway, *keys: str) -> None:
    assert gateway.settings.credentials_key_file is not None
    part = gateway.settings.credentials_key_file.with_suffix(".part")
    part.write_text("\n".join(keys) + "\n")
    part.replace(gateway.settings.credentials_key_file)


async def _password_as_ingest_gets_it(gateway: Gateway, camera_id: str) -> str:
    headers = gateway.keys.issuers["ingest"].headers("operator-gateway")
    url = f"{gateway.internal_url}/internal/v1/cameras/{camera_id}/credentials"
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return str((await answer.json())["password"])


async def test_the_key_changes_while_the_gateway_runs(gateway: Gateway) -> None:
    key_file = gateway.settings.credentials_key_file
    assert key_file is not None
    old, new = key_file.read_text().strip(), new_key()
    await gateway.add_camera("cam-1")
    admin = await gateway.account(Role.ADMIN)
    _set_keys(gateway, old, new)  # every replica learns to open what the others will seal
    assert await _password_as_ingest_gets_it(gateway, "cam-1") == "s3cret"
    _set_keys(gateway, new, old)
    await gateway.add_camera("cam-2")
    settings = gateway.settings
    assert settings.database_url is not None
    environment = os.environ | {
        "HEJNAL_GATEWAY_DATABASE_URL": settings.database_url.get_secret_value(),
        "HEJNAL_GATEWAY_CREDENTIALS_KEY_FILE": str(key_file),
    }
    command = [sys.executable, "-m", "hejnal_gateway", "reseal-secrets"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)
    assert (counts["cameras.password"], counts["accounts.totp_secret"]) == (1, 1), "cam-2 lies under the new key already"
    _set_keys(gateway, new)
    for camera_id in ("cam-1", "cam-2"):
        assert await _password_as_ingest_gets_it(gateway, camera_id) == "s3cret"
    async with gateway.signed_in(credentials=admin):
        pass
    resources = gateway.resources
    again = await reseal(resources.database, SecretBox.load(key_file), resources.clock)
    assert sum(again.values()) == 0
    with pytest.raises(ValueError, match=r"accounts\.totp_secret of .*HEJNAL_GATEWAY_CREDENTIALS_KEY_FILE"):
        await reseal(resources.database, SecretBox(os.urandom(32)), resources.clock)
    async with gateway.signed_in(Role.DPO) as browser:

        async def recorded() -> Any:
            async with browser.get("/api/v1/audit/entries", params={"action": "keys.secrets-resealed"}) as answer:
                return (await answer.json())["items"]

        entries = await gateway.eventually(recorded)
    assert entries[0]["actor_id"] == "command-line"


async def test_a_cameras_account_is_in_no_table_and_no_topic(gateway: Gateway) -> None:
    secret = {"username": "kamera-konto-7f3a", "password": "hasło-kamery-91c2"}
    async with gateway.signed_in(Role.ADMIN) as browser:
        async with browser.post("/api/v1/cameras", json=camera("cam-1") | {"credentials": secret}) as answer:
            assert answer.status == 201
            shown = await answer.text()
        async with browser.put("/api/v1/cameras/cam-1/credentials", json=secret) as answer:
            assert answer.status == 204
        for path in ("/api/v1/cameras/cam-1", "/api/v1/cameras/cam-1/history", "/api/v1/cameras"):
            async with browser.get(path) as answer:
                assert answer.status == 200, path
                shown += await answer.text()
    published = await gateway.eventually(lambda: _published(gateway, at_least=3))
    dump = await _every_row(gateway)
    assert b"cam-1" in dump
    for word in secret.values():
        assert word not in shown
        assert word.encode() not in dump + published
        assert base64.b64encode(word.encode()).rstrip(b"=") not in dump + published


async def _published(gateway: Gateway, *, at_least: int) -> bytes:
    """All messages about cam-1 there are; nothing before there are so many."""
    prefix = gateway.settings.topic_prefix
    consumer = AIOKafkaConsumer(bootstrap_servers=gateway.settings.kafka_bootstrap, group_id=None, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = [
            TopicPartition(prefix + topic, number)
            for topic in ("cameras", "audit")
            for number in range(2)  # as the fixture makes them
        ]
        ends = await consumer.end_offsets(partitions)
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        values: list[bytes] = []
        while any([await consumer.position(one) < ends[one] for one in partitions]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                values += [record.value or b"" for record in records]
    finally:
        await consumer.stop()
    found = [value for value in values if b"cam-1" in value]
    return b"\n".join(values) if len(found) >= at_least else b""


async def _every_row(gateway: Gateway) -> bytes:
    """The whole schema as text, the outbox and what is in binary columns with it."""
    text = b""
    async with gateway.resources.database.read() as session:
        names = (await session.execute(sa.text("select tablename from pg_tables where schemaname = current_schema()"))).scalars()
        for name in names.all():
            rows = (await session.execute(sa.text(f'select * from "{name}"'))).all()
            text += b"\n".join(
                b"|".join(bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode() for value in row)
                for row in rows
            )
    return text
