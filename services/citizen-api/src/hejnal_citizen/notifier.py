"""Notifier's internal API: messages to one person, what an announcement would say, what the month's SMS have cost."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

import aiohttp
import structlog

from hejnal_contracts.base import Language
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.tokens import TokenIssuer
from hejnal_runtime.traced_http import traced_requests

log = structlog.get_logger()

_QUESTION_TIMEOUT = aiohttp.ClientTimeout(total=2.0)
"""A preview waits no longer: it is shown without what notifier alone knows."""
_NO_ANSWER = (aiohttp.ClientError, TimeoutError, OSError, ValueError)


class NotifierClient:
    """Hands messages to one person to notifier, which stores them before it answers."""

    def __init__(self, base_url: str, issuer: TokenIssuer, *, timeout_s: float) -> None:
        self._url = base_url.rstrip("/") + "/internal/v1"
        self._issuer = issuer
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def send_code(
        self, *, channel: str, address: str, code: str, language: Language, expires_at: datetime, idempotency_key: str
    ) -> None:
        """Returns when notifier has durably accepted the code; AppError(UNAVAILABLE) when it has not."""
        body = {
            "channel": channel,
            "address": address,
            "code": code,
            "language": language.value,
            "purpose": "sign_in",
            "expires_at": expires_at.isoformat(),
            "idempotency_key": idempotency_key,
        }
        status = await self._post("one-time-codes", body, channel)
        if status != HTTPStatus.ACCEPTED:
            other = "an e-mail address" if channel == "sms" else "a phone number"
            detail = f"We cannot send codes right now. Please try again in a minute, or use {other}."
            raise AppError(Kind.UNAVAILABLE, "code-not-sent", detail, retry_after_s=30)

    async def send_test(
        self, *, channel: str, address: str, push_keys: dict[str, str | None] | None, language: Language, idempotency_key: str
    ) -> bool:
        """True when notifier has durably accepted a test message; False when the town does not send on this channel.

        AppError(UNAVAILABLE) when notifier does not answer.
        """
        body = {"channel": channel, "address": address, "push_keys": push_keys, "language": language.value}
        status = await self._post("test-messages", body | {"idempotency_key": idempotency_key}, channel)
        if status == HTTPStatus.UNPROCESSABLE_ENTITY:
            return False
        if status != HTTPStatus.ACCEPTED:
            detail = "We cannot send test messages right now. Please try again in a minute."
            raise AppError(Kind.UNAVAILABLE, "test-not-sent", detail, retry_after_s=30)
        return True

    async def sms_spending(self, month: str) -> tuple[float | None, float] | None:
        """The month's SMS budget (None: none is set) and what was spent, in PLN; None when notifier does not answer."""
        try:
            statement = await self._ask("GET", f"statements/{month}")
            return statement["sms_budget_zl"], float(statement["sms_cost_zl"])
        except (*_NO_ANSWER, KeyError, TypeError) as error:
            log.warning("sms_budget_unknown", reason=_reason(error))
            return None

    async def announcement_wordings(self, announcement: dict[str, Any]) -> Any:
        """What an announcement would say on each channel (`announcement-wordings` of notifier); None without an answer."""
        try:
            return await self._ask("POST", "announcement-wordings", announcement)
        except _NO_ANSWER as error:
            log.warning("wordings_unknown", reason=_reason(error))
            return None

    async def send_notice(
        self, *, channel: str, address: str, subject: str, body: str, language: Language, idempotency_key: str
    ) -> None:
        """Returns when notifier has durably accepted a notice about a resident's own matter.

        AppError: UNAVAILABLE when it has not and may later, INVALID when it never will (a channel the town does not have).
        """
        message = {"channel": channel, "address": address, "subject": subject, "body": body, "language": language.value}
        status = await self._post("notices", message | {"idempotency_key": idempotency_key}, channel)
        if status == HTTPStatus.UNPROCESSABLE_ENTITY:
            raise AppError(Kind.INVALID, "notice-refused", "The notifier cannot send this notice.")
        if status != HTTPStatus.ACCEPTED:
            raise AppError(Kind.UNAVAILABLE, "notice-not-sent", "The notifier does not take notices right now.")

    async def _ask(self, method: str, what: str, body: dict[str, Any] | None = None) -> Any:
        """The answer's JSON within two seconds; one of `_NO_ANSWER` otherwise."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout, trace_configs=traced_requests(inside=True))
        async with self._session.request(
            method, f"{self._url}/{what}", json=body, headers=self._issuer.headers("notifier"), timeout=_QUESTION_TIMEOUT
        ) as response:
            response.raise_for_status()
            return await response.json()

    async def _post(self, what: str, body: dict[str, Any], channel: str) -> int | None:
        """The status of the answer; None when there was none."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout, trace_configs=traced_requests(inside=True))
        try:
            async with self._session.post(f"{self._url}/{what}", json=body, headers=self._issuer.headers("notifier")) as response:
                status: int | None = response.status
                reason = f"status {response.status}"
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            status, reason = None, type(error).__name__
        if status != HTTPStatus.ACCEPTED:
            log.warning("notifier_did_not_accept", what=what, channel=channel, reason=reason)
        return status

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()


def _reason(error: BaseException) -> str:
    return f"status {error.status}" if isinstance(error, aiohttp.ClientResponseError) else type(error).__name__
