"""Streams that are watched: one relay each, however many watch, closed a while after the last one has gone."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog

from hejnal_gateway import metrics
from hejnal_gateway.live.audio import LiveSound
from hejnal_gateway.live.feed import StreamFeed
from hejnal_gateway.live.relay import RelayClient
from hejnal_gateway.live.stream import LiveStream
from hejnal_runtime.tokens import TokenIssuer

log = structlog.get_logger()


@dataclass(eq=False, slots=True)
class Channel:
    """A watched stream, its relay, and how many hold on to it."""

    key: tuple[str, str]
    stream: LiveStream
    relay: RelayClient
    task: asyncio.Task[None]
    holders: int = 0
    linger: asyncio.TimerHandle | None = None
    tapped: StreamFeed | None = None
    heard: LiveSound | None = None

    @property
    def codec(self) -> str | None:
        """RFC 6381 codec string of the run that lasts, or of the last one."""
        return self.relay.codec

    @property
    def feed(self) -> StreamFeed:
        """The access units; taken from the relay as soon as somebody has asked for them."""
        if self.tapped is None:
            self.tapped = StreamFeed()
            self.relay.add_sink(self.tapped)
        return self.tapped

    @property
    def sound(self) -> LiveSound:
        """The sound; taken from the relay as soon as somebody has asked for it."""
        if self.heard is None:
            self.heard = LiveSound()
            self.relay.add_sound_sink(self.heard)
        return self.heard


class Hub:
    """Opens a channel for the first viewer of a camera's stream and closes it `linger_s` after the last."""

    def __init__(
        self,
        issuer: TokenIssuer,
        relay_url: Callable[[str], str | None],
        *,
        linger_s: float,
    ) -> None:
        self._issuer = issuer
        self._relay_url = relay_url
        self._linger_s = linger_s
        self._channels: dict[tuple[str, str], Channel] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def acquire(self, camera_id: str, stream_name: str) -> Channel:
        """The channel, held until `release`."""
        key = (camera_id, stream_name)
        channel = self._channels.get(key)
        if channel is None:
            stream = LiveStream()
            relay = RelayClient(self._issuer, lambda: self._relay_url(camera_id), camera_id, stream_name)
            relay.add_sink(stream)
            task = asyncio.create_task(relay.run(), name=f"relay {camera_id}/{stream_name}")
            task.add_done_callback(_report_end)
            channel = self._channels[key] = Channel(key, stream, relay, task)
            metrics.RELAYS.set(len(self._channels))
        if channel.linger is not None:
            channel.linger.cancel()
            channel.linger = None
        channel.holders += 1
        return channel

    def try_now(self, camera_id: str) -> None:
        """The camera is said to be live again: relays that wait for it try at once."""
        for (watched, _), channel in self._channels.items():
            if watched == camera_id:
                channel.relay.try_now()

    def release(self, channel: Channel) -> None:
        """One viewer less."""
        channel.holders -= 1
        if channel.holders == 0:
            channel.linger = asyncio.get_running_loop().call_later(self._linger_s, self._drop, channel)

    def _drop(self, channel: Channel) -> None:
        if self._channels.pop(channel.key, None) is None:
            return
        channel.task.cancel()
        channel.stream.close()
        if channel.tapped is not None:
            channel.tapped.close()
        if channel.heard is not None:
            channel.heard.close()
        metrics.RELAYS.set(len(self._channels))
        self._ending.add(channel.task)
        channel.task.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """Close every channel now."""
        for channel in list(self._channels.values()):
            if channel.linger is not None:
                channel.linger.cancel()
            self._drop(channel)
        for task in list(self._ending):
            with suppress(asyncio.CancelledError):
                await task


def _report_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("relay_ended", relay=task.get_name(), exc_info=error)
