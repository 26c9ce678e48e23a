"""One stream's pictures for any number of relay readers."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from hejnal_ingest import metrics
from hejnal_media.access_unit import MAX_GOP_BYTES, AccessUnit, AudioFrame, AudioParameters
from hejnal_media.relay import (
    KEEP_ALIVE_RECORD,
    StreamInfo,
    encode_access_unit,
    encode_audio_frame,
    encode_run_ended,
    encode_stream_info,
)

KEEP_ALIVE_S = 1.0
MAX_QUEUED_BYTES = 16 * 1024 * 1024
"""A reader that lags by more is moved on to the next key frame."""
_MAX_CHUNK_BYTES = 256 * 1024


class RelayReader:
    """What one reader still has to get. Bounded; a slow reader loses whole groups of pictures, never parts of one."""

    def __init__(self) -> None:
        self._records: deque[bytes] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self._skipping = False
        self._skipped = False
        self._closed = False

    def put_control(self, record: bytes) -> None:
        """Queues a record that must not be lost (stream info, run ended)."""
        self._records.append(record)
        self._bytes += len(record)
        self._wake.set()

    def put_unit(self, unit: AccessUnit, record: bytes) -> None:
        """Queues a picture, or skips it."""
        if self._skipping:
            if not unit.key_frame or self._bytes > MAX_QUEUED_BYTES // 2:
                return
            self._skipping = False
            record = encode_access_unit(unit, after_skip=True)
        elif self._bytes + len(record) > MAX_QUEUED_BYTES:
            # What waits is old: the reader goes on with the next key frame.
            self._skipping = True
            metrics.RELAY_SKIPS.inc()
            return
        self._records.append(record)
        self._bytes += len(record)
        self._wake.set()

    def put_sound(self, record: bytes) -> None:
        """Queues a sound frame; a reader that lags goes without."""
        if not self._skipping and self._bytes + len(record) <= MAX_QUEUED_BYTES // 2:
            self._records.append(record)
            self._bytes += len(record)
            self._wake.set()

    def close(self) -> None:
        """The stream is served here no more."""
        self._closed = True
        self._wake.set()

    async def chunks(self) -> AsyncIterator[bytes]:
        """The byte stream; a keep-alive record when there is nothing else for a second. Ends when closed."""
        while True:
            while self._records:
                chunk = [self._records.popleft()]
                size = len(chunk[0])
                while self._records and size < _MAX_CHUNK_BYTES:
                    chunk.append(self._records.popleft())
                    size += len(chunk[-1])
                self._bytes -= size
                yield chunk[0] if len(chunk) == 1 else b"".join(chunk)
            if self._closed:
                return
            self._wake.clear()
            try:
                async with asyncio.timeout(KEEP_ALIVE_S):
                    await self._wake.wait()
            except TimeoutError:
                yield KEEP_ALIVE_RECORD


class RelayHub:
    """Keeps the last group of pictures and hands each picture to all readers; encoded once, only while somebody reads."""

    def __init__(self, on_joined: Callable[[], None] = lambda: None) -> None:
        self._on_joined = on_joined
        self._info: StreamInfo | None = None
        self._gop: list[AccessUnit] = []
        self._gop_bytes = 0
        self._readers: set[RelayReader] = set()

    @property
    def live(self) -> bool:
        """True while a run lasts."""
        return self._info is not None

    @property
    def readers(self) -> int:
        """How many read."""
        return len(self._readers)

    def begin(self, info: StreamInfo) -> None:
        """A run begins, or its parameters have changed; the next picture is a key frame."""
        self._info = info
        self._clear_gop()
        record = encode_stream_info(info)
        for reader in self._readers:
            reader.put_control(record)

    def publish(self, unit: AccessUnit) -> None:
        """The next picture."""
        if unit.key_frame:
            self._clear_gop()
        elif not self._gop:
            self._hand_out(unit)
            return  # the group was too large to be kept
        self._gop.append(unit)
        self._gop_bytes += unit.size_bytes
        if self._gop_bytes > MAX_GOP_BYTES // 2:
            self._clear_gop()
        self._hand_out(unit)

    def change_sound(self, parameters: AudioParameters | None) -> None:
        """What the sound is has become known in the middle of a run: the pictures go on as they are."""
        if self._info is None or self._info.audio == parameters:
            return
        self._info = replace(self._info, audio=parameters)
        record = encode_stream_info(self._info)
        for reader in self._readers:
            reader.put_control(record)

    def publish_sound(self, frame: AudioFrame) -> None:
        """The next sound frame."""
        if self._readers and self._info is not None and self._info.audio is not None:
            record = encode_audio_frame(frame)
            for reader in self._readers:
                reader.put_sound(record)

    def end(self, cause: str, detail: str) -> None:
        """The run is over."""
        if self._info is None:
            return
        self._info = None
        self._clear_gop()
        record = encode_run_ended(cause, detail)
        for reader in self._readers:
            reader.put_control(record)

    def join(self) -> RelayReader:
        """A new reader: stream info and the last group of pictures are queued for it."""
        reader = RelayReader()
        if self._info is not None:
            reader.put_control(encode_stream_info(self._info))
            for unit in self._gop:
                reader.put_unit(unit, encode_access_unit(unit))
        self._readers.add(reader)
        metrics.RELAY_READERS.inc()
        self._on_joined()
        return reader

    def leave(self, reader: RelayReader) -> None:
        """The reader is gone."""
        if reader in self._readers:
            self._readers.discard(reader)
            metrics.RELAY_READERS.dec()

    def close(self) -> None:
        """Sends all readers away."""
        for reader in list(self._readers):
            reader.close()

    def _hand_out(self, unit: AccessUnit) -> None:
        if self._readers:
            record = encode_access_unit(unit)
            for reader in self._readers:
                reader.put_unit(unit, record)

    def _clear_gop(self) -> None:
        self._gop = []
        self._gop_bytes = 0
