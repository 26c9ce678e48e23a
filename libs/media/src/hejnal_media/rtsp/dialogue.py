"""Requests and answers with one camera: connection, passwords, redirects. Knows nothing of media."""

import asyncio
import contextlib
import errno
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from hejnal_media.rtsp.auth import Authenticator, Credentials
from hejnal_media.rtsp.errors import RtspError, RtspFault
from hejnal_media.rtsp.message import Request, Response, encode_request, encode_response
from hejnal_media.rtsp.tls import TlsPolicy
from hejnal_media.rtsp.transport import ReceiveBuffer, RtspConnection
from hejnal_media.rtsp.url import RtspUrl, parse_url, resolve_control

USER_AGENT = "Hejnal/0.1"
REDIRECTS = frozenset({301, 302, 303, 305, 307})
_TAKEN_REQUESTS = frozenset({"OPTIONS", "GET_PARAMETER", "SET_PARAMETER", "ANNOUNCE", "REDIRECT"})
_UNREACHABLE = frozenset(
    {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.ENETDOWN, errno.EADDRNOTAVAIL}
)


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """Time limits of a session, seconds."""

    connect_timeout_s: float = 5.0
    response_timeout_s: float = 5.0
    teardown_timeout_s: float = 1.0


class RtspDialogue:
    """One connection at a time to where `url` says; `redirect` changes the URL for the next `connect`."""

    def __init__(
        self,
        url: RtspUrl,
        *,
        credentials: Credentials | None,
        buffer: ReceiveBuffer,
        limits: SessionLimits,
        tls: TlsPolicy,
        on_control: Callable[[int, bytes], None],
        on_request: Callable[[Request], None],
    ) -> None:
        self.url = url
        self._credentials = credentials
        self._buffer = buffer
        self._limits = limits
        self._tls = tls
        self._on_control = on_control
        self._on_request = on_request
        self._authenticator = Authenticator(credentials) if credentials else None
        self._pending: dict[int, asyncio.Future[Response]] = {}
        self._sequence = 0
        self.connection: RtspConnection | None = None
        self.keeps_session = False
        """True: a new connection would be of no use."""
        self.closed: asyncio.Future[RtspError] | None = None
        """Done with the reason when the connection has ended."""

    @property
    def where(self) -> str:
        """Host and port, for people."""
        return f"{self.url.host}:{self.url.port}"

    @property
    def is_open(self) -> bool:
        """True while requests can be sent."""
        return self.connection is not None and self.closed is not None and not self.closed.done()

    async def connect(self) -> None:
        """Opens the connection. Raises RtspError: no_route, refused, not_rtsp, protocol."""
        if self._credentials is not None and self._authenticator is not None:
            self._authenticator = Authenticator(self._credentials)
        await self._connect()

    async def _connect(self) -> None:
        self.abort()
        self.keeps_session = False
        loop = asyncio.get_running_loop()
        closed: asyncio.Future[RtspError] = loop.create_future()

        def on_closed(error: RtspError) -> None:
            if not closed.done():
                closed.set_result(error)
            if closed is self.closed:
                self._fail_pending(error)

        self.closed = closed
        factory = lambda: RtspConnection(  # noqa: E731
            self._buffer, on_message=self._on_message, on_control=self._on_control, on_closed=on_closed
        )
        secure = await asyncio.to_thread(self._tls.context) if self.url.secure else None
        limit_s = self._limits.connect_timeout_s
        try:
            async with asyncio.timeout(limit_s):
                transport, connection = await loop.create_connection(factory, self.url.host, self.url.port)
        except TimeoutError as error:
            raise RtspError(RtspFault.NO_ROUTE, f"{self.where} does not answer within {limit_s:g} s") from error
        except ConnectionRefusedError as error:
            raise RtspError(RtspFault.REFUSED, f"{self.where} refuses connections") from error
        except socket.gaierror as error:
            raise RtspError(RtspFault.NO_ROUTE, f"the name {self.url.host} is not known") from error
        except UnicodeError as error:
            raise RtspError(RtspFault.NO_ROUTE, "the name of the host cannot be one") from error
        except OSError as error:
            fault = RtspFault.NO_ROUTE if error.errno in _UNREACHABLE else RtspFault.REFUSED
            raise RtspError(fault, f"{self.where} cannot be reached: {error.strerror or type(error).__name__}") from error
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection = connection
        if secure is not None:
            try:
                await self._start_tls(transport, connection, secure)
            except BaseException:
                transport.abort()
                self.abort()
                raise

    async def _start_tls(self, transport: asyncio.Transport, connection: RtspConnection, context: ssl.SSLContext) -> None:
        loop, limit_s = asyncio.get_running_loop(), self._limits.connect_timeout_s
        try:
            async with asyncio.timeout(limit_s):
                encrypted = await loop.start_tls(transport, connection, context, server_hostname=self.url.host)
            if encrypted is None:
                raise ConnectionResetError
            connection.connection_made(encrypted)
            shaken = encrypted.get_extra_info("ssl_object")
            self._tls.check(shaken.getpeercert(binary_form=True) if shaken is not None else None)
        except TimeoutError as error:
            raise RtspError(RtspFault.STALLED, f"{self.where} does not answer to TLS within {limit_s:g} s") from error
        except ssl.SSLCertVerificationError as error:
            raise RtspError(RtspFault.PROTOCOL, f"the camera's certificate is not believed: {error.verify_message}") from error
        except ssl.SSLError as error:
            raise RtspError(RtspFault.NOT_RTSP, f"{self.where} does not speak TLS: {error.reason or 'no reason'}") from error
        except OSError as error:
            raise RtspError(RtspFault.NOT_RTSP, f"{self.where} ends the connection instead of speaking TLS") from error

    def redirect(self, location: str) -> None:
        """The next connection goes to `location`. Raises RtspError when that is no URL of a camera."""
        if not location:
            raise RtspError(RtspFault.PROTOCOL, "the camera redirects, but does not say where to")
        target = parse_url(resolve_control(self.url.text, location) if location.startswith("/") else location)
        if not target.may_have_password_of(self.url):
            self._authenticator = None  # a password is for the host it was given for
        self.url = target

    def abort(self) -> None:
        """Ends the connection at once."""
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.abort()

    async def request(self, method: str, url: str, headers: list[tuple[str, str]]) -> Response:
        """One request, asked again with a password when the camera wants one. Raises RtspError."""
        connected_again = False
        for _ in range(4):
            try:
                response = await self._exchange(method, url, headers)
            except RtspError as error:
                asked = self._authenticator is not None and self._authenticator.is_asked
                if error.fault is not RtspFault.CLOSED or not asked or connected_again or self.keeps_session:
                    raise
                connected_again = True  # there are cameras that hang up after they have asked for a password
                if self._authenticator is not None:
                    self._authenticator.expect_new_nonce()
                await self._connect()
                continue
            if response.status != 401:
                if self._authenticator is not None:
                    self._authenticator.accepted()
                return response
            if self._authenticator is None:
                raise RtspError(RtspFault.UNAUTHORIZED, "the camera asks for a password and none is known")
            if not self._authenticator.challenged(response.headers.all("www-authenticate")):
                break
        raise RtspError(RtspFault.UNAUTHORIZED, "the camera does not accept the user name or password")

    async def _exchange(self, method: str, url: str, headers: list[tuple[str, str]]) -> Response:
        connection, closed = self.connection, self.closed
        if connection is None or closed is None:
            raise RtspError(RtspFault.CLOSED, "the session is closed")
        if closed.done():
            raise closed.result()
        self._sequence += 1
        number = self._sequence
        fields = [("CSeq", str(number)), ("User-Agent", USER_AGENT), *headers]
        if self._authenticator is not None and (authorization := self._authenticator.header(method, url)) is not None:
            fields.append(("Authorization", authorization))
        answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._pending[number] = answer
        try:
            connection.send(encode_request(method, url, fields))
            async with asyncio.timeout(self._limits.response_timeout_s):
                return await answer
        except TimeoutError as error:
            limit = self._limits.response_timeout_s
            raise RtspError(RtspFault.STALLED, f"{self.where} does not answer {method} within {limit:g} s") from error
        except ValueError as error:
            raise RtspError(RtspFault.PROTOCOL, "the camera names something that cannot be asked for") from error
        finally:
            self._pending.pop(number, None)

    def _on_message(self, message: Response | Request) -> None:
        if isinstance(message, Request):
            if self.connection is not None:
                status = (200, "OK") if message.method in _TAKEN_REQUESTS else (501, "Not Implemented")
                number = message.sequence
                self.connection.send(encode_response(*status, [("CSeq", str(number))] if number >= 0 else []))
            self._on_request(message)
            return
        number = message.sequence
        if number not in self._pending and not 0 < number <= self._sequence and len(self._pending) == 1:
            number = next(iter(self._pending))  # cameras that forget CSeq, or count on their own, answer in order
        answer = self._pending.get(number)
        if answer is not None and not answer.done():
            if 100 <= message.status < 200:
                return  # "continue": the answer is still to come
            answer.set_result(message)

    def _fail_pending(self, error: RtspError) -> None:
        for answer in self._pending.values():
            if not answer.done():
                answer.set_exception(error)

    async def ask_quietly(self, method: str, url: str, headers: list[tuple[str, str]], timeout_s: float) -> bool:
        """A request whose answer changes nothing; True when it came in time."""
        with contextlib.suppress(RtspError, TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self.request(method, url, headers)
                return True
        return False
