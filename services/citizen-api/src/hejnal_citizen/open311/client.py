"""GeoReport v2 as a client. XML is spoken, for every server must; nothing of an answer is believed before it is checked."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import aiohttp
import structlog

from hejnal_runtime.clock import Clock
from hejnal_runtime.traced_http import traced_requests

log = structlog.get_logger()

TIMEOUT_S = 20.0
LARGEST_ANSWER_BYTES = 4 * 1024 * 1024
OPENS_AFTER = 3
FIRST_REST_S = 15.0
LONGEST_REST_S = 600.0


class RefusedError(Exception):
    """The back office will not take this, now or later; the argument is its reason."""


class AwayError(Exception):
    """The back office does not answer as it should; it may later. `in_doubt`: it may have taken the request all the same."""

    def __init__(self, reason: str, *, in_doubt: bool) -> None:
        super().__init__(reason)
        self.in_doubt = in_doubt


class UnspokenError(Exception):
    """The back office does not speak this extension."""


@dataclass(frozen=True, slots=True)
class Office:
    """The back office and what is agreed with it."""

    enabled: bool
    url: str
    jurisdiction_id: str
    api_key: str | None
    with_contact: bool
    poll_s: int
    polled_until: datetime | None


@dataclass(frozen=True, slots=True)
class Taken:
    """A request that was taken: its number, or the token that leads to one."""

    service_request_id: str | None
    token: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """What the back office says of one request."""

    service_request_id: str
    status: str
    words: str
    key: str
    """The same for the same news."""


class Breaker:
    """Leaves a back office alone that failed several times in a row; then one request tries."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures = 0
        self._rests_until = 0.0

    def is_open(self) -> bool:
        """True: do not ask now."""
        return self._clock.monotonic() < self._rests_until

    def worked(self) -> None:
        """It answered."""
        self._failures = 0
        self._rests_until = 0.0

    def failed(self) -> None:
        """It did not."""
        self._failures += 1
        if self._failures >= OPENS_AFTER:
            rest_s = min(LONGEST_REST_S, FIRST_REST_S * 2.0 ** min(self._failures - OPENS_AFTER, 16))
            self._rests_until = self._clock.monotonic() + rest_s * random.uniform(0.75, 1)


class Open311Client:
    """Speaks to one back office at a time; connections are kept between requests."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def post(self, office: Office, fields: Sequence[tuple[str, str]], *, idempotency_key: str) -> Taken:
        """Send one request. RefusedError, AwayError."""
        own = [("api_key", office.api_key or ""), ("jurisdiction_id", office.jurisdiction_id)]
        form = [(name, value) for name, value in (*own, *fields) if value]
        headers = {"Idempotency-Key": idempotency_key}
        root = await self._ask(office, "POST", "requests", data=form, headers=headers)
        found = root.find("request")
        number, token = (_text(found, name) for name in ("service_request_id", "token"))
        if not number and not token:
            raise AwayError("it took the request but gave neither number nor token", in_doubt=True)
        return Taken(number or None, token or None)

    async def number_of(self, office: Office, token: str) -> str | None:
        """The number that a token stands for by now; None while there is none."""
        try:
            root = await self._ask(office, "GET", f"tokens/{quote(token, safe='')}")
        except (UnspokenError, RefusedError):
            return None
        return _text(root.find("request"), "service_request_id") or None

    async def find(self, office: Office, service_code: str, since: datetime, words: str) -> str | None:
        """The number of a request of ours that may have arrived: its description carries our own number."""
        parameters = {"service_code": service_code, "start_date": _stamp(since), "api_key": office.api_key or ""}
        root = await self._ask(office, "GET", "requests", parameters)
        for one in root.iter("request"):
            if words in _text(one, "description"):
                return _text(one, "service_request_id") or None
        return None

    async def updates(self, office: Office, since: datetime, until: datetime) -> list[Told]:
        """Answers of a time by the updates extension. UnspokenError where there is none."""
        parameters = {"start_date": _stamp(since), "end_date": _stamp(until)}
        root = await self._ask(office, "GET", "servicerequestupdates", parameters)
        if root.tag != "service_request_updates":
            raise UnspokenError(root.tag)
        told = [_told(one, _text(one, "description"), _text(one, "update_id")) for one in root]
        return [one for one in told if one.service_request_id and one.key]

    async def states(self, office: Office, numbers: Sequence[str]) -> list[Told]:
        """How requests stand, by their numbers."""
        root = await self._ask(office, "GET", "requests", {"service_request_id": ",".join(numbers)})
        told = []
        for one in root.iter("request"):
            words, status = _text(one, "status_notes"), _text(one, "status")
            told.append(_told(one, words, f"{status}|{words}"[:500]))
        return [one for one in told if one.service_request_id]

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def _ask(
        self,
        office: Office,
        method: str,
        path: str,
        parameters: Mapping[str, str] | None = None,
        **options: Any,
    ) -> ET.Element:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_S), trace_configs=traced_requests(inside=False)
            )
        own = {"jurisdiction_id": office.jurisdiction_id} if method == "GET" else {}
        query = {name: value for name, value in (own | dict(parameters or {})).items() if value}
        writes = method == "POST"
        try:
            async with self._session.request(
                method, f"{office.url}/{path}.xml", params=query, allow_redirects=False, **options
            ) as answer:
                status, body = answer.status, await answer.content.read(LARGEST_ANSWER_BYTES)
                while len(body) < LARGEST_ANSWER_BYTES and (more := await answer.content.read(LARGEST_ANSWER_BYTES - len(body))):
                    body += more
        except aiohttp.ClientConnectorError as error:
            raise AwayError(f"no connection ({type(error).__name__})", in_doubt=False) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise AwayError(f"no answer ({type(error).__name__})", in_doubt=writes) from error
        return _judged(status, body, writes=writes)


def _judged(status: int, body: bytes, *, writes: bool) -> ET.Element:
    """The document of an answer, or why there is none."""
    if status in {HTTPStatus.OK, HTTPStatus.CREATED}:
        return parsed(body, in_doubt=writes)
    reason = f"{status}: {_reason(body)}"
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED} and not writes:
        raise UnspokenError(reason)
    if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.GONE}:
        raise RefusedError(reason)
    raise AwayError(reason, in_doubt=writes and status >= HTTPStatus.INTERNAL_SERVER_ERROR)


def parsed(body: bytes, *, in_doubt: bool = False) -> ET.Element:
    """An XML document from outside, without declarations of entities. AwayError when it is none."""
    if b"<!" in body.replace(b"<!--", b"").replace(b"<![CDATA[", b"") or len(body) >= LARGEST_ANSWER_BYTES:
        raise AwayError("its answer is not an XML document of the standard", in_doubt=in_doubt)
    try:
        return ET.fromstring(body)  # noqa: S314 entities cannot be declared: refused above
    except (ET.ParseError, ValueError, LookupError) as error:
        raise AwayError("its answer is not an XML document", in_doubt=in_doubt) from error


def _reason(body: bytes) -> str:
    try:
        words = [_text(one, "description") for one in parsed(body).iter("error")]
    except AwayError:
        words = []
    return "; ".join(word for word in words if word)[:300] or "no reason given"


def _told(element: ET.Element, words: str, key: str) -> Told:
    return Told(_text(element, "service_request_id"), _text(element, "status").upper(), words, key)


def _text(element: ET.Element | None, name: str) -> str:
    return (element.findtext(name) or "").strip() if element is not None else ""


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
