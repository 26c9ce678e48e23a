"""The simulator's RTSP server: one listening socket, one frame clock, many mounts."""

import asyncio
import contextlib
import re
import secrets
import ssl
import time
from collections.abc import Iterable
from urllib.parse import urlsplit

from hejnal_media.rtsp.auth import Challenge, Credentials, digest_response
from hejnal_media.rtsp.message import MAX_HEAD_BYTES, MessageError, Request, encode_response, parse_head
from hejnal_media.simulator.description import AUDIO_TRACK, VIDEO_TRACK
from hejnal_media.simulator.mount import Mount

_METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"
_REALM = "Hejnal simulator"
_PARAMETER = re.compile(r'(\w+)=(?:"([^"]*)"|([^,\s]+))')


class CameraSimulator:
    """Serves mounts over RTSP/TCP. `credentials` switches digest authentication on for all of them, `secure` RTSPS."""

    def __init__(
        self,
        mounts: Iterable[Mount],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        credentials: Credentials | None = None,
        digest_algorithm: str = "MD5",
        slots_per_frame: int = 10,
        secure: ssl.SSLContext | None = None,
        age_s: float = 0.0,
    ) -> None:
        """`age_s`: the cameras have run for so long already, so there is that much on their cards."""
        self.mounts = {mount.path: mount for mount in mounts}
        self.credentials = credentials
        self.digest_algorithm = digest_algorithm
        self._host = host
        self._port = port
        self._slots = slots_per_frame
        self._secure = secure
        self._server: asyncio.Server | None = None
        self._clock: asyncio.Task[None] | None = None
        self._connections: set[_Connection] = set()
        self._started_s = time.monotonic() - age_s
        self._started_us = time.time_ns() // 1000 - int(age_s * 1e6)
        self.nonce = secrets.token_hex(16)
        self.late_frames = 0
        """Ticks of the frame clock that came more than a frame too late."""

    @property
    def port(self) -> int:
        """The port in use."""
        return self._port

    def url(self, path: str) -> str:
        """URL of a mount, e.g. of `cam-001/main`."""
        return f"rtsp{'s' if self._secure else ''}://{self._host}:{self._port}/{path}"

    @property
    def clock_s(self) -> float:
        """Seconds since the simulator was made."""
        return time.monotonic() - self._started_s

    def tick(self, fps: int) -> int:
        """Number of the frame that is due now."""
        return int(self.clock_s * fps)

    def reboot(self, path: str, down_s: float = 2.0) -> None:
        """The camera of a mount loses power and comes back after `down_s`."""
        self.mounts[path].reboot(self.clock_s + down_s)

    def taken_at_us(self, tick: int, fps: int) -> int:
        """Wall time at which frame `tick` was taken, microseconds since the epoch."""
        return self._started_us + tick * 1_000_000 // fps

    async def start(self) -> None:
        """Listens and starts the clock. Raises OSError when the port is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), self._host, self._port, backlog=512, ssl=self._secure)
        self._port = self._server.sockets[0].getsockname()[1]
        self._clock = asyncio.create_task(self._run_clock(), name="simulator-clock")

    async def stop(self) -> None:
        """Closes everything."""
        if self._clock is not None:
            self._clock.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._clock
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.drop()

    async def _run_clock(self) -> None:
        """Mounts are spread over the slots of a frame period, so that key frames of the town do not come all at once."""
        wheel: list[list[Mount]] = [[] for _ in range(self._slots)]
        for number, mount in enumerate(self.mounts.values()):
            wheel[number % self._slots].append(mount)
        fps = {mount.path: mount.clip.spec.fps for mount in self.mounts.values()}
        played: dict[str, int] = {}
        slot_s = 1 / max(fps.values(), default=25) / self._slots
        step = 0
        while True:
            step += 1
            delay = self._started_s + step * slot_s - time.monotonic()
            if delay > 0:
                await asyncio.sleep(delay)
            elif step % self._slots == 0:
                await asyncio.sleep(0)
            now_s, now_us = time.monotonic() - self._started_s, time.time_ns() // 1000
            for mount in wheel[step % self._slots]:
                if not mount.watched:
                    played.pop(mount.path, None)
                    continue
                due = int(now_s * fps[mount.path])
                last = played.get(mount.path, due - 1)
                if due - last > fps[mount.path]:
                    self.late_frames += due - last - 1
                    last = due - 1
                for tick in range(last + 1, due + 1):
                    mount.play(tick, now_us, taken_at_us=self.taken_at_us(tick, fps[mount.path]))
                played[mount.path] = due


class _Connection(asyncio.Protocol):
    """One client."""

    def __init__(self, server: CameraSimulator) -> None:
        self._server = server
        self._received = bytearray()
        self._mount: Mount | None = None
        self._set_up = False
        self.audio_channel = -1
        self._session = secrets.token_hex(8)
        self._transport: asyncio.Transport | None = None

    # --- Viewer

    def send(self, data: bytes | bytearray) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def unsent_bytes(self) -> int:
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    def drop(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # --- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self._server._connections.add(self)  # noqa: SLF001

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._server._connections.discard(self)  # noqa: SLF001
        mount = self._mount
        if mount is not None:
            mount.remove(self)
            if self._set_up and mount.behaviour.single_session:  # no TEARDOWN was heard
                mount.free_at_s = self._server.clock_s + mount.behaviour.session_timeout_s

    def data_received(self, data: bytes) -> None:
        received = self._received
        received += data
        while received:
            if received[0] == 0x24:  # a receiver report
                if len(received) < 4 or len(received) < (size := 4 + (received[2] << 8 | received[3])):
                    return
                del received[:size]
                continue
            end = received.find(b"\r\n\r\n")
            if end < 0:
                if len(received) > MAX_HEAD_BYTES:
                    self.drop()
                return
            try:
                message, body_size = parse_head(bytes(received[: end + 4]))
            except MessageError:
                self.send(encode_response(400, "Bad Request", []))
                self.drop()
                return
            if len(received) < end + 4 + body_size:
                return
            del received[: end + 4 + body_size]
            if isinstance(message, Request):
                self._answer(message)

    # --- requests

    def _reply(self, request: Request, status: int, reason: str, headers: list[tuple[str, str]], body: bytes = b"") -> None:
        self.send(encode_response(status, reason, [("CSeq", str(request.sequence)), *headers], body))

    def _answer(self, request: Request) -> None:
        if request.method == "OPTIONS":
            self._reply(request, 200, "OK", [("Public", _METHODS)])
            return
        if not self._authorized(request):
            server = self._server
            challenge = f'Digest realm="{_REALM}", nonce="{server.nonce}", algorithm={server.digest_algorithm}, qop="auth"'
            self._reply(request, 401, "Unauthorized", [("WWW-Authenticate", challenge)])
            return
        path = urlsplit(request.url).path.strip("/")
        track = next((name for name in (VIDEO_TRACK, AUDIO_TRACK) if path.endswith("/" + name)), VIDEO_TRACK)
        path = path.removesuffix("/" + track)
        mount = self._server.mounts.get(path)
        if mount is None or mount.behaviour.not_found:
            self._reply(request, 404, "Not Found", [])
            return
        if mount.down_until_s > self._server.clock_s:
            self.drop()
            return
        session = ("Session", f"{self._session};timeout={mount.behaviour.session_timeout_s:.0f}")
        if request.method in ("DESCRIBE", "SETUP") and mount.behaviour.refuse:
            self._reply(request, mount.behaviour.refuse, "Refused", [])
        elif request.method == "DESCRIBE":
            headers = [("Content-Type", "application/sdp"), ("Content-Base", request.url.rstrip("/") + "/")]
            self._reply(request, 200, "OK", headers, mount.description(self._address()))
        elif request.method == "SETUP":
            self._answer_set_up(request, mount, track, session)
        elif request.method == "PLAY" and self._set_up:
            self._reply(request, 200, "OK", [session, ("Range", "npt=0.000-")])
            mount.add(self, self._server.tick(mount.clip.spec.fps))
        elif request.method == "TEARDOWN":
            self._reply(request, 200, "OK", [])
            mount.remove(self)
            self._set_up = False
            if self._transport is not None:
                self._transport.close()
        elif request.method in ("GET_PARAMETER", "SET_PARAMETER"):
            self._reply(request, 200, "OK", [session])
        else:
            self._reply(request, 455, "Method Not Valid in This State", [])

    def _answer_set_up(self, request: Request, mount: Mount, track: str, session: tuple[str, str]) -> None:
        sound = track == AUDIO_TRACK
        if "TCP" not in request.headers.get("transport") or (sound and mount.behaviour.audio_refused):
            self._reply(request, 461, "Unsupported Transport", [])
            return
        taken = mount.watched or mount.free_at_s > self._server.clock_s
        if mount.behaviour.single_session and taken and not self._set_up:
            self._reply(request, 453, "Not Enough Bandwidth", [])
            return
        self._set_up = True
        self._mount = mount
        channel = 2 if sound else 0
        if sound:
            self.audio_channel = channel
        ssrc = "" if sound else f";ssrc={mount.ssrc:08X}"
        transport = f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}{ssrc}"
        self._reply(request, 200, "OK", [("Transport", transport), session])

    def _address(self) -> str:
        name = self._transport.get_extra_info("sockname") if self._transport is not None else None
        return str(name[0]) if isinstance(name, tuple) else "127.0.0.1"

    def _authorized(self, request: Request) -> bool:
        credentials = self._server.credentials
        if credentials is None:
            return True
        value = request.headers.get("authorization")
        given = {key: quoted or plain for key, quoted, plain in _PARAMETER.findall(value)}
        if not value.startswith("Digest ") or given.get("nonce") != self._server.nonce:
            return False
        if given.get("username") != credentials.username:
            return False
        challenge = Challenge("digest", _REALM, self._server.nonce, None, self._server.digest_algorithm, given.get("qop", ""))
        count = given.get("nc", "0")
        expected = digest_response(
            challenge,
            credentials,
            method=request.method,
            uri=given.get("uri", ""),
            nonce_count=int(count, 16) if re.fullmatch(r"[0-9a-fA-F]{1,8}", count) else 0,
            client_nonce=given.get("cnonce", ""),
        )
        return secrets.compare_digest(expected, given.get("response", ""))
