"""The loop that works on exports: one worker process at a time, resumed after any crash, ended when it is cancelled."""

import asyncio
import contextlib
import errno
import json
import os
import shutil
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from hejnal_recorder import metrics
from hejnal_recorder.export import jobs
from hejnal_recorder.export.jobs import Export
from hejnal_recorder.export.keys import KeysError, load_keys
from hejnal_recorder.export.planning import make_plan
from hejnal_recorder.export.work import JOB, PACKAGE, Job, Result
from hejnal_recorder.marker import read_name
from hejnal_recorder.settings import Settings
from hejnal_recorder.tiers.opening import store_place
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError, is_transient
from hejnal_runtime.ids import new_id
from hejnal_runtime.waiting import wait_for

log = structlog.get_logger()

HEARTBEAT_S = 2.0
KILLED_WITHIN_S = 10.0
TIDY_S = 60.0
LINE_BYTES = 1 << 20


class ExportRunner:
    """Claims jobs, has them done, keeps their folders in order."""

    def __init__(self, database: Database, settings: Settings, clock: Clock, *, interval_s: float = 2.0) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._interval_s = interval_s
        self._worker = new_id()
        self._folders = settings.exports_dir.absolute()

    async def run(self) -> None:
        """For ever; trouble is logged and tried again."""
        tidied_at = float("-inf")
        while True:
            pause_s = self._interval_s
            try:
                if await self.work_on_one():
                    pause_s, tidied_at = 0.0, float("-inf")
                elif self._clock.monotonic() - tidied_at >= TIDY_S:
                    await self.tidy()
                    tidied_at = self._clock.monotonic()
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("exports_interrupted", error=repr(error))
            await asyncio.sleep(pause_s)

    async def work_on_one(self) -> bool:
        """Claim a job and bring it to an end; False when none waits."""
        if self._settings.export_keys_dir is None:
            return False
        async with self._database.transaction() as session:
            export = await jobs.claim(session, self._worker, self._clock.now())
        if export is None:
            return False
        log.info("export_started", export_id=export.export_id, attempt=export.attempts)
        if export.attempts > jobs.MOST_ATTEMPTS:
            await self._fail(export, "worker-died", "Making the package broke off again and again. The recorder's log says more.")
            return True
        try:
            folder = await self._prepare(export)
        except AppError as error:
            await self._fail(export, error.slug, error.detail)
            return True
        except OSError as error:
            failure = "disk-full" if error.errno == errno.ENOSPC else "io-error"
            await self._fail(export, failure, "The export's folder cannot be written.")
            return True
        except BaseException:
            await self._give_back(export)
            raise
        await self._work(export, folder)
        return True

    async def tidy(self) -> None:
        """Expire packages, remove folders that belong to no job, watch the keys' end."""
        async with self._database.transaction() as session:
            kept = await jobs.expire(session, self._clock.now())
        await asyncio.to_thread(self._remove_others, kept)
        if self._settings.export_keys_dir is not None:
            try:
                keys = await asyncio.to_thread(load_keys, self._settings.export_keys_dir)
                metrics.EXPORT_KEYS_END.set(keys.ends_at.timestamp())
            except KeysError as error:
                metrics.EXPORT_KEYS_END.set(0)
                log.warning("export_keys_unusable", error=str(error))

    async def _prepare(self, export: Export) -> Path:
        """The job's folder with what the worker has to know; a plan that is there stays as it is."""
        folder = self._folders / export.export_id
        if (folder / JOB).exists():
            return folder
        settings = self._settings
        assert settings.export_keys_dir is not None
        async with self._database.read() as session:
            plan = await make_plan(
                session,
                export.order(),
                list(export.cameras),
                organisation=settings.export_organisation,
                longest_bytes=settings.export_file_bytes,
            )
            name = await read_name(session)
        job = Job(
            plan=plan,
            archive_dir=settings.archive_dir.absolute(),
            archive_name=name or "",
            store=store_place(settings),
            keys_dir=settings.export_keys_dir.absolute(),
            tsa_url=settings.export_tsa_url,
            tsa_anchor=settings.export_tsa_anchor,
            verifier_dir=settings.export_verifier_dir,
            longest_file_bytes=settings.export_file_bytes,
            reserve_bytes=settings.export_reserve_bytes,
        )
        await asyncio.to_thread(_write_job, folder, job)
        return folder

    async def _work(self, export: Export, folder: Path) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HEJNAL_")}  # no secrets go along
        environment["TMPDIR"] = str(folder)  # c2pa puts a copy of the file there; /tmp may be memory
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "hejnal_recorder.export.work", str(folder),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=environment, limit=LINE_BYTES,
            )  # fmt: skip
        except BaseException:  # stopped meanwhile, or no process to be had: the job is nobody's again
            with contextlib.suppress(Exception):
                await self._give_back(export)
            raise
        progress: dict[str, Any] = {"stage": export.stage or "reading", "done_bytes": 0, "total_bytes": 0}
        listening = asyncio.create_task(_listen(process, progress))
        try:
            with metrics.EXPORT_SECONDS.time():
                while not (await asyncio.wait({listening}, timeout=HEARTBEAT_S))[0]:
                    if not await self._keep(export, progress):
                        log.info("export_taken_away", export_id=export.export_id)  # cancelled, or another worker has it
                        return
            outcome = listening.result()
        except BaseException:
            await _end(process)
            with contextlib.suppress(Exception):
                await self._give_back(export)
            raise
        finally:
            listening.cancel()
            await _end(process)
        await self._conclude(export, outcome)

    async def _keep(self, export: Export, progress: dict[str, Any]) -> bool:
        try:
            async with self._database.transaction() as session:
                return await jobs.keep(session, export.export_id, self._worker, self._clock.now(), progress)
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("export_heartbeat_failed", export_id=export.export_id, error=repr(error))
            return True  # the work goes on; who claims it meanwhile finds the folder locked

    async def _conclude(self, export: Export, outcome: dict[str, Any] | None) -> None:
        if outcome is None:
            log.warning("export_worker_died", export_id=export.export_id, attempt=export.attempts)
            async with self._database.transaction() as session:
                await jobs.release(session, export.export_id, self._worker, counted=True)
        elif "finished" in outcome:
            now = self._clock.now()
            expires_at = now + timedelta(days=self._settings.export_keep_days)
            result = Result.model_validate(outcome["finished"])
            async with self._database.transaction() as session:
                done = await jobs.finish(session, export.export_id, self._worker, result, now=now, expires_at=expires_at)
            metrics.EXPORTS.labels("finished" if done else "taken_away").inc()
            log.info("export_finished", export_id=export.export_id, size_bytes=result.size_bytes, stamped=result.stamped)
        elif outcome["failed"] == "busy":
            await self._give_back(export)
            await asyncio.sleep(self._interval_s)
        else:
            await self._fail(export, outcome["failed"], outcome["detail"])

    async def _fail(self, export: Export, failure: str, detail: str) -> None:
        log.warning("export_failed", export_id=export.export_id, failure=failure, detail=detail)
        async with self._database.transaction() as session:
            await jobs.fail(session, export.export_id, self._worker, failure, detail, self._clock.now())
        metrics.EXPORTS.labels("failed").inc()

    async def _give_back(self, export: Export) -> None:
        async with self._database.transaction() as session:
            await jobs.release(session, export.export_id, self._worker, counted=False)

    def _remove_others(self, kept: set[str]) -> None:
        """Folders of jobs that are over, except finished packages. Only folders that we made: they hold a job file."""
        for folder in self._folders.iterdir() if self._folders.exists() else ():
            if folder.name not in kept and folder.is_dir() and (folder / JOB).exists():
                shutil.rmtree(folder, ignore_errors=True)


def package_path(settings: Settings, export_id: str) -> Path:
    """Where a finished package lies."""
    return settings.exports_dir.absolute() / export_id / PACKAGE


async def _listen(process: asyncio.subprocess.Process, progress: dict[str, Any]) -> dict[str, Any] | None:
    """What the worker says last: finished or failed; None when it ended without a word."""
    assert process.stdout is not None
    outcome = None
    async for line in process.stdout:
        said = json.loads(line)
        if "stage" in said:
            progress.update(said)
        else:
            outcome = said
    return outcome


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    with contextlib.suppress(TimeoutError):
        await wait_for(process.wait(), KILLED_WITHIN_S)


def _write_job(folder: Path, job: Job) -> None:
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    part = folder / f"{JOB}.part"
    with part.open("w", encoding="utf-8") as file:
        file.write(job.model_dump_json())
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / JOB)
