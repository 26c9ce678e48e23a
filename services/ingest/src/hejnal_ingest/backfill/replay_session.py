"""RTSP to a camera's card: an interval of recorded footage, as fast as the link budget allows (ONVIF Streaming §6)."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol

from hejnal_ingest.backfill.link_budget import LinkBudget
from hejnal_ingest.backfill.replay_extension import ReplayStamp, read_replay_extension
from hejnal_media.access_unit import CLOCK_RATE, AccessUnit, CodecParameters
from hejnal_media.depacketizers import VideoDepacketizer
from hejnal_media.onvif.names import REPLAY_FEATURE
from hejnal_media.rtcp import parse_compound
from hejnal_media.rtsp import Credentials, ReceiveBuffer, RtspError, RtspFault, SessionLimits
from hejnal_media.rtsp.dialogue import RtspDialogue
from hejnal_media.rtsp.negotiation import DEFAULT_SESSION_TIMEOUT_S, KeepAlive, expect_ok, read_grant
from hejnal_media.rtsp.tls import TlsPolicy
from hejnal_media.rtsp.track import choose_video
from hejnal_media.rtsp.url import parse_url, resolve_control, session_base
from hejnal_media.sdp import parse_sdp
from hejnal_media.sink import BreakReason

_RECEIVE_BUFFER_BYTES = 128 * 1024
_SILENT_S = 10.0
_LIVE_FIRST_S = 0.5
_MAX_TIMES = 64
_REQUIRE = ("Require", REPLAY_FEATURE)


class ReplaySink(Protocol):
    """Takes recorded pictures with the time at which the camera took them. Must not block."""

    def codec_changed(self, parameters: CodecParameters) -> None:
        """Parameters of the key frame that follows."""

    def recorded(self, unit: AccessUnit, camera_us: int) -> bool:
        """The next picture; False when no more are wanted."""

    def interrupted(self) -> None:
        """Pictures are missing before the next one: on the way, or on the card."""


def write_clock(us: int) -> str:
    """`20261122T081500.250Z` for microseconds since the epoch (RFC 2326 §3.7)."""
    instant = datetime.fromtimestamp(us / 1e6, UTC)
    return instant.strftime("%Y%m%dT%H%M%S.") + f"{instant.microsecond // 1000:03d}Z"


class ReplaySession:
    """`open`, then `run`, at the end always `close`. Implements AccessUnitSink and FrameConsumer for its connection."""

    def __init__(
        self,
        url: str,
        sink: ReplaySink,
        *,
        credentials: Credentials | None,
        budget: LinkBudget,
        live_is_well: Callable[[], bool],
        limits: SessionLimits | None = None,
        silent_s: float = _SILENT_S,
    ) -> None:
        """A card that gives nothing for `silent_s` has stalled, unless it said that this was all."""
        self._sink = sink
        self._silent_s = silent_s
        self._budget = budget
        self._live_is_well = live_is_well
        self._dialogue = RtspDialogue(
            parse_url(url),
            credentials=credentials,
            buffer=ReceiveBuffer(),
            limits=limits or SessionLimits(),
            tls=TlsPolicy(),
            on_control=self._on_control,
            on_request=lambda _request: None,
        )
        self._aggregate_url = url
        self._session_id = ""
        self._keep_alive = KeepAlive("")
        self._keep_alive_s = DEFAULT_SESSION_TIMEOUT_S / 2
        self._control_channel = -1
        self._depacketizer: VideoDepacketizer | None = None
        self._found: list[AccessUnit] = []
        self._times: dict[int, int] = {}
        self._reference: tuple[int, int] | None = None
        self._enough: asyncio.Event = asyncio.Event()
        self._last_seen_s = 0.0
        self._section_ended = False
        self._marked = self._marks = False
        self._waiting: asyncio.TimerHandle | None = None
        self.bytes_received = 0

    async def open(self, from_us: int, until_us: int) -> None:
        """Asks for an interval of the camera's time, microseconds since the epoch. Raises RtspError."""
        dialogue = self._dialogue
        await dialogue.connect()
        url = dialogue.url.text
        options = await dialogue.request("OPTIONS", url, [])
        self._keep_alive = KeepAlive(options.headers.get("public"))
        described = await dialogue.request("DESCRIBE", url, [("Accept", "application/sdp"), _REQUIRE])
        expect_ok(described, "DESCRIBE")
        description = parse_sdp(described.body)
        base = session_base(url, described.headers.get("content-base"), described.headers.get("content-location"))
        self._aggregate_url = resolve_control(base, description.control) if description.control else base
        media, self._depacketizer = choose_video(description, self, lambda: 0)
        transport = ("Transport", "RTP/AVP/TCP;unicast;interleaved=0-1")
        answer = await dialogue.request("SETUP", resolve_control(base, media.control), [transport, _REQUIRE])
        expect_ok(answer, "SETUP")
        grant = read_grant(answer, asked_channel=0)
        self._session_id, self._control_channel = grant.session_id, grant.control_channel
        self._keep_alive_s = max(1.0, grant.timeout_s / 2)
        if dialogue.connection is None:
            raise RtspError(RtspFault.CLOSED, "the camera closed the connection")
        dialogue.connection.limit_receive_buffer(_RECEIVE_BUFFER_BYTES)
        dialogue.connection.take_media(grant.channel, self)
        headers = [
            ("Session", self._session_id),
            _REQUIRE,
            ("Range", f"clock={write_clock(from_us)}-{write_clock(until_us)}"),
            ("Rate-Control", "no"),
        ]
        expect_ok(await dialogue.request("PLAY", self._aggregate_url, headers), "PLAY")

    async def run(self) -> None:
        """Returns when the sink has enough or the camera has said that this was all: by RTCP BYE or by its last picture's bit E.

        Raises RtspError when it broke off.
        """
        closed = self._dialogue.closed
        assert closed is not None
        loop = asyncio.get_running_loop()
        self._last_seen_s = loop.time()
        next_keep_alive_s = loop.time() + self._keep_alive_s
        enough = asyncio.create_task(self._enough.wait())
        waited_for: set[asyncio.Future[Any]] = {enough, closed}
        try:
            while True:
                await asyncio.wait(waited_for, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
                if enough.done():
                    return
                if closed.done():
                    if self._ends_whole():
                        return
                    raise closed.result()
                if self._waiting is None and loop.time() - self._last_seen_s > self._silent_s:
                    if self._ends_whole() or not self.bytes_received:
                        return
                    raise RtspError(RtspFault.STALLED, f"the card gives nothing for {self._silent_s:.0f} s")
                if self._waiting is None and loop.time() >= next_keep_alive_s:
                    next_keep_alive_s = loop.time() + self._keep_alive_s
                    session = [("Session", self._session_id)]
                    await self._dialogue.ask_quietly(self._keep_alive.method, self._aggregate_url, session, 5.0)
        finally:
            enough.cancel()

    async def close(self) -> None:
        """TEARDOWN, and the connection is gone."""
        self._enough.set()
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        if self._dialogue.is_open and self._session_id:
            with contextlib.suppress(RtspError):
                if self._dialogue.connection is not None:
                    self._dialogue.connection.resume()
                await self._dialogue.ask_quietly("TEARDOWN", self._aggregate_url, [("Session", self._session_id)], 1.0)
        self._dialogue.abort()

    # --- FrameConsumer

    def feed(self, view: memoryview, position: int, limit: int, channel: int) -> int:
        """Packets one by one: each may carry the time of its picture."""
        depacketizer = self._depacketizer
        began = position
        while depacketizer is not None and limit - position >= 16:
            end = position + 4 + (view[position + 2] << 8 | view[position + 3])
            if view[position] != 0x24 or view[position + 1] != channel or end > limit:
                break
            if not self._enough.is_set():
                packet = view[position + 4 : end]
                self._marked = packet[1] & 0x80 != 0
                self._marks = self._marks or self._marked
                stamp = read_replay_extension(packet)
                if stamp is not None:
                    self._section_ended = stamp.section_ends
                    if stamp.discontinuity:
                        self._flush(depacketizer)
                        self._sink.interrupted()
                depacketizer.feed(view, position, end, channel)
                self._resolve(depacketizer, int.from_bytes(packet[4:8], "big"), stamp)
            position = end
        self._spend(position - began)
        return position

    def _resolve(self, depacketizer: VideoDepacketizer, timestamp: int, stamp: ReplayStamp | None) -> None:
        if stamp is not None:
            self._times[timestamp] = stamp.taken_at_us
            if len(self._times) > _MAX_TIMES:
                del self._times[next(iter(self._times))]
        if self._found:
            self._hand_on(depacketizer)

    def _hand_on(self, depacketizer: VideoDepacketizer) -> None:
        found, self._found = self._found, []
        for unit in found:
            stamped = next((one for one in self._times if depacketizer.ticks_of(one) == unit.ticks), None)
            camera_us = self._times.pop(stamped) if stamped is not None else None
            if camera_us is not None:
                self._reference = (unit.ticks, camera_us)
            elif self._reference is not None:  # a camera that stamps key frames only
                camera_us = self._reference[1] + (unit.ticks - self._reference[0]) * 1_000_000 // CLOCK_RATE
            else:
                continue
            if not self._enough.is_set() and not self._sink.recorded(unit, camera_us):
                self._enough.set()

    def _ends_whole(self) -> bool:
        """True when this was all, though the camera says no goodbye: then the last picture is handed on too.

        Where pictures end with a marker one without it is torn; where they never do the last one has nothing behind it.
        """
        if not self._section_ended or (self._marks and not self._marked):
            return False
        if self._depacketizer is not None:
            self._flush(self._depacketizer)
        return True

    def _flush(self, depacketizer: VideoDepacketizer) -> None:
        depacketizer.flush()
        self._hand_on(depacketizer)

    # --- AccessUnitSink

    def codec_changed(self, parameters: CodecParameters) -> None:
        """Parameters of the key frame that follows."""
        if self._depacketizer is not None:
            self._hand_on(self._depacketizer)
        self._sink.codec_changed(parameters)

    def access_unit(self, unit: AccessUnit) -> None:
        """A picture; its time is known when its packet has been looked at to the end."""
        self._found.append(unit)

    def stream_broken(self, reason: BreakReason, detail: str) -> None:  # noqa: ARG002
        """Packets were lost, or the time of the recording jumps."""
        if self._depacketizer is not None:
            self._hand_on(self._depacketizer)
        self._reference = None
        self._sink.interrupted()

    # --- the link

    def _spend(self, size_bytes: int) -> None:
        if not size_bytes:
            return
        loop = asyncio.get_running_loop()
        self.bytes_received += size_bytes
        self._last_seen_s = loop.time()
        wait_s = self._budget.spend(size_bytes, loop.time())
        if not self._live_is_well():
            wait_s = max(wait_s, _LIVE_FIRST_S)
        if wait_s > 0.001 and self._waiting is None and self._dialogue.connection is not None:
            self._dialogue.connection.pause()
            self._waiting = loop.call_later(wait_s, self._go_on)

    def _go_on(self) -> None:
        loop = asyncio.get_running_loop()
        if not self._live_is_well():
            self._waiting = loop.call_later(_LIVE_FIRST_S, self._go_on)
            return
        self._waiting = None
        self._last_seen_s = loop.time()
        if self._dialogue.connection is not None:
            self._dialogue.connection.resume()

    def _on_control(self, channel: int, packet: bytes) -> None:
        depacketizer = self._depacketizer
        if channel == self._control_channel and depacketizer is not None:
            _, goodbyes = parse_compound(packet)
            if goodbyes:
                self._flush(depacketizer)
                self._enough.set()
