"""SMS through a GSM modem in the town hall: gammu-smsd with files, for the poor and for the blackout.

The daemon takes `OUT…` files from its outbox and moves them to its sent or error folder under the same name, which carries our
delivery's id: so nothing is ever handed over twice, and what became of it can be read after any crash.
Source: the manual of gammu-smsd, "Service files" (FILES backend).
"""

import asyncio
import codecs
import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from hejnal_contracts.base import Channel
from hejnal_notifier import metrics
from hejnal_notifier.channels.sms.news import News, Receipt, TextMessage
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

_OURS = re.compile(r"^OUT[A-Z]\d{8}_\d{6}_00_(?P<number>\+?\d+)_(?P<delivery>[0-9a-f]{32})-(?P<expires>\d+)\.txtd?$")
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

    def __init__(
        self, folders: Folders, clock: Clock, wording: SmsWording, news: Callable[[News], Awaitable[None]], *, name: str
    ) -> None:
        self.name = name
        self._folders = folders
        self._wording = wording
        self._news = news
        self._told: set[str] = set()
        self._clock = clock

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
        for folder in (self._folders.outbox, self._folders.sent, self._folders.error):
            if (folder / name).exists():
                return Accepted(name, note="taken by an earlier try", part_ids=(name,))
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
        parts = len(split_text(text).parts)
        metrics.SMS_PARTS.labels(self.name).inc(parts)
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
        """One round through the daemon's folders. A file is removed when what it says is kept."""
        for path in await asyncio.to_thread(_files, self._folders.error):
            if (match := _OURS.match(path.name)) is not None and path.name not in self._told:
                await self._failed(path, match["number"], "failed_at_provider")
                self._told.add(path.name)
        now = self._clock.now().timestamp()
        for path in await asyncio.to_thread(_files, self._folders.outbox):
            if (match := _OURS.match(path.name)) is not None and int(match["expires"]) <= now:
                path.unlink(missing_ok=True)
                await self._failed(path, match["number"], "expired_at_provider")
        for path in await asyncio.to_thread(_files, self._folders.inbox):
            match = _INBOX.match(path.name)
            if match is None or match["part"] != "00":
                continue
            text = await asyncio.to_thread(_whole_text, path)
            await self._news(TextMessage(self.name, match["number"].strip(), text, provider_id=path.stem))
            await asyncio.to_thread(_remove_whole, path)

    async def _failed(self, path: Path, number: str, cause: str) -> None:
        await self._news(Receipt(self.name, path.name, Meaning.FAILED, cause, number, {"file": path.name}))

    async def close(self) -> None:
        """Nothing is kept open."""


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))


def _parts(first: Path) -> list[Path]:
    stem = first.name.removesuffix("00.txt")
    return sorted(path for path in first.parent.iterdir() if path.name.startswith(stem) and path.suffix == ".txt")


def _whole_text(first: Path) -> str:
    return "".join(_text(path.read_bytes()) for path in _parts(first))


def _text(raw: bytes) -> str:
    """The daemon writes Unicode with a byte order mark, or the machine's own encoding."""
    return raw.decode("utf-16" if raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8", "replace")


def _remove_whole(first: Path) -> None:
    for path in reversed(_parts(first)):
        path.unlink(missing_ok=True)
