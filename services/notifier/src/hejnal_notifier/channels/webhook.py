"""Announcements to other organisations' systems: one signed POST each (Standard Webhooks 1.0, CloudEvents 1.0)."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC
from typing import Any

import aiohttp
import structlog

from hejnal_contracts.base import Channel
from hejnal_notifier.channels.retry_after import retry_after_s
from hejnal_notifier.sending.job import AnnouncementContent, Job
from hejnal_notifier.sending.outcome import Accepted, Outcome, Postponed, Refused
from hejnal_runtime.clock import Clock
from hejnal_runtime.endpoints import EndpointPolicy, EndpointRefusedError, PublicResolver
from hejnal_runtime.webhook_signature import signed_headers

log = structlog.get_logger()

_HEADERS = {"Content-Type": "application/cloudevents+json; charset=utf-8", "User-Agent": "Hejnal-Webhooks/1"}
_TYPES = {"issued": "announcement.issued.v1", "updated": "announcement.updated.v1", "cancelled": "announcement.cancelled.v1"}
_MISCONFIGURED_S = 300.0


def event_of(job: Job, content: AnnouncementContent) -> dict[str, Any]:
    """The CloudEvent that an organisation gets; its `id` is that of the delivery, the same for each try."""
    kind = _TYPES[content.kind]
    return {
        "specversion": "1.0",
        "id": str(job.delivery_id),
        "source": "/hejnal/notifier",
        "type": f"pl.hejnal.{kind}",
        "subject": content.announcement_id,
        "time": content.issued_at.astimezone(UTC).isoformat(),
        "datacontenttype": "application/json",
        "sequence": f"{content.version:010}",
        "data": {
            "announcement_id": content.announcement_id,
            "version": content.version,
            "category": content.category,
            "severity": content.severity.value,
            "texts": {
                language.value: {"title": words.title, "body": words.body, "instruction": words.instruction}
                for language, words in content.texts.items()
            },
            "valid_from": content.valid_from.astimezone(UTC).isoformat(),
            "valid_until": content.valid_until.astimezone(UTC).isoformat(),
            "page_url": content.page_url,
            "drill": content.drill,
        },
    }


class Webhook:
    """Posts to addresses that organisations gave: never into our own network, unless an origin is trusted by name."""

    channel = Channel.WEBHOOK
    name = "webhook"
    repeat_is_harmless = True

    def __init__(
        self,
        policy: EndpointPolicy,
        clock: Clock,
        secrets_of: Callable[[str], Sequence[str]],
        *,
        concurrency: int,
        timeout_s: float,
    ) -> None:
        """`secrets_of` gives the secrets to sign with by the organisation's resident id, the newest first."""
        self.timeout_s = timeout_s
        self._policy = policy
        self._clock = clock
        self._secrets_of = secrets_of
        self._limit = concurrency
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def send(self, job: Job) -> Outcome:
        """Post one version. Redirects are not followed, the answer's body is not looked at."""
        if not isinstance(job.content, AnnouncementContent):
            return Refused("not_for_webhooks")
        secrets = self._secrets_of(job.resident_id or "")
        if not secrets:
            return Refused("no_secret", "the organisation is not in the notifier's file of organisations")
        body = json.dumps(event_of(job, job.content), ensure_ascii=False, separators=(",", ":")).encode()
        try:
            _, trusted = self._policy.check(job.address)
            headers = _HEADERS | signed_headers(str(job.delivery_id), body, secrets, self._clock.now())
            async with self._session(trusted=trusted).post(
                job.address, data=body, headers=headers, allow_redirects=False
            ) as answer:
                return self._judge(answer)
        except EndpointRefusedError as error:
            return Refused("endpoint_refused", str(error))
        except TimeoutError:
            return Postponed("timeout", in_doubt=True)
        except aiohttp.ClientConnectorError as error:
            return Postponed("unreachable", type(error).__name__)
        except (aiohttp.ClientError, OSError) as error:
            return Postponed("connection_lost", type(error).__name__, in_doubt=True)

    def _judge(self, answer: aiohttp.ClientResponse) -> Outcome:
        status = answer.status
        if 200 <= status < 300:
            return Accepted()
        if status == 410:
            return Refused("subscription_gone", "410")
        if status == 429 or status >= 500:
            pause_s = retry_after_s(answer.headers.get("Retry-After", ""), self._clock.now())
            return Postponed("busy" if status == 429 else "provider_error", str(status), pause_s)
        # whoever set the receiver up has to mend it; until then it is asked now and then
        log.warning("webhook_refused", host=answer.url.host, status=status)
        return Postponed("receiver_refuses", str(status), retry_after_s=_MISCONFIGURED_S)

    def _session(self, *, trusted: bool) -> aiohttp.ClientSession:
        if trusted not in self._sessions:
            resolver = None if trusted else PublicResolver()
            self._sessions[trusted] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._limit, resolver=resolver, ttl_dns_cache=30),
                timeout=aiohttp.ClientTimeout(total=self.timeout_s, sock_connect=5),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._sessions[trusted]

    async def close(self) -> None:
        """Close connections."""
        for session in self._sessions.values():
            await session.close()
