"""Issuing, updating and calling off: each makes a new version, its fact and its audit entry in one transaction."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen import idempotency, metrics
from hejnal_citizen.announcements import areas, attachments, preview, rules
from hejnal_citizen.announcements.areas import Shape
from hejnal_citizen.announcements.four_eyes import FourEyes
from hejnal_citizen.announcements.schemas import Cancellation, Draft, Issue, Origin, Update, VersionKind
from hejnal_citizen.announcements.wording import SmsCost, Worded
from hejnal_citizen.audit import act
from hejnal_citizen.resources import SERVICE, Resources
from hejnal_citizen.sql import command, query
from hejnal_citizen.staff_access import Staff
from hejnal_citizen.town import registry
from hejnal_contracts.announcements import (
    AnnouncementCancelled,
    AnnouncementIssued,
    AnnouncementUpdated,
    AnnouncementVersion,
    Area,
    Text,
)
from hejnal_contracts.base import Channel, Language, Severity
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id
from hejnal_runtime.outbox import publish

FACTS: dict[VersionKind, type[AnnouncementVersion]] = {
    "issued": AnnouncementIssued,
    "updated": AnnouncementUpdated,
    "cancelled": AnnouncementCancelled,
}

_AREA: TypeAdapter[Area] = TypeAdapter(Area)

_HEAD = command("insert into announcements (id, version, issued_at) values (:id, 1, :now)")
_VERSION = command(
    """
    insert into announcement_versions (announcement_id, version, kind, category, severity, texts, area, footprint, valid_from,
        valid_until, channels, drill, issued_at, issued_by, attachments, origins)
    values (:announcement_id, :version, :kind, :category, :severity, cast(:texts as jsonb), cast(:area as jsonb),
        cast(:footprint as geometry), :valid_from, :valid_until, :channels, :drill, :issued_at, :issued_by, :attachments,
        cast(:origins as jsonb))
    """
)
_LOCK = query("select version from announcements where id = :id for update")
_ADVANCE = command("update announcements set version = :version where id = :id")
_CURRENT = query(
    """
    select kind, category, severity, area, valid_from, valid_until, channels, drill
    from announcement_versions where announcement_id = :id and version = :version
    """
)


@dataclass(frozen=True, slots=True)
class _NewVersion:
    announcement_id: str
    version: int
    kind: VersionKind
    category: str
    severity: Severity
    texts: dict[Language, Text]
    area: Area
    valid_from: datetime
    valid_until: datetime
    channels: tuple[Channel, ...]
    drill: bool
    attachments: tuple[str, ...] = ()
    origins: dict[Language, Origin] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """The town's four-eyes rule has been kept."""

    approved_by: str
    """Staff id of the second person; empty where none was needed."""


async def worded_for_judging(
    res: Resources, draft: Draft, kind: VersionKind, announcement_id: str | None = None
) -> Worded | None:
    """Notifier's words for a draft where the four-eyes rule needs their cost. To be asked before the transaction begins."""
    if res.settings.four_eyes_above_pln is None or Channel.SMS not in draft.channels:
        return None
    return await res.wordings.of(draft, kind, announcement_id)


async def issue(
    session: AsyncSession,
    res: Resources,
    caller: Staff,
    body: Issue,
    key: str | None,
    *,
    judged: Judged | None = None,
    worded: Worded | None = None,
) -> str:
    """Issue a first version; its announcement's id. The same key again gives the same id and changes nothing.

    AppError: INVALID, CONFLICT (`approval-needed`: one person alone may not send it).
    """
    now = res.clock.now()
    announcement_id = new_id()
    request = idempotency.fingerprint("issue", body.model_dump_json())
    earlier = await idempotency.claim(session, _scope(caller), key, request, {"id": announcement_id}, now=now)
    if earlier:
        return str(earlier["id"])
    await _check(session, res, body, now, judged, worded)
    await session.execute(_HEAD, {"id": announcement_id, "now": now})
    await _store(session, res, caller, _from_draft(body, announcement_id, 1, "issued", now), now, judged)
    return announcement_id


async def update(
    session: AsyncSession,
    res: Resources,
    caller: Staff,
    announcement_id: str,
    body: Update,
    if_match: str | None,
    key: str | None,
    *,
    judged: Judged | None = None,
    worded: Worded | None = None,
) -> None:
    """Issue the next version. AppError: NOT_FOUND, CONFLICT or PRECONDITION (somebody was faster), CONFLICT (called off)."""
    now = res.clock.now()
    current = await _lock(session, announcement_id)
    request = idempotency.fingerprint("update", announcement_id, body.model_dump_json())
    if await idempotency.claim(session, _scope(caller), key, request, {"id": announcement_id}, now=now):
        return
    rules.check_version(current, body.expected_version, if_match)
    before = await _require_not_cancelled(session, announcement_id, current)
    _require_same_drill(before, body)
    await _check(session, res, body, now, judged, worded)
    await _store(session, res, caller, _from_draft(body, announcement_id, current + 1, "updated", now), now, judged)


async def cancel(
    session: AsyncSession,
    res: Resources,
    caller: Staff,
    announcement_id: str,
    body: Cancellation,
    if_match: str | None,
    key: str | None,
) -> None:
    """Issue the all-clear: the last version, with the place, category and channels of the one before. Errors as `update`."""
    now = res.clock.now()
    current = await _lock(session, announcement_id)
    request = idempotency.fingerprint("cancel", announcement_id, body.model_dump_json())
    if await idempotency.claim(session, _scope(caller), key, request, {"id": announcement_id}, now=now):
        return
    rules.check_version(current, body.expected_version, if_match)
    before = await _require_not_cancelled(session, announcement_id, current)
    rules.check_texts(body.texts)
    version = _NewVersion(
        announcement_id=announcement_id,
        version=current + 1,
        kind="cancelled",
        category=before.category,
        severity=Severity(before.severity),
        texts=body.texts,
        area=_AREA.validate_python(before.area),
        valid_from=now,
        valid_until=rules.all_clear_until(before.valid_until, now),
        channels=tuple(Channel(channel) for channel in before.channels),
        drill=before.drill,
    )
    await _store(session, res, caller, version, now)


def _scope(caller: Staff) -> str:
    return f"announcement:{caller.id}"


async def require_updatable(session: AsyncSession, announcement_id: str, expected: int, draft: Draft) -> None:
    """AppError unless `draft` may follow this version: NOT_FOUND, CONFLICT (not the newest, called off, a drill or not)."""
    current = await _lock(session, announcement_id)
    rules.check_version(current, expected, None)
    _require_same_drill(await _require_not_cancelled(session, announcement_id, current), draft)


async def _check(
    session: AsyncSession, res: Resources, draft: Draft, now: datetime, judged: Judged | None, worded: Worded | None
) -> None:
    rules.check_draft(draft, allowed=res.settings.announcement_channels, now=now)
    await registry.require_announcement_categories(session, {draft.category})
    await attachments.require(session, draft.attachments)
    if judged is None:
        rule, cost = FourEyes.of(res.settings), SmsCost(0.0, exact=True)
        if rule.above_pln is not None:
            cost = await preview.sms_cost(session, draft, res.settings, worded)
        rule.demand_none(draft.severity, cost)


def _from_draft(draft: Draft, announcement_id: str, version: int, kind: VersionKind, now: datetime) -> _NewVersion:
    return _NewVersion(
        announcement_id=announcement_id,
        version=version,
        kind=kind,
        category=draft.category,
        severity=draft.severity,
        texts=draft.texts,
        area=draft.area,
        valid_from=draft.valid_from or now,
        valid_until=draft.valid_until,
        channels=tuple(dict.fromkeys(draft.channels)),
        drill=draft.drill,
        attachments=tuple(dict.fromkeys(draft.attachments)),
        origins=draft.origins,
    )


async def _lock(session: AsyncSession, announcement_id: str) -> int:
    version = (await session.execute(_LOCK, {"id": announcement_id})).scalar()
    if version is None:
        raise AppError(Kind.NOT_FOUND, "not-found", "There is no announcement with this id.")
    return int(version)


def _require_same_drill(before: Any, draft: Draft) -> None:
    if before.drill != draft.drill:
        detail = "A drill stays a drill, and what is real stays real: nobody may mistake one for the other. Issue a new one."
        raise AppError(Kind.CONFLICT, "drill-stays", detail)


async def _require_not_cancelled(session: AsyncSession, announcement_id: str, version: int) -> Any:
    row = (await session.execute(_CURRENT, {"id": announcement_id, "version": version})).one()
    if row.kind == "cancelled":
        detail = "This announcement has been called off. Issue a new one instead."
        raise AppError(Kind.CONFLICT, "announcement-cancelled", detail)
    return row


async def _store(
    session: AsyncSession, res: Resources, caller: Staff, new: _NewVersion, now: datetime, judged: Judged | None = None
) -> None:
    shape = await areas.shape_of(session, new.area)
    await session.execute(_VERSION, _row(new, shape, caller, now))
    await session.execute(_ADVANCE, {"id": new.announcement_id, "version": new.version})
    fact = FACTS[new.kind](
        announcement_id=new.announcement_id,
        version=new.version,
        category=new.category,
        severity=new.severity,
        texts=new.texts,
        area=new.area,
        footprint=shape.rings,
        valid_from=new.valid_from,
        valid_until=new.valid_until,
        channels=new.channels,
        page_url=res.settings.announcement_url(new.announcement_id),
        drill=new.drill,
        issued_at=now,
        issued_by=caller.id,
    )
    reason = f"version {new.version}"
    if judged is not None and judged.approved_by:
        reason += f", approved by {judged.approved_by}"
    entry = act(caller, f"announcement.{new.kind}", new.announcement_id, now=now, reason=reason)
    await publish(session, fact, entry, source=SERVICE)
    metrics.ANNOUNCEMENTS.labels(new.kind).inc()


def _row(new: _NewVersion, shape: Shape, caller: Staff, now: datetime) -> dict[str, Any]:
    return {
        "announcement_id": new.announcement_id,
        "version": new.version,
        "kind": new.kind,
        "category": new.category,
        "severity": new.severity.value,
        "texts": json.dumps({language.value: text.model_dump() for language, text in new.texts.items()}),
        "area": new.area.model_dump_json(),
        "footprint": shape.geometry,
        "valid_from": new.valid_from,
        "valid_until": new.valid_until,
        "channels": [channel.value for channel in new.channels],
        "drill": new.drill,
        "issued_at": now,
        "issued_by": caller.id,
        "attachments": list(new.attachments),
        "origins": json.dumps(new.origins),
    }
