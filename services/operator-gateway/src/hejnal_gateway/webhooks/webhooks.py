"""Webhooks as rows: what an administrator says of them, and the facts that are queued for each."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.base import Severity
from hejnal_gateway.alerts.alert import AlertRow
from hejnal_gateway.secrets_at_rest import SecretBox
from hejnal_gateway.webhooks.schemas import (
    ALL_TYPES,
    Attempt,
    Delivery,
    DeliveryPage,
    DeliveryState,
    Webhook,
    WebhookDraft,
    WebhookWithSecret,
)
from hejnal_gateway.webhooks.tables import webhook_deliveries, webhooks
from hejnal_runtime.bus import Message
from hejnal_runtime.endpoints import EndpointPolicy, EndpointRefusedError
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id
from hejnal_runtime.webhook_signature import new_secret

ROTATION = timedelta(hours=24)
_ORDER = list(Severity)
_CONTENT = "application/json"


class Webhooks:
    """Reads and changes webhooks inside the caller's transaction. Secrets lie sealed, bound to their row."""

    def __init__(self, box: SecretBox, policy: EndpointPolicy) -> None:
        self._box = box
        self._policy = policy

    async def all(self, session: AsyncSession) -> list[Webhook]:
        """All of them, by name."""
        rows = (await session.execute(select(webhooks).order_by(webhooks.c.name, webhooks.c.webhook_id))).all()
        queued = select(webhook_deliveries.c.webhook_id, func.count()).where(webhook_deliveries.c.state == "queued")
        waiting = {row[0]: row[1] for row in await session.execute(queued.group_by(webhook_deliveries.c.webhook_id))}
        return [_webhook(row, waiting.get(row.webhook_id, 0)) for row in rows]

    async def get(self, session: AsyncSession, webhook_id: str) -> Webhook:
        """One of them; AppError(NOT_FOUND) when there is none."""
        row = await self._row(session, webhook_id)
        return _webhook(row, await self._waiting(session, webhook_id))

    async def add(self, session: AsyncSession, draft: WebhookDraft, *, by: str, now: datetime) -> WebhookWithSecret:
        """A new one with its secret. AppError(INVALID) for an address that is never sent to."""
        self._judge(draft.url)
        webhook_id, secret = new_id(), new_secret()
        values = _values(draft) | {"version": 1, "secret": self._sealed(webhook_id, secret), "changed_by": by, "changed_at": now}
        await session.execute(insert(webhooks).values(webhook_id=webhook_id, **values))
        return WebhookWithSecret(**(await self.get(session, webhook_id)).model_dump(), secret=secret)

    async def change(
        self, session: AsyncSession, webhook_id: str, draft: WebhookDraft, *, version: int, by: str, now: datetime
    ) -> Webhook:
        """Another text in its place; what is queued goes to the new address."""
        self._judge(draft.url)
        before = await self._row(session, webhook_id, lock=True)
        if before.version != version:
            detail = f"The webhook was changed meanwhile (version {before.version}, yours was {version}). Load it again."
            raise AppError(Kind.CONFLICT, "webhook-changed-meanwhile", detail)
        await self._store(session, webhook_id, version=version + 1, changed_by=by, changed_at=now, **_values(draft))
        return await self.get(session, webhook_id)

    async def remove(self, session: AsyncSession, webhook_id: str) -> None:
        """Gone with all that was queued for it."""
        await self._row(session, webhook_id, lock=True)
        await session.execute(delete(webhooks).where(webhooks.c.webhook_id == webhook_id))

    async def rotate(self, session: AsyncSession, webhook_id: str, *, by: str, now: datetime) -> WebhookWithSecret:
        """Another secret; for a day what is sent is signed with both."""
        before = await self._row(session, webhook_id, lock=True)
        secret = new_secret()
        await self._store(
            session,
            webhook_id,
            version=before.version + 1,
            secret=self._sealed(webhook_id, secret),
            previous_secret=before.secret,
            previous_until=now + ROTATION,
            changed_by=by,
            changed_at=now,
        )
        return WebhookWithSecret(**(await self.get(session, webhook_id)).model_dump(), secret=secret)

    async def resume(self, session: AsyncSession, webhook_id: str, *, now: datetime) -> Webhook:
        """Tried again; what has waited for less than a day goes at once."""
        await self._row(session, webhook_id, lock=True)
        await self._store(session, webhook_id, failing_since=None, paused_at=None, paused_reason="")
        waiting = webhook_deliveries.c.webhook_id == webhook_id, webhook_deliveries.c.state == "queued"
        await session.execute(update(webhook_deliveries).where(*waiting).values(next_at=now))
        return await self.get(session, webhook_id)

    async def keys(self, session: AsyncSession, webhook_id: str, now: datetime) -> tuple[str, list[str]]:
        """Address and the secrets to sign with."""
        row = await self._row(session, webhook_id)
        keys = [self._box.open(row.secret, f"webhook:{webhook_id}")]
        if row.previous_secret is not None and row.previous_until is not None and row.previous_until > now:
            keys.append(self._box.open(row.previous_secret, f"webhook:{webhook_id}"))
        return row.url, keys

    async def queue(self, session: AsyncSession, message: Message, alert: AlertRow, now: datetime) -> int:
        """Queue a fact for all that want it, each once; for how many."""
        wanting = [
            row.webhook_id
            for row in (await session.execute(select(webhooks).where(webhooks.c.enabled))).all()
            if (not row.types or message.type in row.types)
            and _ORDER.index(alert.severity) >= _ORDER.index(Severity(row.min_severity))
            and alert.level >= row.min_level
        ]
        body = cloud_event(message)
        for webhook_id in wanting:
            values = {
                "delivery_id": new_id(),
                "webhook_id": webhook_id,
                "event_id": message.id,
                "alert_id": alert.alert_id,
                "type": message.type,
                "body": body,
                "state": "queued",
                "next_at": now,
                "made_at": now,
            }
            await session.execute(upsert(webhook_deliveries).values(values).on_conflict_do_nothing())
        return len(wanting)

    async def deliveries(
        self, session: AsyncSession, webhook_id: str, *, state: DeliveryState | None, cursor: int | None, limit: int
    ) -> DeliveryPage:
        """The log of one webhook, newest first."""
        await self._row(session, webhook_id)
        table = webhook_deliveries.c
        query = select(webhook_deliveries).where(table.webhook_id == webhook_id).order_by(table.position.desc()).limit(limit + 1)
        if state is not None:
            query = query.where(table.state == state)
        if cursor is not None:
            query = query.where(table.position < cursor)
        rows = (await session.execute(query)).mappings().all()
        following = str(rows[limit - 1]["position"]) if len(rows) > limit else None
        return DeliveryPage(items=[Delivery.model_validate({**row}) for row in rows[:limit]], next_cursor=following)

    async def note_test(
        self,
        session: AsyncSession,
        webhook_id: str,
        delivery_id: str,
        body: str,
        attempt: Attempt,
        *,
        delivered: bool,
        now: datetime,
    ) -> Delivery:
        """A try that an administrator asked for, in the log."""
        values = {
            "delivery_id": delivery_id,
            "webhook_id": webhook_id,
            "event_id": delivery_id,
            "alert_id": "",
            "type": "webhook.test.v1",
            "body": body,
            "state": "delivered" if delivered else "failed",
            "tries": 1,
            "attempts": [attempt.model_dump(mode="json")],
            "made_at": now,
            "ended_at": now,
        }
        row = (await session.execute(insert(webhook_deliveries).values(values).returning(webhook_deliveries))).mappings().one()
        return Delivery.model_validate({**row})

    def _judge(self, url: str) -> None:
        try:
            self._policy.check(url)
        except EndpointRefusedError as error:
            detail = (
                f"Nothing is sent there: {error}. A webhook needs https and a public name on port 443; addresses inside the "
                "town's network are named in HEJNAL_GATEWAY_WEBHOOK_TRUSTED_ORIGINS."
            )
            raise AppError(Kind.INVALID, "webhook-address-refused", detail) from error

    def _sealed(self, webhook_id: str, secret: str) -> bytes:
        return self._box.seal(secret, f"webhook:{webhook_id}")

    async def _row(self, session: AsyncSession, webhook_id: str, *, lock: bool = False) -> Row[Any]:
        query = select(webhooks).where(webhooks.c.webhook_id == webhook_id)
        row = (await session.execute(query.with_for_update() if lock else query)).first()
        if row is None:
            raise AppError(Kind.NOT_FOUND, "webhook-unknown", "There is no such webhook.")
        return row

    async def _store(self, session: AsyncSession, webhook_id: str, **values: Any) -> None:
        await session.execute(update(webhooks).where(webhooks.c.webhook_id == webhook_id).values(**values))

    async def _waiting(self, session: AsyncSession, webhook_id: str) -> int:
        queued = webhook_deliveries.c.webhook_id == webhook_id, webhook_deliveries.c.state == "queued"
        return int((await session.execute(select(func.count()).select_from(webhook_deliveries).where(*queued))).scalar() or 0)


def cloud_event(message: Message) -> str:
    """A fact in the structured JSON form of CloudEvents 1.0, with the id it has on the topic."""
    assert message.fact is not None
    version: int | None = getattr(message.fact, "version", None)
    data = message.fact.model_dump(mode="json")
    return _event(message.id, message.type, message.key, message.time, data, version)


def trial_event(event_id: str, webhook_id: str, now: datetime) -> str:
    """What the test button sends."""
    return _event(event_id, "webhook.test.v1", webhook_id, now, {"webhook_id": webhook_id, "at": now.isoformat()}, None)


def _event(event_id: str, event_type: str, subject: str, time: datetime, data: dict[str, Any], version: int | None) -> str:
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": event_id,
        "source": "/hejnal/operator-gateway",
        "type": f"pl.hejnal.{event_type}",
        "subject": subject,
        "time": time.astimezone(UTC).isoformat(),
        "datacontenttype": _CONTENT,
        "dataschema": f"urn:hejnal:schema:{event_type}",
        "data": data,
    }
    if version is not None:
        event["sequence"] = f"{version:010}"
    return json.dumps(event, ensure_ascii=False)


def _values(draft: WebhookDraft) -> dict[str, Any]:
    return {
        "name": draft.name.strip() or draft.name,
        "url": draft.url,
        "enabled": draft.enabled,
        "types": [one for one in ALL_TYPES if one in draft.types],
        "min_severity": draft.min_severity.value,
        "min_level": draft.min_level,
    }


def _webhook(row: Row[Any], waiting: int) -> Webhook:
    return Webhook(
        name=row.name,
        url=row.url,
        enabled=row.enabled,
        types=tuple(row.types),
        min_severity=Severity(row.min_severity),
        min_level=row.min_level,
        webhook_id=row.webhook_id,
        version=row.version,
        failing_since=row.failing_since,
        paused_at=row.paused_at,
        paused_reason=row.paused_reason,
        previous_secret_until=row.previous_until,
        waiting=waiting,
        changed_by=row.changed_by,
        changed_at=row.changed_at,
    )
