"""What a resident wants to be told. Every change publishes the whole new state, in the order of the commits.

A writer locks the resident's row first (`lock`), changes, and ends with `publish_state`.
"""

from datetime import datetime, time, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen import preconditions
from hejnal_citizen.announcements import areas
from hejnal_citizen.residents.schemas import Filter, Subscription, SubscriptionChange, places_of
from hejnal_citizen.resources import SERVICE, Resources
from hejnal_citizen.sql import command, query
from hejnal_citizen.town import registry
from hejnal_contracts.announcements import TownArea
from hejnal_contracts.residents import ContactPoint, PushKeys, QuietHours, SubscriptionChanged, SubscriptionFilter
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.outbox import publish

LONGEST_PAUSE = timedelta(days=366)

_LOCK = query("select version from residents where id = :id for update")
_STATE = query("select version, language, quiet_starts, quiet_ends, paused_until, digest from residents where id = :id")
_FILTERS = query(
    """
    select wish, categories, min_severity, channels, area, label, st_asgeojson(footprint, 6)::json as footprint
    from filters where resident_id = :id order by position
    """
)
_CHANGE = command(
    """
    update residents
    set language = :language, quiet_starts = :quiet_starts, quiet_ends = :quiet_ends, paused_until = :paused_until,
        digest = cast(:digest as jsonb)
    where id = :id
    """
)
_PAUSE = command("update residents set paused_until = :until where id = :id")
_DROP_FILTERS = command("delete from filters where resident_id = :resident_id")
_FILTER = command(
    """
    insert into filters (resident_id, position, wish, categories, min_severity, channels, area, footprint, label)
    values (:resident_id, :position, :wish, :categories, :min_severity, :channels, cast(:area as jsonb),
        cast(:footprint as geometry), :label)
    """
)
_ADVANCE = query(
    """
    update residents set version = version + 1, changed_at = :now where id = :id
    returning version, language, quiet_starts, quiet_ends, paused_until, digest
    """
)
_REACHABLE = query(
    """
    select id, channel, address, push_p256dh, push_auth, push_server_key, verified_at, consent_id, unsubscribe_token
    from contacts
    where resident_id = :id and consent_id is not null and failed is null order by id
    """
)


async def lock(session: AsyncSession, resident_id: str) -> int:
    """Hold the resident's row until the transaction ends; its version. AppError(UNAUTHENTICATED) when erased meanwhile."""
    version = (await session.execute(_LOCK, {"id": resident_id})).scalar()
    if version is None:
        raise AppError(Kind.UNAUTHENTICATED, "sign-in-needed", "Please sign in first.")
    return int(version)


async def describe(session: AsyncSession, resident_id: str) -> Subscription:
    """The present state."""
    row = (await session.execute(_STATE, {"id": resident_id})).first()
    if row is None:
        raise AppError(Kind.UNAUTHENTICATED, "sign-in-needed", "Please sign in first.")
    filters = _filters(list(await session.execute(_FILTERS, {"id": resident_id})))
    return Subscription(
        version=row.version,
        language=row.language,
        filters=filters,
        quiet_hours=_quiet_hours(row.quiet_starts, row.quiet_ends),
        paused_until=row.paused_until,
        digest=row.digest,
    )


async def replace(
    session: AsyncSession, res: Resources, resident_id: str, change: SubscriptionChange, *, if_match: str | None = None
) -> Subscription:
    """Replace the whole wish. AppError: PRECONDITION or CONFLICT (changed meanwhile), INVALID (category, street, area)."""
    version = await lock(session, resident_id)
    preconditions.require(if_match, version)
    if change.expected_version is not None and change.expected_version != version:
        detail = "Your settings were changed on another device meanwhile. Load them again before you save."
        raise AppError(Kind.CONFLICT, "version-conflict", detail)
    await store_wish(session, resident_id, change)
    await publish_state(session, res, resident_id)
    return await describe(session, resident_id)


async def store_wish(session: AsyncSession, resident_id: str, change: SubscriptionChange) -> None:
    """Write language, quiet hours, pause and filters; the caller holds the lock and publishes."""
    await registry.require_announcement_categories(session, {code for wish in change.filters for code in wish.categories})
    quiet = change.quiet_hours
    state: dict[str, Any] = {"id": resident_id, "language": change.language.value, "paused_until": change.paused_until}
    state["digest"] = change.digest.model_dump_json() if change.digest else None
    state |= {"quiet_starts": quiet.starts if quiet else None, "quiet_ends": quiet.ends if quiet else None}
    await session.execute(_CHANGE, state)
    await session.execute(_DROP_FILTERS, {"resident_id": resident_id})
    rows = [row for number, wish in enumerate(change.filters) for row in await _filter_rows(session, resident_id, number, wish)]
    if rows:
        await session.execute(_FILTER, [row | {"position": position} for position, row in enumerate(rows)])


async def pause(session: AsyncSession, res: Resources, resident_id: str, until: datetime | None, *, if_match: str | None) -> None:
    """Nothing but emergencies until then; None ends it. AppError: INVALID (past, or over a year ahead), PRECONDITION."""
    version = await lock(session, resident_id)
    preconditions.require(if_match, version)
    now = res.clock.now()
    if until is not None and not now < until <= now + LONGEST_PAUSE:
        detail = "A pause ends in the future, at most a year from now. To be told nothing at all, withdraw the consent."
        errors = [{"pointer": "/body/until", "code": "pause-out-of-range", "detail": detail}]
        raise AppError(Kind.INVALID, "pause-out-of-range", detail, errors=errors)
    await session.execute(_PAUSE, {"id": resident_id, "until": until})
    await publish_state(session, res, resident_id)


async def publish_state(session: AsyncSession, res: Resources, resident_id: str) -> None:
    """Count the version up and publish the whole state. Only contacts with consent that can be reached are in it."""
    now = res.clock.now()
    row = (await session.execute(_ADVANCE, {"id": resident_id, "now": now})).one()
    contacts = [_contact(found, res) for found in await session.execute(_REACHABLE, {"id": resident_id})]
    wishes = [_wish(found) for found in await session.execute(_FILTERS, {"id": resident_id})]
    fact = SubscriptionChanged(
        resident_id=resident_id,
        version=row.version,
        language=row.language,
        contacts=tuple(contacts),
        filters=tuple(wishes),
        quiet_hours=_quiet_hours(row.quiet_starts, row.quiet_ends),
        paused_until=row.paused_until,
        digest=row.digest,
        changed_at=now,
    )
    await publish(session, fact, source=SERVICE)


async def _filter_rows(session: AsyncSession, resident_id: str, number: int, wish: Filter) -> list[dict[str, Any]]:
    """A row per place; one for the whole town where none is named."""
    row: dict[str, Any] = {"resident_id": resident_id, "wish": number, "min_severity": wish.min_severity.value}
    row |= {"categories": list(dict.fromkeys(wish.categories))}
    row |= {"channels": list(dict.fromkeys(channel.value for channel in wish.channels))}
    places = places_of(wish, wish.label)
    if not places or any(isinstance(place.area, TownArea) for place in places):
        return [row | {"area": None, "footprint": None, "label": wish.label}]
    return [
        row
        | {
            "area": place.area.model_dump_json(),
            "footprint": (await areas.shape_of(session, place.area)).geometry,
            "label": place.label,
        }
        for place in places
    ]


def _filters(rows: list[Any]) -> list[Filter]:
    """Rows of places put together to wishes again."""
    wishes: list[Filter] = []
    for _, group in groupby(rows, key=lambda row: row.wish):
        found = list(group)
        first = found[0]
        fields = {name: getattr(first, name) for name in ("categories", "min_severity", "channels")}
        fields["places"] = [{"area": row.area, "label": row.label} for row in found if row.area is not None]
        if len(found) == 1:
            fields |= {"area": first.area, "label": first.label}
        wishes.append(Filter.model_validate(fields))
    return wishes


def _wish(row: Any) -> SubscriptionFilter:
    fields = {name: getattr(row, name) for name in ("categories", "min_severity", "channels", "area")}
    return SubscriptionFilter.model_validate(fields | {"footprint": areas.rings(row.footprint) if row.footprint else ()})


def _quiet_hours(starts: time | None, ends: time | None) -> QuietHours | None:
    return QuietHours(starts=starts, ends=ends) if starts is not None and ends is not None else None


def _contact(row: Any, res: Resources) -> ContactPoint:
    keys = None
    if row.push_p256dh:
        keys = PushKeys(p256dh=row.push_p256dh, auth=row.push_auth, server_key=row.push_server_key)
    return ContactPoint(
        contact_id=row.id,
        channel=row.channel,
        address=row.address,
        push_keys=keys,
        verified_at=row.verified_at,
        consent_id=row.consent_id,
        unsubscribe_url=res.settings.unsubscribe_url(row.unsubscribe_token),
    )
