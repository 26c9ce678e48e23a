"""One RTSP connection: splits the byte stream into interleaved frames and messages (RFC 2326 §10.12)."""

import asyncio
import re
import socket
from collections.abc import Callable
from typing import Protocol

from hejnal_media.rtsp.errors import RtspError, RtspFault
from hejnal_media.rtsp.message import MAX_HEAD_BYTES, MessageError, Request, Response, parse_head

_DOLLAR = 0x24
_MAX_FRAME = 4 + 65_535
_MAX_SKIPPED_BYTES = 256 * 1024
_MAX_CHANNEL = 20
_SEARCH_BYTES = 4096
_USUAL_FRAME_BYTES = 2048
_LONGEST_BEGINNING = 24
_BEGINS_MESSAGE = re.compile(rb"RTSP/\d\.\d |[A-Z_]{3,20} ")


class ReceiveBuffer:
    """Memory into which the kernel writes, shared by all connections of one event loop.

    The loop asks for it, reads into it and hands the bytes over in one step, so one warm buffer serves any number of
    connections; what a connection must keep (a frame not yet whole) it copies out.
    """

    def __init__(self, size_bytes: int = 256 * 1024) -> None:
        if size_bytes < 2 * _MAX_FRAME:
            raise ValueError("the receive buffer cannot hold a frame")
        self.view = memoryview(bytearray(size_bytes))


class FrameConsumer(Protocol):
    """Takes the frames of one channel in bulk (see H264Depacketizer.feed)."""

    def feed(self, view: memoryview, position: int, limit: int, channel: int) -> int:
        """Gives the position of the first byte not taken."""


class RtspConnection(asyncio.BufferedProtocol):
    """Splits what a camera sends. Messages go to `on_message`, RTCP frames to `on_control`, media to the consumer."""

    def __init__(
        self,
        buffer: ReceiveBuffer,
        *,
        on_message: Callable[[Response | Request], None],
        on_control: Callable[[int, bytes], None],
        on_closed: Callable[[RtspError], None],
    ) -> None:
        self._view = buffer.view
        self._tail = b""
        self._on_message = on_message
        self._on_control = on_control
        self._on_closed = on_closed
        self._consumer: FrameConsumer | None = None
        self._media_channel = -1
        self._others: dict[int, FrameConsumer] = {}
        self._highest_channel = _MAX_CHANNEL
        self._speaks_rtsp = False
        self._skipped = 0
        self._closed = False
        self._transport: asyncio.Transport | None = None
        self._batch_bytes = 1
        self.bytes_received = 0

    def take_media(self, channel: int, consumer: FrameConsumer) -> None:
        """From now on frames of `channel` go to `consumer`."""
        self._media_channel = channel
        self._consumer = consumer
        self._highest_channel = max(self._highest_channel, channel + 1)

    def take_also(self, channel: int, consumer: FrameConsumer) -> None:
        """Frames of `channel` go to `consumer`, one by one: for sound, which is little."""
        self._others[channel] = consumer
        self._highest_channel = max(self._highest_channel, channel + 1)

    def receive_in_batches(self, size_bytes: int) -> None:
        """The loop is woken when so many bytes wait, or the connection ends (SO_RCVLOWAT, socket(7)); 1: at once.

        What waits when the number is lowered is handed over at once. Fewer wakings cost less, and pictures come later.
        """
        if size_bytes == self._batch_bytes or self._transport is None or self._transport.is_closing():
            return
        self._batch_bytes = size_bytes
        wire = self._transport.get_extra_info("socket")
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, size_bytes)

    def send(self, data: bytes) -> None:
        """Queues bytes; does nothing on a closed connection."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def pause(self) -> None:
        """Reads no more until `resume`; TCP makes the other side wait."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Reads again."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def limit_receive_buffer(self, size_bytes: int) -> None:
        """Lets the kernel hold no more than this, so that a pause is soon felt at the other side."""
        raw = self._transport.get_extra_info("socket") if self._transport is not None else None
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size_bytes)

    def abort(self) -> None:
        """Closes at once."""
        if self._transport is not None:
            self._transport.abort()

    # --- called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open."""
        self._transport = transport  # type: ignore[assignment]

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002
        """Memory for the next read: behind the frame that is not yet whole."""
        tail = self._tail
        if not tail:
            return self._view
        self._view[: len(tail)] = tail
        return self._view[len(tail) :]

    def buffer_updated(self, nbytes: int) -> None:
        """So many bytes were read."""
        self.bytes_received += nbytes
        view, limit, position = self._view, len(self._tail) + nbytes, 0
        try:
            while position < limit:
                if view[position] == _DOLLAR and self._speaks_rtsp:
                    if self._consumer is not None:
                        position = self._consumer.feed(view, position, limit, self._media_channel)
                    after = self._frame(position, limit)
                else:
                    after = self._text(position, limit)
                if after < 0:
                    break
                position = after
        except RtspError as error:
            self._fail(error)
            return
        self._tail = view[position:limit].tobytes() if position < limit else b""

    def eof_received(self) -> bool:
        """The camera sends no more: close."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        if not self._closed:
            self._closed = True
            self._on_closed(self._why_lost(exc))

    # --- inside

    def _why_lost(self, exc: Exception | None) -> RtspError:
        if not self._speaks_rtsp and self._tail:
            return RtspError(RtspFault.NOT_RTSP, "what answers there does not speak RTSP")
        if isinstance(exc, ConnectionResetError):
            return RtspError(RtspFault.CLOSED, "the camera reset the connection")
        return RtspError(RtspFault.CLOSED, "the camera closed the connection")

    def _fail(self, error: RtspError) -> None:
        if not self._closed:
            self._closed = True
            self._tail = b""
            self.abort()
            self._on_closed(error)

    def _frame(self, position: int, limit: int) -> int:
        """One interleaved frame that the consumer has left; -1 when it is not whole."""
        view = self._view
        if limit - position < 4 or view[position] != _DOLLAR:
            return -1 if position == limit or view[position] == _DOLLAR else position
        end = position + 4 + (view[position + 2] << 8 | view[position + 3])
        channel = view[position + 1]
        if channel > self._highest_channel:
            return self._resynchronise(position, limit)
        if end > limit:
            return -1
        if channel != self._media_channel:
            other = self._others.get(channel)
            if other is not None:
                other.feed(view, position, end, channel)
            else:
                self._on_control(channel, view[position + 4 : end].tobytes())
        return end

    def _text(self, position: int, limit: int) -> int:
        """A message; -1 when it is not whole."""
        view = self._view
        window = view[position : min(limit, position + MAX_HEAD_BYTES)].tobytes()
        if window[0] in b"\r\n\0 ":
            return position + 1
        if not self._speaks_rtsp and not b"RTSP/".startswith(window[:5]) and not window.startswith(b"RTSP/"):
            raise RtspError(RtspFault.NOT_RTSP, "what answers there does not speak RTSP")
        if not (0x41 <= window[0] <= 0x5A) or (len(window) > _LONGEST_BEGINNING and not _BEGINS_MESSAGE.match(window)):
            return self._resynchronise(position, limit)
        end = window.find(b"\r\n\r\n")
        size = end + 4
        if end < 0:
            end = window.find(b"\n\n")
            size = end + 2
        if end < 0:
            if len(window) >= MAX_HEAD_BYTES:
                return self._resynchronise(position, limit)
            return -1
        try:
            message, body_size = parse_head(window[:size])
        except MessageError as error:
            if not self._speaks_rtsp:
                raise RtspError(RtspFault.NOT_RTSP, "what answers there does not speak RTSP") from error
            return self._resynchronise(position, limit)
        self._speaks_rtsp = True
        start = position + size
        if start + body_size > limit:
            return -1
        body = view[start : start + body_size].tobytes()
        if isinstance(message, Response):
            message = Response(message.status, message.reason, message.headers, body)
        else:
            message = Request(message.method, message.url, message.headers, body)
        self._on_message(message)
        return start + body_size

    def _resynchronise(self, position: int, limit: int) -> int:
        """Some cameras lose count of their frames: look for the next thing that can be a frame or a message."""
        start = position + 1
        rest = self._view[start : min(limit, start + _SEARCH_BYTES)].tobytes()
        found = len(rest)
        search = 0
        while (at := rest.find(b"$", search)) >= 0:
            if self._may_be_frame(start + at, limit):
                found = at
                break
            search = at + 1
        text = rest.find(b"RTSP/1.0 ")
        if 0 <= text < found:
            found = text
        self._skipped += found + 1
        if self._skipped > _MAX_SKIPPED_BYTES:
            raise RtspError(RtspFault.PROTOCOL, "the camera sends what is neither RTSP nor RTP")
        return start + found

    def _may_be_frame(self, position: int, limit: int) -> bool:
        """Whether a dollar sign begins a frame: of a channel that is in use, and with another beginning behind its end."""
        if limit - position < 4:
            return True
        view = self._view
        channel, length = view[position + 1], view[position + 2] << 8 | view[position + 3]
        known = (self._media_channel, self._media_channel + 1)
        if channel not in known and channel not in self._others and channel - 1 not in self._others:
            return False
        end = position + 4 + length
        return length > 0 and (view[end] in b"$R" if end < limit else length <= _USUAL_FRAME_BYTES)
