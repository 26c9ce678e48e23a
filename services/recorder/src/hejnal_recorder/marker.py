"""A file in the archive's folder (`.hejnal-archive`) names it. Missing or another name: the disk is not mounted.

An empty folder under a missing mount looks like an archive that lost everything; nothing is written into it, and nothing of the
index is given up for it.
"""

import asyncio
import os
from datetime import datetime
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_recorder.takeover.archive import MARKER, sync_folder
from hejnal_runtime.database import Database
from hejnal_runtime.ids import new_id

_NAME = text("select archive_id from archives")
_INSERT = text("insert into archives (archive_id, named_at) values (:archive_id, :now)")


async def read_name(session: AsyncSession) -> str | None:
    """The archive's name in the index; None before the first start."""
    name: str | None = (await session.execute(_NAME)).scalar_one_or_none()
    return name


async def name_archive(database: Database, archive_dir: Path, now: datetime) -> str:
    """At start: the name the index knows; a new archive is given one, in the index and in its folder."""
    async with database.read() as session:
        name = await read_name(session)
    if name is not None:
        return name
    async with database.transaction() as session:
        await session.execute(text("lock table archives in exclusive mode"))
        name = await read_name(session)
        if name is None:  # no other recorder was faster
            name = new_id()
            await asyncio.to_thread(_write, archive_dir, name)
            await session.execute(_INSERT, {"archive_id": name, "now": now})
    return name


def name_new_folder(archive_dir: Path, name: str) -> None:
    """Give the archive's name to the folder that takes the place of a lost disk; one that bears another name is left alone."""
    if not (archive_dir / MARKER).exists():
        archive_dir.mkdir(parents=True, exist_ok=True)
        _write(archive_dir, name)


def _write(archive_dir: Path, name: str) -> None:
    path = archive_dir / MARKER
    fresh = path.with_suffix(".new")
    with fresh.open("w") as file:
        file.write(name + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(archive_dir)
