"""Drafts: kept, changed under their version number, listed. What happens to one when it is submitted is in `submission`."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen import cursors, idempotency, preconditions
from hejnal_citizen.announcements import attachments, rules
from hejnal_citizen.announcements.draft_schemas import (
    Approval,
    DraftContent,
    DraftPage,
    DraftState,
    DraftSummary,
    Returned,
)
from hejnal_citizen.audit import act
from hejnal_citizen.resources import SERVICE, Resources
from hejnal_citizen.sql import command, query
from hejnal_citizen.staff_access import Staff
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id
from hejnal_runtime.outbox import publish

EDITABLE = frozenset({"draft", "rejected"})

_FIELDS = """
    id, version, state, body, announcement_id, expected_version, publish_at, template_id, authors, created_by, created_at,
    changed_by, changed_at, submitted_by, submitted_role, submitted_at, approval, approval_until, decided_by, decided_at,
    returned, published_version
"""
_INSERT = command(
    """
    insert into announcement_drafts (id, state, body, announcement_id, expected_version, publish_at, template_id, authors,
        created_by, created_at, changed_by, changed_at)
    values (:id, 'draft', cast(:body as jsonb), :announcement_id, :expected_version, :publish_at, :template_id, array[:by], :by,
        :now, :by, :now)
    """
)
_CHANGE = command(
    """
    update announcement_drafts set version = version + 1, state = 'draft', body = cast(:body as jsonb),
        announcement_id = :announcement_id, expected_version = :expected_version, publish_at = :publish_at,
        template_id = :template_id, changed_by = :by, changed_at = :now,
        authors = case when :by = any(authors) then authors else authors || cast(:by as text) end
    where id = :id
    """
)
_DELETE = command("delete from announcement_drafts where id = :id")
_LOCK = query(f"select {_FIELDS} from announcement_drafts where id = :id for update")  # noqa: S608 constants of this file
_ONE = query(f"select {_FIELDS} from announcement_drafts where id = :id")  # noqa: S608
_PAGE = query(
    f"""
    select {_FIELDS} from announcement_drafts
    where (cardinality(cast(:states as text[])) = 0 or state = any(:states))
      and (cast(:after_at as timestamptz) is null or (changed_at, id) < (:after_at, cast(:after_id as text)))
    order by changed_at desc, id desc limit :limit
    """  # noqa: S608
)
_ANNOUNCED = query("select version from announcements where id = :id")


async def create(session: AsyncSession, res: Resources, caller: Staff, content: DraftContent, key: str | None) -> str:
    """Keep a new draft; its id. The same key again gives the same id."""
    now, draft_id = res.clock.now(), new_id()
    request = idempotency.fingerprint("draft", content.model_dump_json())
    earlier = await idempotency.claim(session, f"draft:{caller.id}", key, request, {"id": draft_id}, now=now)
    if earlier:
        return str(earlier["id"])
    await _check(session, content)
    await session.execute(_INSERT, {"id": draft_id, "by": caller.id, "now": now} | _row(content))
    await publish(session, act(caller, "announcement-draft.created", draft_id, now=now), source=SERVICE)
    return draft_id


async def change(
    session: AsyncSession, res: Resources, caller: Staff, draft_id: str, content: DraftContent, if_match: str | None
) -> None:
    """Replace a draft's content. AppError: NOT_FOUND, PRECONDITION (somebody was faster), CONFLICT (it is on its way)."""
    now = res.clock.now()
    row = await lock(session, draft_id, if_match)
    if row.state not in EDITABLE:
        raise not_editable(row.state)
    await _check(session, content)
    await session.execute(_CHANGE, {"id": draft_id, "by": caller.id, "now": now} | _row(content))
    await publish(session, act(caller, "announcement-draft.changed", draft_id, now=now), source=SERVICE)


async def delete(session: AsyncSession, res: Resources, caller: Staff, draft_id: str, if_match: str | None) -> None:
    """Throw a draft away. Errors as `change`."""
    row = await lock(session, draft_id, if_match)
    if row.state not in EDITABLE:
        raise not_editable(row.state)
    await session.execute(_DELETE, {"id": draft_id})
    await publish(session, act(caller, "announcement-draft.deleted", draft_id, now=res.clock.now()), source=SERVICE)


async def get(session: AsyncSession, draft_id: str) -> DraftSummary:
    """One draft; AppError(NOT_FOUND)."""
    row = (await session.execute(_ONE, {"id": draft_id})).first()
    if row is None:
        raise _not_found()
    found = summary(row)
    return found.model_copy(update={"attachments": await attachments.some(session, found.content.attachments)})


async def page(session: AsyncSession, states: tuple[DraftState, ...], *, cursor: str | None, limit: int) -> DraftPage:
    """One page of drafts, newest change first."""
    after: dict[str, Any] = {"after_at": None, "after_id": None}
    if cursor:
        after["after_at"], after["after_id"] = cursors.decode(cursor, (datetime, str))
    rows = list(await session.execute(_PAGE, {"states": list(states), "limit": limit + 1} | after))
    more = cursors.encode(rows[limit - 1].changed_at.isoformat(), rows[limit - 1].id) if len(rows) > limit else None
    return DraftPage(items=[summary(row) for row in rows[:limit]], next_cursor=more)


async def lock(session: AsyncSession, draft_id: str, if_match: str | None) -> Any:
    """The draft's row, locked until the transaction ends. AppError: NOT_FOUND, PRECONDITION."""
    row = (await session.execute(_LOCK, {"id": draft_id})).first()
    if row is None:
        raise _not_found()
    preconditions.require(if_match, row.version)
    return row


def content_of(row: Any) -> DraftContent:
    """A row's content."""
    own = {name: getattr(row, name) for name in ("publish_at", "template_id", "announcement_id", "expected_version")}
    if row.state == "published":
        own["announcement_id"] = row.announcement_id if row.expected_version is not None else None
    return DraftContent.model_validate(row.body | own)


def summary(row: Any) -> DraftSummary:
    """A row as staff see it."""
    approval = None
    if row.approval is not None:
        until = row.approval_until if row.state == "waiting_approval" else None
        approval = Approval(**row.approval, until=until, decided_by=row.decided_by, decided_at=row.decided_at)
    names = ("id", "version", "state", "authors", "created_by", "created_at", "changed_by", "changed_at", "submitted_by")
    return DraftSummary(
        **{name: getattr(row, name) for name in names},
        content=content_of(row),
        submitted_at=row.submitted_at,
        approval=approval,
        returned=Returned(**row.returned) if row.returned else None,
        announcement_id=row.announcement_id,
        published_version=row.published_version,
    )


def not_editable(state: str) -> AppError:
    """Why a draft cannot be changed as it stands."""
    detail = {
        "published": "This has been published. Correct the announcement instead.",
        "scheduled": "This is scheduled. Withdraw it first.",
    }.get(state, "This waits for somebody's approval. Withdraw it first.")
    return AppError(Kind.CONFLICT, "draft-on-its-way", detail)


def _row(content: DraftContent) -> dict[str, Any]:
    own = {"publish_at", "template_id", "announcement_id", "expected_version"}
    return {
        "body": json.dumps(content.model_dump(mode="json", exclude=own)),
        **{name: getattr(content, name) for name in own},
    }


async def _check(session: AsyncSession, content: DraftContent) -> None:
    rules.check_characters({language: text.model_dump() for language, text in content.texts.items()})
    await attachments.require(session, content.attachments)
    if (content.announcement_id is None) != (content.expected_version is None):
        detail = "A draft of a new version names its announcement and the version that was looked at: both or neither."
        raise AppError(Kind.INVALID, "invalid-request", detail)
    if content.announcement_id is None:
        return
    if (await session.execute(_ANNOUNCED, {"id": content.announcement_id})).first() is None:
        raise AppError(Kind.INVALID, "unknown-announcement", "There is no announcement with the id in `announcement_id`.")


def _not_found() -> AppError:
    return AppError(Kind.NOT_FOUND, "not-found", "There is no draft with this id.")
