"""Backups in a real S3 store: made, verified, restored; a store that is away is said so and nothing looks like a backup."""

import sys
from pathlib import Path

import pytest

from hejnal_backup.errors import BackupError
from hejnal_backup.sealing import read_identities
from hejnal_backup.store import BackupStore
from hejnal_backup.verifying import verify

sys.path.insert(0, str(Path(__file__).parents[3] / "services" / "recorder" / "tests"))

from store_server import BUCKET, StoreServer


async def test_a_backup_in_a_bucket_comes_back_and_a_store_that_is_away_is_said_so(small_town, tmp_path):
    server = StoreServer(tmp_path / "store")
    server.start()
    try:
        place = server.place
        small_town.settings = small_town.settings.model_copy(
            update={
                "target": f"s3://{BUCKET}/town",
                "s3_endpoint": place.endpoint,
                "s3_access_key_file": place.access_key_file,
                "s3_secret_key_file": place.secret_key_file,
            }
        )
        first = await small_town.commands.make()
        await small_town.run("delete from south.echoes")
        second = await small_town.commands.make()
        store = BackupStore(small_town.settings)
        assert [one.backup_id for one in store.manifests()] == [second.backup_id], "one a day stays"
        assert store.size_bytes(f"{first.backup_id}/manifest.json") is None
        assert verify(store, second, read_identities(small_town.identity)) == []
        await small_town.run("drop schema north cascade")
        done = await small_town.commands.restore("latest", small_town.identity)
        assert done.rows == 500
    finally:
        server.stop()

    with pytest.raises(BackupError, match="s3://hejnal-archive/town refused"):
        await small_town.commands.make()
    assert "hejnal_backup_last_attempt_failed 1" in small_town.settings.metrics_file.read_text()
