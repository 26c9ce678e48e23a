"""SMS through a GSM modem in the town hall: gammu-smsd with files, for the poor and for the blackout.

The daemon takes `OUT…` files from its outbox and moves them to its sent or error folder under the same name, which carries our
delivery's id: so nothing is ever handed over twice, and what became of it can be read after any crash.
Source: the manual of gammu-smsd, "Service files" (FILES backend).
"""

import asyncio
import codecs
import contextlib
import os
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import structlog

from hejnal_contracts.base import Channel
from hejnal_notifier.channels.sms.news import NewsDesk, Receipt, TextMessage
from hejnal_notifier.channels.sms.wording import SmsWording
from hejnal_notifier.delivery import Meaning
from hejnal_notifier.sending.job import Job
from hejnal_notifier.sending.outcome import Accepted, Outcome, Postponed
from hejnal_runtime.clock import Clock
from hejnal_runtime.sms_text import split_text

log = structlog.get_logger()

LOOK_EVERY_S = 2.0
MOST_WAITING = 60
"""A modem sends about ten messages a minute: a longer queue would hold back what is more urgent."""
STUCK_S = 300.0
"""A message that lies in the outbox for so long says that the daemon or the modem has stopped."""

WRITTEN_S = 2.0
"""The daemon writes a long message file by file: it is read when nothing was added to it for so long."""
KEPT_FOR = timedelta(days=3)
"""What was sent or has failed is kept for so long after its expiry: its file name says that it was handed over."""
SWEEP_EVERY_S = 3600.0

_TAKEN_BACK = ".expired"
_OURS = re.compile(
    r"^OUT[A-Z]\d{8}_\d{6}_00_(?P<number>\+?\d+)_(?P<delivery>[0-9a-f]{32})-(?P<expires>\d+)\.txtd?(?P<back>\.expired)?$"
)
_INBOX = re.compile(r"^IN(?P<at>\d{8}_\d{6})_(?P<serial>\w+)_(?P<number>\+?[\w ]+)_(?P<part>\d+)\.txt$")


@dataclass(frozen=True, slots=True)
class Folders:
    """The daemon's folders, on this machine or a share that it and we can write."""

    outbox: Path
    sent: Path
    error: Path
    inbox: Path


class Modem:
    """Hands messages to gammu-smsd and reads what it did."""

    channel = Channel.SMS
    repeat_is_harmless = True
    timeout_s = 10.0

    def __init__(self, folders: Folders, clock: Clock, wording: SmsWording, desk: NewsDesk, *, name: str) -> None:
        self.name = name
        self._folders = folders
        self._wording = wording
        self._desk = desk
        self._clock = clock
        self._swept_at: float | None = None

    async def send(self, job: Job) -> Outcome:
        """Put one message into the outbox, unless the daemon has it already."""
        text = self._wording.of(job)
        try:
            async with asyncio.timeout(self.timeout_s):
                return await asyncio.to_thread(self._put, job, text)
        except TimeoutError:
            return Postponed("timeout", "the modem's folder does not answer", in_doubt=True)
        except OSError as error:
            return Postponed("unreachable", f"{error.strerror}: {error.filename}")

    def _put(self, job: Job, text: str) -> Outcome:
        made = job.created_at.strftime("%Y%m%d_%H%M%S")
        order = "A" if job.urgent else "M"
        name = f"OUT{order}{made}_00_{job.address}_{job.delivery_id.hex}-{int(job.expires_at.timestamp())}.txtd"
        parts = len(split_text(text).parts)
        known = [folder / name for folder in (self._folders.outbox, self._folders.sent, self._folders.error)]
        if any(path.exists() for path in (*known, self._folders.error / f"{name}{_TAKEN_BACK}")):
            return Accepted(name, note="taken by an earlier try", parts=parts, part_ids=(name,))
        waiting = [entry.stat().st_mtime for entry in os.scandir(self._folders.outbox) if entry.name.startswith("OUT")]
        if waiting and self._clock.now().timestamp() - min(waiting) > STUCK_S:
            return Postponed("modem_stuck", "the modem's outbox has not moved for five minutes", retry_after_s=60.0)
        if len(waiting) >= MOST_WAITING:
            return Postponed("modem_busy", f"{len(waiting)} messages wait in its outbox", retry_after_s=30.0)
        unfinished = self._folders.outbox / f".{name}"
        with unfinished.open("w", encoding="utf-16") as file:  # the daemon knows Unicode by its byte order mark
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(self._folders.outbox / name)
        return Accepted(name, parts=parts, part_ids=(name,))

    async def run(self) -> None:
        """Look for what was sent, what failed and what came in."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await self.look()
            except OSError as error:
                log.warning("modem_not_looked_at", provider=self.name, error=repr(error))
            except Exception as error:  # noqa: BLE001 the database is away: the files stay until it is back
                log.warning("modem_news_not_kept", provider=self.name, error=repr(error))

    async def look(self) -> None:
        """One round through the daemon's folders. What a file says is told as long as its part is open."""
        await asyncio.to_thread(self._take_back)
        failed = {path.name.removesuffix(_TAKEN_BACK): path.name for path in await asyncio.to_thread(_files, self._folders.error)}
        for name in sorted(await self._desk.still_open(self.name, failed)):
            if (match := _OURS.match(failed[name])) is not None:
                cause = "expired_at_provider" if match["back"] else "failed_at_provider"
                receipt = Receipt(self.name, name, Meaning.FAILED, cause, match["number"], {"file": failed[name]})
                await self._desk(receipt)
        for path in await asyncio.to_thread(_files, self._folders.inbox):
            match = _INBOX.match(path.name)
            if match is None or match["part"] != "00":
                continue
            text = await asyncio.to_thread(_whole_text, path, self._clock.now().timestamp())
            if text is None:
                continue
            await self._desk(TextMessage(self.name, match["number"].strip(), text, provider_id=path.stem))
            await asyncio.to_thread(_remove_whole, path)
        if self._swept_at is None or self._clock.monotonic() - self._swept_at > SWEEP_EVERY_S:
            await asyncio.to_thread(self._sweep)
            self._swept_at = self._clock.monotonic()

    def _take_back(self) -> None:
        """What has expired in the outbox is put aside, unless the daemon was faster."""
        now = self._clock.now().timestamp()
        for path in _files(self._folders.outbox):
            if (match := _OURS.match(path.name)) is not None and int(match["expires"]) <= now:
                with contextlib.suppress(FileNotFoundError):
                    path.rename(self._folders.error / f"{path.name}{_TAKEN_BACK}")

    def _sweep(self) -> None:
        """Remove our files of long ago."""
        before = (self._clock.now() - KEPT_FOR).timestamp()
        for folder in (self._folders.sent, self._folders.error):
            for path in _files(folder):
                if (match := _OURS.match(path.name)) is not None and int(match["expires"]) < before:
                    path.unlink(missing_ok=True)

    async def close(self) -> None:
        """Nothing is kept open."""


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))


def _parts(first: Path) -> list[Path]:
    stem = first.name.removesuffix("00.txt")
    return sorted(path for path in first.parent.iterdir() if path.name.startswith(stem) and path.suffix == ".txt")


def _whole_text(first: Path, now_s: float) -> str | None:
    """The text of all parts; None while more of them may come."""
    parts = _parts(first)
    if now_s - max(path.stat().st_mtime for path in parts) < WRITTEN_S:
        return None
    return "".join(_text(path.read_bytes()) for path in parts)


def _text(raw: bytes) -> str:
    """The daemon writes Unicode with a byte order mark, or the machine's own encoding."""
    return raw.decode("utf-16" if raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8", "replace")


def _remove_whole(first: Path) -> None:
    for path in reversed(_parts(first)):
        path.unlink(missing_ok=True)
