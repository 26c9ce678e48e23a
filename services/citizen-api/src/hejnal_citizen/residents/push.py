"""Web push without an account: a browser is a resident of its own, known by nothing but its endpoint."""

import hmac
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen import preconditions, rates
from hejnal_citizen.residents import contacts, erasure, profile, subscription
from hejnal_citizen.residents.push_endpoints import check_target, host_of
from hejnal_citizen.residents.schemas import (
    Filter,
    PushSubscription,
    PushSubscriptionChange,
    PushSubscriptionCreated,
    SubscriptionChange,
    places_of,
)
from hejnal_citizen.resources import Resources
from hejnal_citizen.secrets import new_token, token_hash
from hejnal_citizen.sql import command, query
from hejnal_contracts.base import Channel
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id

_NEW = command(
    """
    insert into residents (id, kind, token_hash, created_at, changed_at) values (:id, 'browser', :token_hash, :now, :now)
    """
)
_SECRET = query("select token_hash from residents where id = :id and kind = 'browser'")
_ENDPOINT = query("select id, address from contacts where resident_id = :id and channel = 'push'")


async def create(res: Resources, body: PushSubscriptionChange, *, ip: str) -> PushSubscriptionCreated:
    """Store a browser. AppError: INVALID (endpoint, keys, categories, area), RATE_LIMITED."""
    check_target(body, res.settings, res.server_keys)
    now, resident_id, token = res.clock.now(), new_id(), new_token()
    async with res.database.transaction() as session:
        await rates.spend(session, res.secrets.caller_key("push-ip", ip), res.settings.push_per_ip_hour, now=now)
        await _free_endpoint(session, res, body.endpoint, None)
        await session.execute(_NEW, {"id": resident_id, "token_hash": token_hash(token), "now": now})
        await _store(session, res, resident_id, body)
        stored = await _describe(session, resident_id)
    return PushSubscriptionCreated(**stored.model_dump(), token=token)


async def read(res: Resources, resident_id: str, secret: str) -> PushSubscription:
    """What is stored; AppError(NOT_FOUND) without the right secret."""
    async with res.database.read() as session:
        await authorise(session, resident_id, secret)
        return await _describe(session, resident_id)


async def replace(
    res: Resources, resident_id: str, secret: str, body: PushSubscriptionChange, *, if_match: str | None
) -> PushSubscription:
    """Replace wish and endpoint. Errors as `create` and `read`, and PRECONDITION."""
    check_target(body, res.settings, res.server_keys)
    async with res.database.transaction() as session:
        await authorise(session, resident_id, secret)
        await _free_endpoint(session, res, body.endpoint, resident_id)
        preconditions.require(if_match, await subscription.lock(session, resident_id))
        await _store(session, res, resident_id, body)
        return await _describe(session, resident_id)


async def delete(res: Resources, resident_id: str, secret: str) -> None:
    """Forget the browser; AppError(NOT_FOUND) without the right secret."""
    async with res.database.transaction() as session:
        await authorise(session, resident_id, secret)
        await erasure.erase(session, resident_id)


async def authorise(session: AsyncSession, resident_id: str, secret: str) -> None:
    """AppError(NOT_FOUND) unless this is the secret of this browser's subscription."""
    stored = (await session.execute(_SECRET, {"id": resident_id})).scalar()
    if stored is None or not hmac.compare_digest(bytes(stored), token_hash(secret)):
        raise AppError(Kind.NOT_FOUND, "not-found", "There is no such subscription, or its secret is another. Subscribe anew.")


async def _free_endpoint(session: AsyncSession, res: Resources, endpoint: str, resident_id: str | None) -> None:
    """Whoever had this browser before loses it: the endpoint itself is a secret that only the browser knows."""
    await contacts.hold_address(session, "push", endpoint)
    found = await contacts.owner_of(session, "push", endpoint)
    if found is not None and found.resident_id != resident_id:
        await profile.take_browser_from(session, res, found)


async def _store(session: AsyncSession, res: Resources, resident_id: str, body: PushSubscriptionChange) -> None:
    now = res.clock.now()
    wish = Filter(categories=body.categories, min_severity=body.min_severity, places=places_of(body), channels=(Channel.PUSH,))
    change = SubscriptionChange(
        language=body.language, filters=(wish,), quiet_hours=body.quiet_hours, paused_until=body.paused_until, digest=body.digest
    )
    await subscription.store_wish(session, resident_id, change)
    known: Any = (await session.execute(_ENDPOINT, {"id": resident_id})).first()
    server_key = res.server_keys.current
    if known is not None:
        await contacts.renew_push(session, known.id, body, server_key=server_key, now=now)
    else:
        contact_id = await contacts.add_push(session, resident_id, body, server_key=server_key, now=now)
        basis = res.settings.legal_basis
        await contacts.grant_by_browser(session, resident_id, contact_id, body.language, legal_basis=basis, now=now)
    await subscription.publish_state(session, res, resident_id)


async def _describe(session: AsyncSession, resident_id: str) -> PushSubscription:
    state = await subscription.describe(session, resident_id)
    wish = state.filters[0]
    contact = (await session.execute(_ENDPOINT, {"id": resident_id})).one()
    return PushSubscription(
        id=resident_id,
        version=state.version,
        categories=list(wish.categories),
        min_severity=wish.min_severity,
        places=list(wish.places),
        area=wish.places[0].area if len(wish.places) == 1 else None,
        language=state.language,
        quiet_hours=state.quiet_hours,
        paused_until=state.paused_until,
        digest=state.digest,
        endpoint_host=host_of(contact.address),
    )
