"""Pictures on demand: one at a time, the queue bounded, small ones remembered for a while."""

from collections import OrderedDict

from hejnal_media.decoding_process import DecodingProcess, DecodingProcessDiedError
from hejnal_recorder import metrics
from hejnal_recorder.stills.wire import Still, StillRequest, decode_answer, encode_request
from hejnal_runtime.errors import AppError, Kind

TIME_LIMIT_S = 20.0
MOST_WAITING = 16
MOST_SMALL_WAITING = 6
"""Small pictures leave room for somebody who wants one as a file."""
SMALL_WIDTH = 320
REMEMBERED_BYTES = 16 * 1024 * 1024

Key = tuple[str, int, int, str]
"""Segment, sequence and width of a small picture; its format."""


class Stills:
    """Decodes in a process of its own. What is remembered stays in memory: no picture outlives its footage on a disk."""

    def __init__(self) -> None:
        self._process = DecodingProcess("hejnal_recorder.stills.child", time_limit_s=TIME_LIMIT_S)
        self._waiting = 0
        self._remembered: OrderedDict[Key, Still] = OrderedDict()
        self._remembered_bytes = 0

    def remembered(self, key: Key) -> Still | None:
        """A small picture made before. Whoever asks has made sure that its footage is still there."""
        still = self._remembered.get(key)
        if still is not None:
            self._remembered.move_to_end(key)
            metrics.STILLS.labels("remembered").inc()
        return still

    def check_room(self, *, width: int) -> None:
        """AppError(UNAVAILABLE) while too many wait."""
        if self._waiting >= (MOST_SMALL_WAITING if 0 < width <= SMALL_WIDTH else MOST_WAITING):
            metrics.STILLS.labels("busy").inc()
            detail = "Too many pictures are being made right now. Please try again in a moment."
            raise AppError(Kind.UNAVAILABLE, "stills-busy", detail, retry_after_s=1)

    async def make(self, request: StillRequest, key: Key | None) -> Still:
        """The picture, remembered by its key if it has one.

        AppError(UNAVAILABLE) while too many wait, AppError(UNSUPPORTED) when it cannot be decoded.
        """
        self.check_room(width=request.width)
        self._waiting += 1
        try:
            found = decode_answer(await self._process.ask(encode_request(request)))
        except (DecodingProcessDiedError, ValueError) as error:
            metrics.STILLS.labels("died").inc()
            raise _undecodable(f"the decoder did not survive it ({error})") from error
        finally:
            self._waiting -= 1
        if isinstance(found, str):
            metrics.STILLS.labels("undecodable").inc()
            raise _undecodable(found)
        metrics.STILLS.labels("made").inc()
        if key is not None:
            self._remember(key, found)
        return found

    async def close(self) -> None:
        """End the process."""
        await self._process.close()

    def _remember(self, key: Key, still: Still) -> None:
        old = self._remembered.pop(key, None)
        self._remembered_bytes += len(still.data) - (len(old.data) if old else 0)
        self._remembered[key] = still
        while self._remembered_bytes > REMEMBERED_BYTES:
            _, gone = self._remembered.popitem(last=False)
            self._remembered_bytes -= len(gone.data)


def _undecodable(why: str) -> AppError:
    detail = f"No picture could be made of the footage at this instant: {why}."
    return AppError(Kind.UNSUPPORTED, "undecodable", detail)
