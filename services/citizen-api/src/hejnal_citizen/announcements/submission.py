"""From a draft to an announcement: submit, approve, reject, withdraw, publish when its time has come.

    draft ── submit ──▶ published
      │  ▲              scheduled ── its time ──▶ published
      │  └─ withdrawn, timed out, no longer valid ─┘
      └─ submit ──▶ waiting_approval ── approve ──▶ published | scheduled
                                     └─ reject ──▶ rejected ── change ──▶ draft

Each step is one transaction under the draft's row lock, with its audit entry; publishing writes the announcement's fact into the
outbox in the same one. So a draft is published exactly once, however many replicas and repeats there are.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen import idempotency, preconditions
from hejnal_citizen.announcements import areas, attachments, drafts, four_eyes, history, preview, rules
from hejnal_citizen.announcements.draft_schemas import DraftContent
from hejnal_citizen.announcements.four_eyes import FourEyes
from hejnal_citizen.announcements.history import Judged
from hejnal_citizen.announcements.schemas import Draft, Issue, Update, VersionKind
from hejnal_citizen.announcements.wording import Worded
from hejnal_citizen.audit import act
from hejnal_citizen.resources import SERVICE, Resources
from hejnal_citizen.sql import command
from hejnal_citizen.staff_access import Staff
from hejnal_citizen.town import registry
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.outbox import publish as publish_facts

LONGEST_AHEAD = timedelta(days=366)
Why = Literal["withdrawn", "approval_timed_out", "no_longer_valid", "changed_meanwhile", "refused"]

_SUBMITTED = command(
    """
    update announcement_drafts set version = version + 1, state = :state, submitted_by = :by, submitted_role = :role,
        submitted_at = :now, approval = cast(:approval as jsonb), approval_until = :approval_until, decided_by = null,
        decided_at = null, returned = null,
        authors = case when :by = any(authors) then authors else authors || cast(:by as text) end
    where id = :id
    """
)
_DECIDED = command(
    """
    update announcement_drafts set version = version + 1, state = :state, decided_by = :by, decided_at = :now,
        approval_until = null, returned = cast(:returned as jsonb)
    where id = :id
    """
)
_RETURNED = command(
    """
    update announcement_drafts set version = version + 1, state = 'draft', approval_until = null,
        returned = cast(:returned as jsonb)
    where id = :id
    """
)
_PUBLISHED = command(
    """
    update announcement_drafts set version = version + 1, state = 'published', announcement_id = :announcement_id,
        published_version = :published_version where id = :id
    """
)


@dataclass(frozen=True, slots=True)
class WordedDraft:
    """One version of a draft in notifier's words; None where they are not needed or not known."""

    version: int
    worded: Worded | None


async def worded_for_judging(res: Resources, draft_id: str) -> WordedDraft:
    """A draft as it stands, worded where the four-eyes rule needs it. To be asked before the transaction; AppError(NOT_FOUND)."""
    async with res.database.read() as session:
        found = await drafts.get(session, draft_id)
    try:
        draft = to_announce(found.content)
    except AppError:
        return WordedDraft(found.version, None)
    kind: VersionKind = "updated" if found.content.announcement_id else "issued"
    return WordedDraft(found.version, await history.worded_for_judging(res, draft, kind, found.content.announcement_id))


async def submit(
    session: AsyncSession,
    res: Resources,
    caller: Staff,
    draft_id: str,
    if_match: str | None,
    key: str | None,
    *,
    words: WordedDraft,
) -> None:
    """Publish, schedule, or ask for approval. AppError: NOT_FOUND, PRECONDITION, CONFLICT (on its way), INVALID."""
    now = res.clock.now()
    row = await drafts.lock(session, draft_id, None)
    request = idempotency.fingerprint("submission", draft_id)
    if await idempotency.claim(session, f"submission:{caller.id}", key, request, {"id": draft_id}, now=now):
        return
    preconditions.require(if_match, row.version)
    if row.state not in drafts.EDITABLE:
        raise drafts.not_editable(row.state)
    content = drafts.content_of(row)
    at = _time_of(content, now)
    draft = to_announce(content)
    await _check(session, res, draft, content, at)
    # another's change in between: judged by the most it can cost, as if notifier had not answered
    worded = words.worded if words.version == row.version else None
    cost_pln = (await preview.sms_cost(session, draft, res.settings, worded)).pln
    reasons = FourEyes.of(res.settings).reasons(draft.severity, cost_pln)
    approval, until = None, None
    if reasons:
        approval = json.dumps({"reasons": reasons, "cost_pln": cost_pln})
        until = min(now + timedelta(seconds=res.settings.approval_timeout_s), draft.valid_until)
    state = "waiting_approval" if reasons else "scheduled"
    values = {"id": draft_id, "state": state, "by": caller.id, "role": caller.role, "now": now}
    await session.execute(_SUBMITTED, values | {"approval": approval, "approval_until": until})
    entry = act(caller, "announcement-draft.submitted", draft_id, now=now, reason=", ".join(reasons))
    await publish_facts(session, entry, source=SERVICE)
    if not reasons and at <= now:
        await publish(session, res, await drafts.lock(session, draft_id, None))


async def approve(session: AsyncSession, res: Resources, caller: Staff, draft_id: str, if_match: str) -> None:
    """A second person agrees: it is published or scheduled. AppError: FORBIDDEN (one's own), CONFLICT (nothing to approve)."""
    now = res.clock.now()
    row = await _waiting(session, caller, draft_id, if_match, now)
    decided = {"id": draft_id, "state": "scheduled", "by": caller.id, "now": now, "returned": None}
    await session.execute(_DECIDED, decided)
    reason = f"{', '.join(row.approval['reasons'])}; estimated at {row.approval['cost_pln']:.2f} PLN"
    entry = act(caller, "announcement-draft.approved", draft_id, now=now, reason=reason)
    await publish_facts(session, entry, source=SERVICE)
    if _time_of(drafts.content_of(row), now) <= now:
        await publish(session, res, await drafts.lock(session, draft_id, None))


async def reject(session: AsyncSession, res: Resources, caller: Staff, draft_id: str, reason: str, if_match: str) -> None:
    """A second person does not agree: the author may change it and submit it again. Errors as `approve`."""
    now = res.clock.now()
    await _waiting(session, caller, draft_id, if_match, now)
    returned = _returned("rejected", reason, caller.id, now)
    await session.execute(_DECIDED, {"id": draft_id, "state": "rejected", "by": caller.id, "now": now, "returned": returned})
    entry = act(caller, "announcement-draft.rejected", draft_id, now=now, reason=reason)
    await publish_facts(session, entry, source=SERVICE)


async def withdraw(session: AsyncSession, res: Resources, caller: Staff, draft_id: str, if_match: str | None) -> None:
    """Take a scheduled or waiting draft back, to change it or throw it away."""
    now = res.clock.now()
    row = await drafts.lock(session, draft_id, if_match)
    if row.state not in {"scheduled", "waiting_approval"}:
        detail = "Only what is scheduled or waits for approval can be withdrawn."
        raise AppError(Kind.CONFLICT, "nothing-to-withdraw", detail)
    await give_back(session, draft_id, "withdrawn", "", caller.id, now)
    await publish_facts(session, act(caller, "announcement-draft.withdrawn", draft_id, now=now), source=SERVICE)


async def publish(session: AsyncSession, res: Resources, row: Any) -> None:
    """Make a locked draft the announcement's next version, in the caller's transaction. AppError when it cannot be (any more)."""
    content = drafts.content_of(row)
    author = Staff(row.submitted_by, row.submitted_role)
    fields = to_announce(content).model_dump()
    judged = Judged(approved_by=row.decided_by or "")
    if content.announcement_id is None or content.expected_version is None:
        announcement_id = await history.issue(session, res, author, Issue(**fields), None, judged=judged)
        version = 1
    else:
        announcement_id, version = content.announcement_id, content.expected_version + 1
        body = Update(**fields, expected_version=content.expected_version)
        await history.update(session, res, author, announcement_id, body, None, None, judged=judged)
    await session.execute(_PUBLISHED, {"id": row.id, "announcement_id": announcement_id, "published_version": version})


async def give_back(session: AsyncSession, draft_id: str, why: Why, detail: str, by: str, now: datetime) -> None:
    """A draft is its author's again, with the reason."""
    await session.execute(_RETURNED, {"id": draft_id, "returned": _returned(why, detail, by, now)})


def to_announce(content: DraftContent) -> Draft:
    """What a draft says, complete; AppError(INVALID) with everything that is missing."""
    fields = content.model_dump(exclude={"publish_at", "template_id", "announcement_id", "expected_version"})
    try:
        return Draft.model_validate(fields)
    except ValidationError as error:
        errors = [
            {
                "pointer": "/body/" + "/".join(str(part) for part in found["loc"]),
                "code": "missing" if found["input"] in (None, "", (), {}) else found["type"],
                "detail": "This is still missing." if found["input"] in (None, "", (), {}) else found["msg"],
            }
            for found in error.errors()
        ]
        detail = "The draft is not complete. Fill in what is marked and submit it again."
        raise AppError(Kind.INVALID, "draft-incomplete", detail, errors=errors) from error


async def _check(session: AsyncSession, res: Resources, draft: Draft, content: DraftContent, at: datetime) -> None:
    """Everything `history` will ask at its time, so that nobody learns of it then."""
    rules.check_draft(draft, allowed=res.settings.announcement_channels, now=at)
    await registry.require_announcement_categories(session, {draft.category})
    await attachments.require(session, draft.attachments)
    if content.announcement_id is not None and content.expected_version is not None:
        await history.require_updatable(session, content.announcement_id, content.expected_version, draft)
    await areas.shape_of(session, draft.area)


def _time_of(content: DraftContent, now: datetime) -> datetime:
    at = max(now, content.publish_at or now)
    if at - now > LONGEST_AHEAD:
        detail = "A draft can be scheduled for at most a year ahead."
        raise AppError(Kind.INVALID, "invalid-request", detail, errors=[{"pointer": "/body/publish_at", "detail": detail}])
    return at


async def _waiting(session: AsyncSession, caller: Staff, draft_id: str, if_match: str, now: datetime) -> Any:
    row = await drafts.lock(session, draft_id, if_match)
    if row.state != "waiting_approval":
        raise AppError(Kind.CONFLICT, "nothing-to-approve", "This draft does not wait for approval (any more).")
    four_eyes.require_second_person(caller, row.authors)
    if row.approval_until <= now:
        detail = "Nobody decided about this draft in time. Its author must submit it again."
        raise AppError(Kind.CONFLICT, "approval-timed-out", detail)
    return row


def _returned(why: str, detail: str, by: str, now: datetime) -> str:
    return json.dumps({"why": why, "detail": detail, "by": by, "at": now.isoformat()})
