"""SOAP to one camera: signed in, bounded in time and size, with the camera's own idea of the time."""

import asyncio
import base64
import secrets
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import Element

import aiohttp

from hejnal_ingest.onvif.address import HostPolicy, read_address
from hejnal_ingest.onvif.errors import OnvifError, OnvifFault
from hejnal_media.onvif import MalformedXmlError, SoapFaultError, envelope, read_body
from hejnal_media.onvif.names import BASE64, NAMESPACES, PASSWORD_DIGEST
from hejnal_media.onvif.soap import CONTENT_TYPE, password_digest
from hejnal_media.onvif.xml import MAX_BYTES, find, find_all, number_of, quote, text_of, write_instant
from hejnal_media.rtsp.auth import Authenticator, Credentials
from hejnal_runtime.clock import Clock

_HTTP = ("http", "https")
_DATE_PARTS = ("Year", "Month", "Day", "Hour", "Minute", "Second")
_WHOLE_SECONDS_S = 0.5
"""Cameras tell whole seconds: on average half a second has gone since."""
_UNSUPPORTED = frozenset({"ActionNotSupported", "OptionalActionNotImplemented", "PTZNotSupported", "NoPTZProfile"})
_GONE = frozenset({"ResourceUnknownFault", "ResourceUnknown", "InvalidMessageContentExpression"})


@dataclass(frozen=True, slots=True)
class OnvifLimits:
    """Time limits, seconds."""

    answer_timeout_s: float = 5.0


class OnvifClient:
    """Speaks to one device. Not for use by several tasks at the very first call; afterwards it is.

    Every method raises OnvifError.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        url: str,
        credentials: Credentials | None,
        *,
        clock: Clock,
        limits: OnvifLimits | None = None,
        allowed_hosts: frozenset[str] = frozenset(),
        nonce: Callable[[], bytes] = lambda: secrets.token_bytes(16),
    ) -> None:
        address = read_address(url, schemes=_HTTP)
        self.url = address.text
        self.hosts = HostPolicy(address.host, allowed_hosts)
        self._http = http
        self._credentials = credentials
        self._clock = clock
        self._limits = limits or OnvifLimits()
        self._nonce = nonce
        self._services: dict[str, str] | None = None
        self._offset: timedelta | None = None
        self._authenticator: Authenticator | None = None

    # --- what every conversation begins with

    async def clock_offset_s(self) -> float:
        """Camera clock minus server clock, ± 0.5 s, asked anew. Asks without a password, as the standard allows."""
        before = self._clock.monotonic()
        answer = await self._exchange(self.url, "<tds:GetSystemDateAndTime/>", signed=False)
        took_s = self._clock.monotonic() - before
        utc = find(answer, "//tt:UTCDateTime")
        values = [int(number_of(utc, f"//tt:{part}", -1)) for part in _DATE_PARTS]
        try:
            shown = datetime(*values, tzinfo=UTC)  # type: ignore[arg-type, misc]
        except (ValueError, OverflowError):
            raise OnvifError(OnvifFault.MALFORMED, "the camera tells no valid date and time") from None
        self._offset = shown + timedelta(seconds=_WHOLE_SECONDS_S + took_s / 2) - self._clock.now()
        return self._offset.total_seconds()

    @property
    def known_offset_s(self) -> float | None:
        """What `clock_offset_s` gave last."""
        return self._offset.total_seconds() if self._offset is not None else None

    async def services(self) -> dict[str, str]:
        """Address by namespace prefix (`tds`, `trt`, `tr2`, `tptz`, `tev`, `tse`, `trp` …)."""
        if self._services is None:
            self._services = await self._ask_services()
        return self._services

    async def offers(self, service: str) -> bool:
        """Whether the camera has the service."""
        return service in await self.services()

    async def call(
        self, service: str, body: str, *, address: str | None = None, header: str = "", extra_time_s: float = 0.0
    ) -> Element:
        """The answer to a request to a service (prefix), or to an `address` that the camera gave."""
        if address is None:
            address = (await self.services()).get(service)
            if address is None:
                raise OnvifError(OnvifFault.UNSUPPORTED, f"the camera has no service {NAMESPACES[service]}")
        if self._credentials is not None and self._offset is None:
            await self.clock_offset_s()
        try:
            return await self._exchange(address, body, header=header, extra_time_s=extra_time_s)
        except OnvifError as error:
            if error.fault is not OnvifFault.UNAUTHORIZED or self._credentials is None:
                raise
            before = self._offset
            await self.clock_offset_s()
            if before is not None and self._offset is not None and abs(self._offset - before) < timedelta(seconds=2):
                raise
        return await self._exchange(address, body, header=header, extra_time_s=extra_time_s)  # its clock was set meanwhile

    # --- inside

    async def _ask_services(self) -> dict[str, str]:
        prefixes = {uri: prefix for prefix, uri in NAMESPACES.items()}
        found: dict[str, str] = {"tds": self.url}
        try:
            request = "<tds:GetServices><tds:IncludeCapability>false</tds:IncludeCapability></tds:GetServices>"
            answer = await self._exchange(self.url, request, signed=self._offset is not None)
            pairs = [(text_of(one, "tds:Namespace"), text_of(one, "tds:XAddr")) for one in find_all(answer, "tds:Service")]
        except OnvifError as error:
            if error.fault not in (OnvifFault.UNSUPPORTED, OnvifFault.REFUSED):
                raise
            pairs = await self._ask_capabilities()
        for namespace, address in pairs:
            prefix = prefixes.get(namespace)
            if prefix is not None and prefix != "tds":
                found[prefix] = self.hosts.checked(address, schemes=_HTTP)
        return found

    async def _ask_capabilities(self) -> list[tuple[str, str]]:
        """Cameras from before GetServices."""
        request = "<tds:GetCapabilities><tds:Category>All</tds:Category></tds:GetCapabilities>"
        answer = await self._exchange(self.url, request, signed=self._offset is not None)
        pairs: list[tuple[str, str]] = []
        tags = {"Media": "trt", "PTZ": "tptz", "Events": "tev", "Recording": "trc", "Search": "tse", "Replay": "trp"}
        for tag, prefix in tags.items():
            address = text_of(find(answer, f"//tt:{tag}"), "tt:XAddr")
            if address:
                pairs.append((NAMESPACES[prefix], address))
        return pairs

    async def _exchange(
        self, address: str, body: str, *, signed: bool = True, header: str = "", extra_time_s: float = 0.0
    ) -> Element:
        for _ in range(2):
            token = self._token() if signed and self._authenticator is None else ""
            status, challenges, data = await self._post(address, envelope(body, token + header), signed, extra_time_s)
            if status == 401 and signed and self._credentials is not None:
                first_time = self._authenticator is None
                self._authenticator = self._authenticator or Authenticator(self._credentials)
                if self._authenticator.challenged(challenges) or first_time:
                    continue
                self._authenticator = None
            break
        if status == 401:
            raise OnvifError(OnvifFault.UNAUTHORIZED, "the camera does not accept the user name or password")
        return _read(status, data)

    async def _post(self, address: str, data: bytes, signed: bool, extra_time_s: float) -> tuple[int, list[str], bytes]:  # noqa: FBT001
        headers = {"Content-Type": CONTENT_TYPE}
        if signed and self._authenticator is not None:
            path = read_address(address, schemes=_HTTP).path
            authorization = self._authenticator.header("POST", path)
            if authorization is not None:
                headers["Authorization"] = authorization
        limit_s = self._limits.answer_timeout_s + extra_time_s
        try:
            async with (
                asyncio.timeout(limit_s),
                self._http.post(address, data=data, headers=headers, allow_redirects=False) as response,
            ):
                received = bytearray()
                async for chunk in response.content.iter_chunked(65_536):
                    received += chunk
                    if len(received) > MAX_BYTES:
                        raise OnvifError(OnvifFault.MALFORMED, f"the camera answers with more than {MAX_BYTES} bytes")
                return response.status, response.headers.getall("WWW-Authenticate", []), bytes(received)
        except TimeoutError as error:
            raise OnvifError(OnvifFault.TIMEOUT, f"{self.hosts.own_host} does not answer within {limit_s:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise OnvifError(OnvifFault.NO_ROUTE, f"{self.hosts.own_host} cannot be reached: {type(error).__name__}") from error

    def _token(self) -> str:
        """UsernameToken with a digest that is good once, in the camera's own time."""
        credentials = self._credentials
        if credentials is None:
            return ""
        nonce = self._nonce()
        created = write_instant(self._clock.now() + (self._offset or timedelta()))
        digest = password_digest(nonce, created, credentials.password)
        return (
            '<wsse:Security s:mustUnderstand="1"><wsse:UsernameToken>'
            f"<wsse:Username>{quote(credentials.username)}</wsse:Username>"
            f'<wsse:Password Type="{PASSWORD_DIGEST}">{digest}</wsse:Password>'
            f'<wsse:Nonce EncodingType="{BASE64}">{base64.b64encode(nonce).decode()}</wsse:Nonce>'
            f"<wsu:Created>{created}</wsu:Created></wsse:UsernameToken></wsse:Security>"
        )


def _read(status: int, data: bytes) -> Element:
    try:
        answer = read_body(data)
    except MalformedXmlError as error:
        fault = OnvifFault.MALFORMED if data.lstrip()[:5] in (b"<?xml", b"<s:En", b"<SOAP") else OnvifFault.NOT_ONVIF
        raise OnvifError(fault, f"the answer ({status}) is no SOAP message: {error}") from None
    except SoapFaultError as error:
        raise OnvifError(_fault_of(error), f"the camera refuses: {error.reason or '/'.join(error.subcodes)}"[:300]) from None
    except (struct.error, RecursionError):
        raise OnvifError(OnvifFault.MALFORMED, "the answer cannot be read") from None
    if status != 200:
        raise OnvifError(OnvifFault.NOT_ONVIF, f"the camera answers with status {status}")
    return answer


def _fault_of(error: SoapFaultError) -> OnvifFault:
    codes = {error.code, *error.subcodes}
    if codes & {"NotAuthorized", "FailedAuthentication", "InvalidSecurity", "SenderNotAuthorized"}:
        return OnvifFault.UNAUTHORIZED
    if codes & _UNSUPPORTED:
        return OnvifFault.UNSUPPORTED
    return OnvifFault.GONE if codes & _GONE else OnvifFault.REFUSED
