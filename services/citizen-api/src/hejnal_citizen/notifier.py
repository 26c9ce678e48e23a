"""Notifier's internal API, as far as residents' one-time codes need it."""

from datetime import datetime
from http import HTTPStatus

import aiohttp
import structlog

from hejnal_contracts.base import Language
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.tokens import TokenIssuer

log = structlog.get_logger()


class NotifierClient:
    """Hands one-time codes to notifier, which stores them before it answers."""

    def __init__(self, base_url: str, issuer: TokenIssuer, *, timeout_s: float) -> None:
        self._url = base_url.rstrip("/") + "/internal/v1/one-time-codes"
        self._issuer = issuer
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def send_code(
        self, *, channel: str, address: str, code: str, language: Language, expires_at: datetime, idempotency_key: str
    ) -> None:
        """Returns when notifier has durably accepted the code; AppError(UNAVAILABLE) when it has not."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout)
        body = {
            "channel": channel,
            "address": address,
            "code": code,
            "language": language.value,
            "purpose": "sign_in",
            "expires_at": expires_at.isoformat(),
            "idempotency_key": idempotency_key,
        }
        try:
            async with self._session.post(self._url, json=body, headers=self._issuer.headers("notifier")) as response:
                if response.status == HTTPStatus.ACCEPTED:
                    return
                reason = f"status {response.status}"
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            reason = type(error).__name__
        log.warning("one_time_code_not_accepted", channel=channel, reason=reason)
        other = "an e-mail address" if channel == "sms" else "a phone number"
        detail = f"We cannot send codes right now. Please try again in a minute, or use {other}."
        raise AppError(Kind.UNAVAILABLE, "code-not-sent", detail, retry_after_s=30)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
