"""The command `check [--repair]`: a JSON line per finding, a summary, and an exit code that says how it went."""

import asyncio
import json
import sys
from dataclasses import asdict

from sqlalchemy import text

from hejnal_recorder.check import findings
from hejnal_recorder.finding import Finding
from hejnal_recorder.marker import name_new_folder, read_name
from hejnal_recorder.repair import Repair, looks_unmounted
from hejnal_recorder.resources import SCHEMA
from hejnal_recorder.settings import Settings
from hejnal_recorder.takeover.archive import Archive, is_mounted
from hejnal_recorder.tiers.opening import Stores
from hejnal_recorder.tiers.store import ObjectStore
from hejnal_runtime.clock import Clock, SystemClock
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError

_FILES = text("select count(distinct segment_id) from segments where state <> 'garbage'")

ALL_FITS, LEFT, STOPPED = 0, 1, 3
ROUNDS = 3
"""A repair may bring the next thing to light: a short file, given up, is an orphan that can be adopted."""


async def run_check(
    settings: Settings,
    *,
    camera_id: str | None,
    hashes: bool,
    orphan_age_s: float,
    repair: bool = False,
    archive_is_lost: bool = False,
    clock: Clock | None = None,
) -> int:
    """0 when all fits (now), 1 when something is left, 3 when disk or store look away and nothing was touched.

    With `archive_is_lost` a person vouches that the disk looks away because it is gone: the folder gets the archive's name, and
    what is missing is given up. What is held stays in the index.
    """
    assert settings.database_url is not None
    archive = Archive(settings.archive_dir.absolute(), None)
    database = Database(settings.database_url.get_secret_value(), schema=SCHEMA)
    stores = Stores(settings)
    mender = Repair(database, archive, clock or SystemClock())
    repaired: dict[str, int] = {}
    try:
        async with database.read() as session:
            name = await read_name(session)
        if repair and archive_is_lost and name is not None:
            await asyncio.to_thread(name_new_folder, archive.archive_dir, name)
        if not is_mounted(archive.archive_dir, name):
            sys.stderr.write(f"check: stopped, {archive.archive_dir} is not the archive of this index (is its disk mounted?)\n")
            return STOPPED
        for _ in range(ROUNDS if repair else 1):
            store = await stores.get(database) if name else None
            found, files = await _look(database, archive, store, camera_id=camera_id, hashes=hashes, orphan_age_s=orphan_age_s)
            if repair and not archive_is_lost and looks_unmounted(found, files):
                sys.stderr.write("check: stopped, so many files are missing that the disk looks unmounted\n")
                return STOPPED
            done = [finding for finding in found if repair and await mender.repair(finding)]
            for finding in done:
                repaired[finding.kind] = repaired.get(finding.kind, 0) + 1
            if not done:
                break
            found = [finding for finding in found if finding not in done]
        for finding in found:
            sys.stdout.write(json.dumps(asdict(finding), ensure_ascii=False) + "\n")
    except AppError as error:
        if error.slug != "store-unreachable":
            raise
        sys.stderr.write("check: stopped, the object store does not answer\n")
        return STOPPED
    finally:
        await database.close()
    counts: dict[str, int] = {}
    for finding in found:
        counts[finding.kind] = counts.get(finding.kind, 0) + 1
    parts = [_counted(counts)] if counts else ["all fits"]
    if repaired:
        parts.append(f"repaired {_counted(repaired)}")
    sys.stderr.write(f"check: {'; '.join(parts)}\n")
    return LEFT if counts else ALL_FITS


async def _look(
    database: Database, archive: Archive, store: ObjectStore | None, *, camera_id: str | None, hashes: bool, orphan_age_s: float
) -> tuple[list[Finding], int]:
    """Everything that does not fit, and how many files the index names."""
    async with database.read() as session:
        await session.execute(text("set transaction isolation level repeatable read, read only"))
        await session.execute(text("set idle_in_transaction_session_timeout = 0"))  # reading every byte takes its time
        looking = findings(
            session, archive.archive_dir, camera_id=camera_id, hashes=hashes, orphan_age_s=orphan_age_s, store=store
        )
        found = [finding async for finding in looking]
        files = (await session.execute(_FILES)).scalar_one()
    return found, files


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items()))
