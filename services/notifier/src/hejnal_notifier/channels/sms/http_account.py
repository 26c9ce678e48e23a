"""An account with a provider that speaks HTTP and answers in JSON: one session, and what its failures mean for a message."""

import math
from collections.abc import Mapping
from typing import Any

import aiohttp
import structlog

from hejnal_notifier.sending.outcome import Postponed

log = structlog.get_logger()

_REFUSES_US_S = 60.0


class HttpAccount:
    """Posts with bounded concurrency and time; connections are kept."""

    def __init__(self, *, token: str | None, concurrency: int, timeout_s: float) -> None:
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._concurrency = concurrency
        self._timeout_s = timeout_s
        self._http: aiohttp.ClientSession | None = None

    async def post(self, url: str, *, form: Mapping[str, str] | None = None, body: Any = None) -> dict[str, Any] | Postponed:
        """The JSON object of the answer, or why there is none; in doubt where the provider may have acted all the same."""
        try:
            async with self._session().post(url, data=form, json=body, allow_redirects=False) as response:
                if response.status in {401, 403}:
                    log.error("sms_account_refused", url=url, status=response.status)
                    return Postponed("refuses_us", str(response.status), retry_after_s=_REFUSES_US_S, refuses_us=True)
                if response.status == 429 or response.status >= 500:
                    return Postponed("provider_error", str(response.status))
                answer = await response.json(content_type=None)
        except TimeoutError:
            return Postponed("timeout", in_doubt=True)
        except aiohttp.ClientConnectorError as error:
            return Postponed("unreachable", type(error).__name__)
        except (aiohttp.ClientError, OSError) as error:
            return Postponed("connection_lost", type(error).__name__, in_doubt=True)
        except ValueError:
            return Postponed("unreadable_answer", in_doubt=True)
        return answer if isinstance(answer, dict) else Postponed("unreadable_answer", in_doubt=True)

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            self._http = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._concurrency, keepalive_timeout=60),
                timeout=aiohttp.ClientTimeout(total=self._timeout_s),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers=self._headers,
            )
        return self._http

    async def close(self) -> None:
        """Close connections."""
        if self._http is not None:
            await self._http.close()


def amount_of(value: object) -> float | None:
    """A number as providers write it (as a number or a text); None when it is none."""
    try:
        amount = float(str(value))
    except ValueError:
        return None
    return amount if math.isfinite(amount) else None
