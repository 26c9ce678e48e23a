"""RTSP for recorded footage: `Range: clock=`, `Rate-Control: no`, and each frame's time in an RTP header extension.

ONVIF Streaming §6: the extension 0xABAC carries the 64-bit NTP time of the access unit and the bits C (clean point), E (end
of a section) and D (discontinuity in the transmission), and the low byte of the CSeq of the PLAY request.
"""

import asyncio
import contextlib
import re
import secrets
import struct
from collections.abc import Coroutine
from datetime import UTC, datetime

from hejnal_media.access_unit import CLOCK_RATE
from hejnal_media.onvif.names import REPLAY_EXTENSION, REPLAY_FEATURE
from hejnal_media.rtcp import NTP_EPOCH_OFFSET_S
from hejnal_media.rtsp.auth import Challenge, Credentials, digest_response
from hejnal_media.rtsp.message import MAX_HEAD_BYTES, MessageError, Request, encode_response, parse_head
from hejnal_media.simulator.onvif.card import Card, CardFrame
from hejnal_media.simulator.onvif.state import OnvifBehaviour, ReplayEnd
from hejnal_media.simulator.packets import PAYLOAD_TYPE, PacketizedPicture, stamp

_REALM = "Hejnal card"
_SSRC = 0x0CA4D001
_CLOCK_RANGE = re.compile(r"clock=(\d{8}T\d{6}(?:\.\d+)?Z)-(\d{8}T\d{6}(?:\.\d+)?Z)?")
_PARAMETER = re.compile(r'(\w+)=(?:"([^"]*)"|([^,\s]+))')
_HEAD = 16
"""Interleaved header and RTP header."""
_EXTENSION = struct.Struct(">HHIIBBH")
_METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER"


def read_clock(text: str) -> int:
    """Microseconds since the epoch of `20261122T081500.250Z`. Raises ValueError."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    instant = datetime.strptime(whole, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    return int(instant.timestamp()) * 1_000_000 + int(float(f"0.{fraction or 0}") * 1e6)


def with_replay_extension(frames: bytes | bytearray, picture: PacketizedPicture, frame: CardFrame, cseq: int) -> bytes:
    """The packets of a picture with the extension in the first one."""
    first_end = picture.offsets[1] if len(picture.offsets) > 1 else len(frames)
    seconds, micros = divmod(frame.taken_at_us, 1_000_000)
    flags = (0x80 if picture.key_frame else 0) | (0x40 if frame.section_ends else 0) | (0x20 if frame.section_starts else 0)
    extension = _EXTENSION.pack(
        REPLAY_EXTENSION, 3, (seconds + NTP_EPOCH_OFFSET_S) & 0xFFFFFFFF, (micros << 32) // 1_000_000, flags, cseq & 0xFF, 0
    )
    out = bytearray(frames[:_HEAD]) + extension + frames[_HEAD:]
    out[2:4] = (first_end - 4 + len(extension)).to_bytes(2, "big")
    out[4] |= 0x10
    return bytes(out)


class ReplayServer:
    """Serves one card over RTSP."""

    def __init__(self, card: Card, behaviour: OnvifBehaviour, *, host: str, credentials: Credentials | None) -> None:
        self._card = card
        self._behaviour = behaviour
        self._host = host
        self._credentials = credentials
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()
        self.port = 0
        self.nonce = secrets.token_hex(16)
        self.frames_sent = 0
        self.plays: list[tuple[str, str]] = []
        """`Range` and `Rate-Control` of every PLAY."""

    @property
    def url(self) -> str:
        """Base of all recordings."""
        return f"rtsp://{self._host}:{self.port}"

    async def start(self, port: int = 0) -> None:
        """Listens. Raises OSError."""
        self._server = await asyncio.start_server(self._serve, self._host, port, limit=MAX_HEAD_BYTES)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Closes everything."""
        if self._server is not None:
            self._server.close()
        for task in list(self._clients):
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        try:
            await _Dialogue(self, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError, MessageError, asyncio.LimitOverrunError, TimeoutError):
            pass  # the client's end of it
        finally:
            self._clients.discard(task)
            writer.transport.abort()

    def authorized(self, request: Request) -> bool:
        """Digest, as for the live stream."""
        if self._credentials is None:
            return True
        value = request.headers.get("authorization")
        given = {key: quoted or plain for key, quoted, plain in _PARAMETER.findall(value)}
        if not value.startswith("Digest ") or given.get("nonce") != self.nonce or self._behaviour.refuse_auth:
            return False
        challenge = Challenge("digest", _REALM, self.nonce)
        expected = digest_response(
            challenge, self._credentials, method=request.method, uri=given.get("uri", ""), nonce_count=0, client_nonce=""
        )
        return given.get("username") == self._credentials.username and secrets.compare_digest(expected, given.get("response", ""))

    async def play(self, writer: asyncio.StreamWriter, bounds: tuple[int, int], *, paced: bool, cseq: int) -> None:
        """Sends an interval; ends as the camera's behaviour says."""
        card, mount, loop, behaviour = self._card, self._card.mount, asyncio.get_running_loop(), self._behaviour
        sequence, base_us, began_s = secrets.randbelow(60_000), 0, loop.time()
        last_tick = max((frame.tick for frame in card.frames(*bounds)), default=-1) if behaviour.replay_last_late_s else -1
        for sent, frame in enumerate(card.frames(*bounds), 1):
            base_us = base_us or frame.taken_at_us
            if frame.tick == last_tick:
                await asyncio.sleep(behaviour.replay_last_late_s)
            if paced and (ahead := (frame.taken_at_us - base_us) / 1e6 - (loop.time() - began_s)) > 0:
                await asyncio.sleep(ahead)
            picture = mount.pictures[frame.tick % len(mount.pictures)]
            frames = stamp(
                picture,
                sequence=sequence,
                timestamp=(frame.taken_at_us - base_us) * CLOCK_RATE // 1_000_000 & 0xFFFF_FFFF,
                ssrc=_SSRC,
                camera=mount.camera,
                frame=frame.tick,
                sent_at_us=frame.taken_at_us,
            )
            if not behaviour.replay_markers:
                frames[picture.offsets[-1] + 5] &= 0x7F
            writer.write(with_replay_extension(frames, picture, frame, cseq))
            sequence = (sequence + len(picture.offsets)) & 0xFFFF
            self.frames_sent += 1
            if behaviour.replay_drops_after_frames and sent >= behaviour.replay_drops_after_frames:
                behaviour.replay_drops_after_frames = 0
                await writer.drain()
                raise ConnectionError
            await writer.drain()
        if behaviour.replay_ends is ReplayEnd.CLOSE:
            writer.close()
        if behaviour.replay_ends is not ReplayEnd.GOODBYE:
            return
        bye = struct.pack(">BBHI", 0x81, 203, 1, _SSRC)
        writer.write(b"$\1" + len(bye).to_bytes(2, "big") + bye)
        await writer.drain()

    def description(self) -> bytes:
        """The session description of the recording."""
        live = self._card.mount.description(self._host).decode()
        return live.replace("a=control:track1", "a=recvonly\r\na=control:track1").encode()

    def check_feature(self, request: Request) -> bool:
        """Recorded footage is only for those who say that they know it."""
        return REPLAY_FEATURE in request.headers.get("require")

    @property
    def payload_type(self) -> int:
        """RTP payload type."""
        return PAYLOAD_TYPE

    @property
    def card(self) -> Card:
        """What is served."""
        return self._card


class _Dialogue:
    """One client."""

    def __init__(self, server: ReplayServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._session = secrets.token_hex(8)
        self._set_up = False
        self._playing: asyncio.Task[None] | None = None

    async def run(self) -> None:
        try:
            while True:
                first = await self._reader.readexactly(1)
                if first == b"$":
                    head = await self._reader.readexactly(3)
                    await self._reader.readexactly(int.from_bytes(head[1:], "big"))
                    continue
                message, body_size = parse_head(first + await self._reader.readuntil(b"\r\n\r\n"))
                await self._reader.readexactly(body_size)
                if isinstance(message, Request) and not await self._answer(message):
                    return
        finally:
            await self._stop()

    async def _stop(self) -> None:
        if self._playing is not None:
            self._playing.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await self._playing
            self._playing = None

    async def _reply(self, request: Request, status: int, reason: str, *headers: tuple[str, str], body: bytes = b"") -> None:
        self._writer.write(encode_response(status, reason, [("CSeq", str(request.sequence)), *headers], body))
        await self._writer.drain()

    async def _answer(self, request: Request) -> bool:
        server, method = self._server, request.method
        session = ("Session", f"{self._session};timeout=60")
        if method == "OPTIONS":
            await self._reply(request, 200, "OK", ("Public", _METHODS))
        elif not server.authorized(request):
            challenge = f'Digest realm="{_REALM}", nonce="{server.nonce}"'
            await self._reply(request, 401, "Unauthorized", ("WWW-Authenticate", challenge))
        elif method == "DESCRIBE":
            base = ("Content-Base", request.url.rstrip("/") + "/")
            if not request.url.endswith(f"/recording/{server.card.token}"):
                await self._reply(request, 404, "Not Found")
            else:
                await self._reply(request, 200, "OK", ("Content-Type", "application/sdp"), base, body=server.description())
        elif method == "SETUP":
            if not server.check_feature(request):
                await self._reply(request, 412, "Precondition Failed")
                return True
            self._set_up = True
            await self._reply(request, 200, "OK", ("Transport", "RTP/AVP/TCP;unicast;interleaved=0-1"), session)
        elif method == "PLAY" and self._set_up:
            await self._play(request, session)
        elif method == "TEARDOWN":
            await self._stop()
            await self._reply(request, 200, "OK")
            return False
        elif method in ("GET_PARAMETER", "SET_PARAMETER"):
            await self._reply(request, 200, "OK", session)
        else:
            await self._reply(request, 455, "Method Not Valid in This State")
        return True

    async def _play(self, request: Request, session: tuple[str, str]) -> None:
        server = self._server
        match = _CLOCK_RANGE.search(request.headers.get("range"))
        rate_control = request.headers.get("rate-control", "yes")
        try:
            bounds = (read_clock(match[1]), read_clock(match[2]) if match[2] else 1 << 62) if match is not None else None
        except ValueError:
            bounds = None
        if match is None or bounds is None:
            await self._reply(request, 457, "Invalid Range")
            return
        await self._stop()
        server.plays.append((match[0], rate_control))
        await self._reply(request, 200, "OK", session, ("Range", match[0]))
        play = server.play(self._writer, bounds, paced=rate_control.lower() != "no", cseq=request.sequence)
        self._playing = asyncio.create_task(self._until_gone(play), name="replay")

    async def _until_gone(self, play: Coroutine[None, None, None]) -> None:
        try:
            await play
        except ConnectionError:
            self._writer.transport.abort()
