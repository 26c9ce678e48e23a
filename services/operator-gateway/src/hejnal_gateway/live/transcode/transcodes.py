"""The places for transcodes: few, shared, given back a while after the last viewer has gone."""

import asyncio
from contextlib import suppress
from functools import partial

import structlog

from hejnal_contracts.cameras import PrivacyMask
from hejnal_gateway import metrics
from hejnal_gateway.live.hub import Hub
from hejnal_gateway.live.transcode.channel import TranscodedChannel
from hejnal_gateway.live.transcode.messages import Order, Polygon

log = structlog.get_logger()

_Key = tuple[tuple[str, str], tuple[Polygon, ...]]


class Transcodes:
    """Opens a transcode for the first viewer of a stream (with these masks) and ends it `linger_s` after the last."""

    def __init__(self, hub: Hub, *, limit: int, max_height: int, max_fps: float, linger_s: float) -> None:
        self._hub = hub
        self._limit = limit
        self._max_height = max_height
        self._max_fps = max_fps
        self._linger_s = linger_s
        self._channels: dict[_Key, TranscodedChannel] = {}
        self._tasks: dict[TranscodedChannel, asyncio.Task[None]] = {}

    def has_room(self, key: tuple[str, str], masks: tuple[PrivacyMask, ...]) -> bool:
        """Whether this stream is transcoded already, or could be."""
        return (key, _polygons(masks)) in self._channels or len(self._tasks) < self._limit or self._idle() is not None

    def acquire(self, key: tuple[str, str], masks: tuple[PrivacyMask, ...]) -> TranscodedChannel:
        """The channel, held until `release`; ask `has_room` first."""
        polygons = _polygons(masks)
        channel = self._channels.get((key, polygons))
        if channel is None:
            idle = self._idle() if len(self._tasks) >= self._limit else None
            if idle is not None:
                self._drop(idle)
            source = self._hub.acquire(*key)
            channel = TranscodedChannel(source, Order("", self._max_height, self._max_fps, polygons))
            task = asyncio.create_task(channel.run(), name=f"transcode {key[0]}/{key[1]}")
            task.add_done_callback(partial(self._ended, channel))
            self._channels[key, polygons] = channel
            self._tasks[channel] = task
            metrics.TRANSCODES.set(len(self._channels))
        if channel.linger is not None:
            channel.linger.cancel()
            channel.linger = None
        channel.holders += 1
        return channel

    def release(self, channel: TranscodedChannel) -> None:
        """One viewer less."""
        channel.holders -= 1
        if channel.holders == 0:
            channel.linger = asyncio.get_running_loop().call_later(self._linger_s, self._drop, channel)

    def _idle(self) -> TranscodedChannel | None:
        return next((channel for channel in self._channels.values() if channel.holders == 0), None)

    def _drop(self, channel: TranscodedChannel) -> None:
        if channel.linger is not None:
            channel.linger.cancel()
            channel.linger = None
        self._channels = {key: other for key, other in self._channels.items() if other is not channel}
        if (task := self._tasks.get(channel)) is not None:
            task.cancel()
        metrics.TRANSCODES.set(len(self._channels))

    def _ended(self, channel: TranscodedChannel, task: "asyncio.Task[None]") -> None:
        self._tasks.pop(channel, None)
        self._channels = {key: other for key, other in self._channels.items() if other is not channel}
        channel.close()
        self._hub.release(channel.source)
        metrics.TRANSCODES.set(len(self._channels))
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("transcode_ended", transcode=task.get_name(), exc_info=error)

    async def close(self) -> None:
        """End every transcode now."""
        tasks = list(self._tasks.values())
        for channel in list(self._channels.values()):
            self._drop(channel)
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


def _polygons(masks: tuple[PrivacyMask, ...]) -> tuple[Polygon, ...]:
    return tuple(tuple((point.x, point.y) for point in mask.points) for mask in masks)
