"""From settings to the object store; opened when it is first needed, for the archive's name comes from the index."""

import asyncio

from hejnal_recorder.marker import read_name
from hejnal_recorder.settings import Settings
from hejnal_recorder.tiers.store import ObjectStore, StorePlace, away
from hejnal_runtime.database import Database


def store_place(settings: Settings) -> StorePlace | None:
    """Where the store is; None when none is configured. ValueError when its keys' files are not named."""
    if settings.store_endpoint is None:
        return None
    if settings.store_access_key_file is None or settings.store_secret_key_file is None:
        raise ValueError("HEJNAL_RECORDER_STORE_ACCESS_KEY_FILE and HEJNAL_RECORDER_STORE_SECRET_KEY_FILE have to be set")
    return StorePlace(
        endpoint=settings.store_endpoint,
        bucket=settings.store_bucket,
        region=settings.store_region,
        access_key_file=settings.store_access_key_file.absolute(),
        secret_key_file=settings.store_secret_key_file.absolute(),
        timeout_s=settings.store_timeout_s,
    )


class Stores:
    """Opens the store once and keeps it."""

    def __init__(self, settings: Settings) -> None:
        self.place = store_place(settings)
        self._open: ObjectStore | None = None

    async def get(self, database: Database) -> ObjectStore | None:
        """The store; None when none is configured. AppError(UNAVAILABLE) while keys or the archive's name are not there."""
        if self.place is None or self._open is not None:
            return self._open
        async with database.read() as session:
            name = await read_name(session)
        try:
            if name is None:
                raise FileNotFoundError("the archive has no name yet")
            self._open = await asyncio.to_thread(ObjectStore.open, self.place, name)
        except OSError as error:
            raise away(error) from error
        return self._open
