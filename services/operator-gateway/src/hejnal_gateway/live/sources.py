"""Choosing how a stream reaches a viewer: as it comes, or through a transcode."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from hejnal_contracts.cameras import CameraState
from hejnal_gateway import metrics
from hejnal_gateway.cameras.status import StatusBoard
from hejnal_gateway.live.fmp4.fragments import playable
from hejnal_gateway.live.hub import Channel, Hub
from hejnal_gateway.live.source import Source
from hejnal_gateway.live.transcode.channel import TranscodedChannel
from hejnal_gateway.live.transcode.transcodes import Transcodes
from hejnal_runtime.errors import AppError, Kind

_LOOK_S = 1.0
_MAX_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Carriers:
    """What can carry a stream now."""

    codec: str | None
    audio: str | None
    reordered: bool
    webrtc: bool
    mse: bool
    transcode: bool


class Sources:
    """Streams to watch. Each `acquire…` is answered by one `release`."""

    def __init__(self, hub: Hub, transcodes: Transcodes, board: StatusBoard) -> None:
        self._hub = hub
        self._transcodes = transcodes
        self._board = board
        self._reordered: dict[tuple[str, str], bool] = {}

    async def carriers(self, camera: CameraState, stream_name: str, *, masked: bool) -> Carriers:
        """What the stream is, seen by opening it; a camera that gives nothing within a second is judged by its last report."""
        key = (camera.camera_id, stream_name)
        channel = self._hub.acquire(*key)
        try:
            feed = channel.feed
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S if self._reported(*key) else 0):
                    await feed.order_known()
            self._note(channel)
            codec = channel.codec or self._reported(*key)
            audio = channel.relay.info.audio.codec if channel.relay.info is not None and channel.relay.info.audio else None
            reordered = self._reordered.get(key, False)
        finally:
            self._hub.release(channel)
        direct = not masked
        return Carriers(
            codec=codec,
            audio=audio,
            reordered=reordered,
            webrtc=direct and self._over_webrtc(key, codec),
            mse=direct and codec is not None and playable(codec),
            transcode=self._transcodes.has_room(key, camera.privacy_masks if masked else ()),
        )

    def acquire_for_webrtc(self, camera: CameraState, stream_name: str, *, masked: bool) -> Source:
        """H.264 in the order it is shown. AppError(UNAVAILABLE) `transcodes-full` when that needs a transcode too many."""
        key = (camera.camera_id, stream_name)
        if not masked:
            channel = self._hub.acquire(*key)
            self._note(channel)
            if self._over_webrtc(key, channel.codec or self._reported(*key)):
                return channel
            self._hub.release(channel)
        return self._transcoded(key, camera, masked=masked)

    def acquire_for_mse(self, camera: CameraState, stream_name: str, *, masked: bool) -> Source:
        """H.264 or H.265 as it comes; anything else, and what must be masked, through a transcode."""
        key = (camera.camera_id, stream_name)
        codec = self._reported(*key)
        if not masked and (codec is None or playable(codec)):
            return self._hub.acquire(*key)
        return self._transcoded(key, camera, masked=masked)

    def release(self, source: Source) -> None:
        """One viewer less."""
        if isinstance(source, TranscodedChannel):
            self._transcodes.release(source)
        elif isinstance(source, Channel):
            self._note(source)
            self._hub.release(source)

    def _transcoded(self, key: tuple[str, str], camera: CameraState, *, masked: bool) -> Source:
        masks = camera.privacy_masks if masked else ()
        if not self._transcodes.has_room(key, masks):
            metrics.VIEWERS_REFUSED.labels("transcodes").inc()
            why = "its picture must be masked for you" if masked else "its pictures must be converted for this browser"
            detail = f"The camera {key[0]} cannot be shown now: {why}, and all places for that are taken. Try again in a moment."
            raise AppError(Kind.UNAVAILABLE, "transcodes-full", detail, retry_after_s=10)
        return self._transcodes.acquire(key, masks)

    def _over_webrtc(self, key: tuple[str, str], codec: str | None) -> bool:
        """Unknown yet: most cameras send H.264, and who watches an absent camera waits for it anyway."""
        return (codec is None or codec.startswith("avc")) and not self._reordered.get(key, False)

    def _note(self, channel: Channel) -> None:
        if channel.tapped is not None and channel.tapped.info is not None:
            if len(self._reordered) > _MAX_REMEMBERED:
                self._reordered.clear()
            self._reordered[channel.key] = channel.tapped.reordered

    def _reported(self, camera_id: str, stream_name: str) -> str | None:
        report = self._board.report(camera_id)
        if report is None:
            return None
        return next((stream.codec for stream in report.streams if stream.name == stream_name), None) or None
