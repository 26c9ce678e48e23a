"""Web push (RFC 8030): one POST per device, encrypted for it."""

import hashlib
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import structlog

from hejnal_contracts.base import Channel, Language, Severity
from hejnal_notifier.channels.push_encryption import PAYLOAD_LIMIT_BYTES, BadKeysError, b64url, encrypt
from hejnal_notifier.channels.retry_after import retry_after_s
from hejnal_notifier.channels.vapid_ring import KeyState, RingKey, VapidRing
from hejnal_notifier.channels.wording import WORDS, direct_words, headline
from hejnal_notifier.sending.job import AnnouncementContent, DigestContent, Job
from hejnal_notifier.sending.outcome import Accepted, Outcome, Postponed, Refused
from hejnal_notifier.town_templates.language import Templates
from hejnal_notifier.town_templates.values import values_of
from hejnal_runtime.clock import Clock
from hejnal_runtime.endpoints import EndpointPolicy, EndpointRefusedError, PublicResolver

log = structlog.get_logger()

TTL_LIMIT = timedelta(days=28)
PAYLOAD_AIM_BYTES = 3000
"""Some push services carry less than the 4,096 bytes of the RFC."""
REFUSED_PAUSE_S = 300.0
"""Where the fault is our own, and a person has to mend it."""
RENEWING_PAUSE_S = 15.0
"""While keys change, a browser gives its old subscription up moments before the town hears of the new one (same contact)."""

# iOS shows only "high" at once; an info may wait until the phone wakes for something else.
_URGENCY = {Severity.EMERGENCY: "high", Severity.WARNING: "high", Severity.NOTICE: "normal", Severity.INFO: "low"}


def topic_of(announcement_id: str) -> str:
    """RFC 8030 §5.4: at most 32 base64url characters; a newer version takes the place of one that still waits."""
    return b64url(hashlib.sha256(announcement_id.encode()).digest())[:32]


def payload_of(job: Job, *, town: str = "") -> dict[str, Any]:
    """What the service worker gets; documented in the service's README."""
    content = job.content
    if isinstance(content, DigestContent):
        return digest_payload(content, job.language, town=town)
    if not isinstance(content, AnnouncementContent):
        title, body = direct_words(content, job.language, town=town)
        return {
            "v": 1,
            "kind": content.kind,
            "title": title,
            "body": body,
            "tag": f"direct-{job.delivery_id}",
            "lang": job.language,
        }
    return announcement_payload(content, job.language)


def announcement_payload(
    content: AnnouncementContent, language: Language, *, town: str = "", book: Templates | None = None
) -> dict[str, Any]:
    """What a device gets for an announcement, in the town's words where it has written its own."""
    language, words = content.text(language)
    written = book.render(Channel.PUSH, language, values_of(content, language, town=town)) if book is not None else None
    title, body = headline(content, language, words), f"{words.body}\n{words.instruction}".strip()
    if written is not None:
        title, body = " ".join(written["title"].split()), written["body"].strip()
    return {
        "v": 1,
        "kind": content.kind,
        "announcement_id": content.announcement_id,
        "version": content.version,
        "title": title,
        "body": body,
        "url": content.page_url,
        "tag": topic_of(content.announcement_id),
        "severity": content.severity.value,
        "category": content.category,
        "lang": language.value,
        "valid_until": content.valid_until.isoformat(),
        "drill": content.drill,
    }


def digest_payload(content: DigestContent, language: Language, *, town: str) -> dict[str, Any]:
    """One notification for all that the digest brings; the next digest takes its place."""
    lines = []
    for item in content.items:
        spoken, words = item.text(language)
        lines.append(f"• {headline(item, spoken, words)}")
    address = urlsplit(content.items[0].page_url)
    return {
        "v": 1,
        "kind": "digest",
        "title": WORDS[language].digest.format(town=town),
        "body": "\n".join(lines),
        "url": f"{address.scheme}://{address.netloc}/",
        "tag": "digest",
        "severity": Severity.INFO.value,
        "lang": language.value,
    }


def encode_payload(payload: dict[str, Any]) -> bytes:
    """JSON that fits; a long body is cut at its end and marked."""
    encoded = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    if len(encoded) <= PAYLOAD_AIM_BYTES:
        return encoded
    body = str(payload["body"]).encode()
    while len(encoded) > PAYLOAD_AIM_BYTES and body:
        body = body[: max(0, len(body) - (len(encoded) - PAYLOAD_AIM_BYTES) - 8)]
        shorter = {**payload, "body": body.decode("utf-8", "ignore").rstrip() + "…"}
        encoded = json.dumps(shorter, ensure_ascii=False, separators=(",", ":")).encode()
    return encoded[:PAYLOAD_LIMIT_BYTES]


class WebPush:
    """Sends to push services; also learns from them which subscriptions are gone."""

    channel = Channel.PUSH
    name = "webpush"
    repeat_is_harmless = True

    def __init__(
        self,
        ring: VapidRing,
        policy: EndpointPolicy,
        clock: Clock,
        *,
        town: str,
        concurrency: int,
        timeout_s: float,
        book: Templates | None = None,
    ) -> None:
        self.timeout_s = timeout_s
        self._town = town
        self._book = book
        self._ring = ring
        self._policy = policy
        self._clock = clock
        self._limit = concurrency
        self._public: aiohttp.ClientSession | None = None
        self._trusted: aiohttp.ClientSession | None = None
        self._encoded: dict[tuple[int, str, int], bytes] = {}

    def _session(self, *, trusted: bool) -> aiohttp.ClientSession:
        session = self._trusted if trusted else self._public
        if session is None:
            resolver = None if trusted else PublicResolver()
            connector = aiohttp.TCPConnector(limit=self._limit, resolver=resolver, ttl_dns_cache=60, keepalive_timeout=60)
            session = aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(total=self.timeout_s),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "hejnal"},
                trust_env=False,
            )
            if trusted:
                self._trusted = session
            else:
                self._public = session
        return session

    async def send(self, job: Job) -> Outcome:
        """Encrypt and post one message."""
        try:
            origin, trusted = self._policy.check(job.address)
            body = encrypt(self._payload(job), job.push_p256dh, job.push_auth)
        except EndpointRefusedError as error:
            return Refused("endpoint_refused", str(error), contact="gone")
        except BadKeysError as error:
            return Refused("bad_push_keys", str(error), contact="gone")
        key = self._ring.read().find(job.push_server_key)
        signer = self._ring.signer(key)
        if signer is None:
            return self._unsigned(key)
        ttl = min(TTL_LIMIT, max(timedelta(), job.expires_at - self._clock.now()))
        headers = {
            "TTL": str(int(ttl.total_seconds())),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "Authorization": signer.header(origin),
        }
        if isinstance(job.content, AnnouncementContent):
            headers["Urgency"] = _URGENCY[job.content.severity]
            headers["Topic"] = topic_of(job.content.announcement_id)
        elif isinstance(job.content, DigestContent):
            headers["Urgency"], headers["Topic"] = "low", topic_of("digest")
        else:
            headers["Urgency"] = "high"
        try:
            async with self._session(trusted=trusted).post(
                job.address, data=body, headers=headers, allow_redirects=False
            ) as response:
                return await self._judge(response, job, key)
        except TimeoutError:
            return Postponed("timeout", in_doubt=True)
        except aiohttp.ClientConnectorError as error:
            return Postponed("unreachable", type(error).__name__)
        except (aiohttp.ClientError, OSError) as error:
            return Postponed("connection_lost", type(error).__name__, in_doubt=True)

    def _payload(self, job: Job) -> bytes:
        """Encoded once per version and language: 100,000 devices get the same text."""
        if not isinstance(job.content, AnnouncementContent):
            return encode_payload(payload_of(job, town=self._town))
        written_in = self._book.find(Channel.PUSH, job.content.text(job.language)[0]) if self._book is not None else None
        key = (job.content.version_id, job.language.value, written_in.version if written_in else 0)
        if key not in self._encoded:
            if len(self._encoded) > 100:
                self._encoded.clear()
            self._encoded[key] = encode_payload(announcement_payload(job.content, job.language, town=self._town, book=self._book))
        whose = json.dumps({"contact_id": job.contact_id}, separators=(",", ":")).encode()
        return self._encoded[key][:-1] + b"," + whose[1:]  # so that the device can say whose message it has shown

    def _unsigned(self, key: RingKey) -> Outcome:
        """A subscription whose key cannot sign: ended where the town has withdrawn it, kept where it only cannot be found."""
        if key.state is KeyState.WITHDRAWN:
            return Refused("push_key_withdrawn", f"key {key.key_id}, withdrawn {key.since}", contact="key_withdrawn")
        log.error("push_key_missing", key=key.key_id, advice="put it back into the file of VAPID keys, or withdraw it there")
        return Postponed("push_key_missing", f"key {key.key_id}", retry_after_s=REFUSED_PAUSE_S)

    async def _judge(self, response: aiohttp.ClientResponse, job: Job, key: RingKey) -> Outcome:
        status = response.status
        if 200 <= status < 300:
            return Accepted(response.headers.get("Location"))
        said = (await response.content.read(200)).decode("utf-8", "replace").strip()
        detail = f"{status} {said}"[:200]
        if status in {404, 410} and key.state is KeyState.OLDER and job.attempt == 1:
            return Postponed("perhaps_renewing", detail, retry_after_s=RENEWING_PAUSE_S)
        if status in {404, 410}:
            return Refused("subscription_gone", detail, contact="gone")
        if status == 413:
            return Refused("too_large", detail)
        if status == 429 or status >= 500:
            pause_s = retry_after_s(response.headers.get("Retry-After", ""), self._clock.now())
            return Postponed("busy" if status == 429 else "provider_error", detail, pause_s)
        # 400, 401, 403 and redirects are our own fault: keep the subscription, tell the operator, try again much later
        log.error("push_service_refuses_us", status=status, said=said)
        return Postponed("refuses_us", detail, retry_after_s=REFUSED_PAUSE_S)

    async def close(self) -> None:
        """Close connections."""
        for session in (self._public, self._trusted):
            if session is not None:
                await session.close()
