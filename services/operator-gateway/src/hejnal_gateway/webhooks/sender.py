"""Facts to webhooks: queued from the topic, sent in order per alert, tried again for a day."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import structlog
from sqlalchemy import and_, delete, exists, select, update
from sqlalchemy.exc import SQLAlchemyError

from hejnal_contracts.base import Severity
from hejnal_gateway import metrics
from hejnal_gateway.alerts import store as alert_store
from hejnal_gateway.alerts.alerts import Alerts
from hejnal_gateway.alerts.occurrence import Occurrence
from hejnal_gateway.webhooks.schemas import Attempt
from hejnal_gateway.webhooks.tables import webhook_deliveries, webhooks
from hejnal_gateway.webhooks.webhooks import Webhooks
from hejnal_runtime.bus import Message
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.endpoints import EndpointPolicy, EndpointRefusedError, PublicResolver
from hejnal_runtime.errors import AppError
from hejnal_runtime.traced_http import traced_requests
from hejnal_runtime.webhook_signature import signed_headers

log = structlog.get_logger()

LONGEST = timedelta(hours=24)
"""A fact that has not arrived after a day is history; the webhook is paused by then."""
_BACK_OFF_S = (5, 30, 120, 300, 900, 1800, 3600, 7200, 14_400)
_TIMEOUT_S = 15.0
_CLAIM = timedelta(seconds=60)
_AT_ONCE = 32
_AT_ONCE_PER_WEBHOOK = 4
_CANDIDATES = 200
_NAP_S = 3.0
"""What is queued here is sent at once; this finds what is to be tried again, and what another process left behind."""
_EXPIRE_EVERY_S = 60.0
_LOGGED_ATTEMPTS = 20
_KEEP = timedelta(days=30)
_HEADERS = {"Content-Type": "application/cloudevents+json; charset=utf-8", "User-Agent": "Hejnal-Webhooks/1"}


class WebhookPost:
    """One POST to an address that an administrator chose: never into our own network unless it is trusted by name."""

    def __init__(self, policy: EndpointPolicy, clock: Clock, *, timeout_s: float = _TIMEOUT_S) -> None:
        self._policy = policy
        self._clock = clock
        self._timeout = aiohttp.ClientTimeout(total=timeout_s, sock_connect=5)
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def send(self, url: str, message_id: str, body: str, keys: list[str]) -> Attempt:
        """How it went. The answer's body is not looked at, redirects are not followed."""
        now, started = self._clock.now(), self._clock.monotonic()
        status: int | None = None
        error = ""
        content = body.encode()
        try:
            _, trusted = self._policy.check(url)
            headers = _HEADERS | signed_headers(message_id, content, keys, now)
            async with self._session(trusted=trusted).post(
                url, data=content, headers=headers, timeout=self._timeout, allow_redirects=False
            ) as answer:
                status = answer.status
        except EndpointRefusedError as refused:
            error = f"nothing is sent there: {refused}"
        except TimeoutError:
            error = f"no answer within {self._timeout.total:.0f} s"
        except (aiohttp.ClientError, OSError) as failed:
            error = type(failed).__name__ if isinstance(failed, aiohttp.ClientError) else str(failed)
        duration_ms = round((self._clock.monotonic() - started) * 1000)
        return Attempt(at=now, status=status, error=error[:200], duration_ms=duration_ms)

    async def close(self) -> None:
        """Close all connections."""
        for session in self._sessions.values():
            await session.close()

    def _session(self, *, trusted: bool) -> aiohttp.ClientSession:
        if trusted not in self._sessions:
            resolver = None if trusted else PublicResolver()
            connector = aiohttp.TCPConnector(limit=_AT_ONCE, resolver=resolver, ttl_dns_cache=30)
            self._sessions[trusted] = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trace_configs=traced_requests(inside=False)
            )
        return self._sessions[trusted]


def succeeded(attempt: Attempt) -> bool:
    """Any 2xx is a receipt."""
    return attempt.status is not None and 200 <= attempt.status < 300


def wait_s(tries: int) -> float:
    """Seconds until the next try after so many, with jitter."""
    return _BACK_OFF_S[min(tries, len(_BACK_OFF_S)) - 1] * random.uniform(0.85, 1.15)


class WebhookSender:
    """Takes facts of the topic `alerts` in, and sends what is queued.

    A delivery is claimed for a minute by one process; when that dies, another one sends it again (at least once; receivers
    know it by `webhook-id`). The next fact of an alert waits until the one before has arrived or expired.
    """

    def __init__(self, database: Database, hooks: Webhooks, alerts: Alerts, post: WebhookPost, clock: Clock) -> None:
        self._database = database
        self._hooks = hooks
        self._alerts = alerts
        self._post = post
        self._clock = clock
        self._wake = asyncio.Event()
        self._running: dict[asyncio.Task[None], str] = {}
        self._expire_at = 0.0

    async def handle(self, message: Message) -> None:
        """Queue one fact; a fact that comes twice is queued once."""
        if message.fact is None:
            return
        async with self._database.transaction() as session:
            try:
                alert = await alert_store.find(session, message.key)
            except AppError:  # swept since; nobody waits for it any more
                return
            if await self._hooks.queue(session, message, alert, self._clock.now()):
                self._wake.set()

    async def run(self) -> None:
        """Send for ever."""
        try:
            while True:
                self._wake.clear()
                nap_s = _NAP_S
                try:
                    if await self.step():
                        nap_s = 0.01
                except (SQLAlchemyError, OSError, TimeoutError) as error:
                    log.warning("webhooks_wait", error=repr(error))
                await self._rest(nap_s * random.uniform(0.8, 1.2))
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _rest(self, seconds: float) -> None:
        waking = asyncio.create_task(self._wake.wait())
        await asyncio.wait({waking, *self._running}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        waking.cancel()

    async def step(self) -> int:
        """Begin what is due, as far as there is room; how many."""
        for task in [task for task in self._running if task.done()]:
            del self._running[task]
            task.result()
        room = _AT_ONCE - len(self._running)
        if room <= 0:
            return 0
        now = self._clock.now()
        if self._clock.monotonic() >= self._expire_at:
            self._expire_at = self._clock.monotonic() + _EXPIRE_EVERY_S
            await self._expire(now)
        claimed = await self._claim(now, room)
        for delivery in claimed:
            task = asyncio.create_task(self._deliver(delivery), name="webhook delivery")
            self._running[task] = delivery["webhook_id"]
        return len(claimed)

    async def settle(self) -> None:
        """Wait until what was begun has ended."""
        await asyncio.gather(*self._running)

    async def _claim(self, now: datetime, room: int) -> list[Mapping[str, Any]]:
        busy = Counter(self._running.values())
        full = [webhook_id for webhook_id, count in busy.items() if count >= _AT_ONCE_PER_WEBHOOK]
        before = webhook_deliveries.alias("before")
        overtaken = exists().where(
            and_(
                before.c.webhook_id == webhook_deliveries.c.webhook_id,
                before.c.alert_id == webhook_deliveries.c.alert_id,
                before.c.state == "queued",
                before.c.position < webhook_deliveries.c.position,
            )
        )
        query = (
            select(webhook_deliveries)
            .join(webhooks, webhooks.c.webhook_id == webhook_deliveries.c.webhook_id)
            .where(
                webhook_deliveries.c.state == "queued",
                webhook_deliveries.c.next_at <= now,
                webhooks.c.enabled,
                webhooks.c.paused_at.is_(None),
                webhooks.c.webhook_id.not_in(full),
                ~overtaken,
            )
            .order_by(webhook_deliveries.c.next_at)
            .limit(_CANDIDATES)
            .with_for_update(skip_locked=True, of=webhook_deliveries)
        )
        chosen: list[Mapping[str, Any]] = []
        async with self._database.transaction() as session:
            for row in (await session.execute(query)).mappings().all():
                if len(chosen) < room and busy[row["webhook_id"]] < _AT_ONCE_PER_WEBHOOK:
                    busy[row["webhook_id"]] += 1
                    chosen.append(dict(row))
            ids = [row["delivery_id"] for row in chosen]
            if ids:
                claim = update(webhook_deliveries).where(webhook_deliveries.c.delivery_id.in_(ids)).values(next_at=now + _CLAIM)
                await session.execute(claim)
        return chosen

    async def _deliver(self, delivery: Mapping[str, Any]) -> None:
        webhook_id = delivery["webhook_id"]
        try:
            async with self._database.read() as session:
                url, keys = await self._hooks.keys(session, webhook_id, self._clock.now())
            attempt = await self._post.send(url, delivery["delivery_id"], delivery["body"], keys)
            await self._note(delivery, attempt)
        except AppError:  # removed meanwhile, and its deliveries with it
            return
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("webhook_outcome_not_noted", webhook_id=webhook_id, error=repr(error))  # it is sent again

    async def _note(self, delivery: Mapping[str, Any], attempt: Attempt) -> None:
        now, arrived = self._clock.now(), succeeded(attempt)
        webhook_id, tries = delivery["webhook_id"], delivery["tries"] + 1
        attempts = [*delivery["attempts"], attempt.model_dump(mode="json")][-_LOGGED_ATTEMPTS:]
        values: dict[str, Any] = {"tries": tries, "attempts": attempts}
        if arrived:
            values |= {"state": "delivered", "next_at": None, "ended_at": now}
        else:
            values["next_at"] = now + timedelta(seconds=wait_s(tries))
        metrics.WEBHOOK_ATTEMPTS.labels("delivered" if arrived else "failed").inc()
        async with self._database.transaction() as session:
            own = webhook_deliveries.c.delivery_id == delivery["delivery_id"], webhook_deliveries.c.state == "queued"
            await session.execute(update(webhook_deliveries).where(*own).values(**values))
            hook = webhooks.c.webhook_id == webhook_id
            if arrived:
                failing = webhooks.c.failing_since.is_not(None)
                await session.execute(update(webhooks).where(hook, failing).values(failing_since=None))
                return
            well = webhooks.c.failing_since.is_(None)
            await session.execute(update(webhooks).where(hook, well).values(failing_since=now))
            since = (await session.execute(select(webhooks.c.failing_since).where(hook))).scalar()
        log.warning("webhook_not_delivered", webhook_id=webhook_id, status=attempt.status, error=attempt.error, tries=tries)
        if attempt.status == 410:
            await self._pause(webhook_id, "Its address says that it is gone for good (410).", now)
        elif since is not None and now - since >= LONGEST:
            await self._pause(webhook_id, "Nothing has arrived for a day.", now)

    async def _pause(self, webhook_id: str, reason: str, now: datetime) -> None:
        """Not tried any more until an administrator says so; they are told by an alert."""
        hook = webhooks.c.webhook_id == webhook_id, webhooks.c.paused_at.is_(None)
        async with self._database.transaction() as session:
            paused = update(webhooks).where(*hook).values(paused_at=now, paused_reason=reason).returning(webhooks.c.name)
            name = (await session.execute(paused)).scalar()
            if name is None:
                return
            notice = Occurrence(
                trigger="system",
                object_id=f"webhook:{webhook_id}",
                severity=Severity.NOTICE,
                summary=f"Webhook „{name}” wstrzymany: odbiorca nie przyjmuje alarmów"[:200],
                reason="webhook:paused",
                source=webhook_id,
                at=now,
            )
            await self._alerts.raise_(session, notice, now)
        log.error("webhook_paused", webhook_id=webhook_id, reason=reason)

    async def _expire(self, now: datetime) -> None:
        table = webhook_deliveries.c
        async with self._database.transaction() as session:
            late = table.state == "queued", table.made_at < now - LONGEST
            gone = update(webhook_deliveries).where(*late).values(state="expired", next_at=None, ended_at=now)
            for _ in (await session.execute(gone.returning(table.delivery_id))).all():
                metrics.WEBHOOK_ATTEMPTS.labels("expired").inc()
            await session.execute(delete(webhook_deliveries).where(table.state != "queued", table.made_at < now - _KEEP))
