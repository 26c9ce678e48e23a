"""Taking part: votes and opinions, by people, by devices, on paper."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen import idempotency, rates
from hejnal_citizen.audit import act
from hejnal_citizen.consultations import rules, store
from hejnal_citizen.consultations.schemas import (
    OpinionGiven,
    OpinionModeration,
    OpinionStored,
    PaperEntry,
    PaperEntryStored,
    Vote,
    VoteStored,
)
from hejnal_citizen.resources import SERVICE, Resources
from hejnal_citizen.sql import command, query
from hejnal_citizen.staff_access import Staff
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id
from hejnal_runtime.outbox import publish

OPINIONS_EACH = 3
"""Of one author in one consultation."""

# Closing takes the row `for update`: nobody's vote slips in behind the count.
_HOLD = query("select 1 from consultations where id = :id for share")
_VOTE = query(
    """
    insert into consultation_votes (consultation_id, voter, choices, way, at) values (:id, :voter, :choices, :way, :now)
    on conflict (consultation_id, voter) do update set choices = excluded.choices, at = excluded.at
    returning (xmax <> 0) as replaced
    """
)
_CHOICES = query("select choices from consultation_votes where consultation_id = :id and voter = any(:voters) limit 1")
_PAPER = query(
    """
    insert into consultation_votes (consultation_id, voter, choices, way, form, entered_by, at)
    values (:id, :voter, :choices, 'paper', :form, :by, :now) on conflict do nothing returning 1
    """
)
_OPINION = command(
    """
    insert into consultation_opinions (id, consultation_id, resident_id, author, text, way, state, at)
    values (:opinion_id, :id, :resident_id, :author, :text, :way, :state, :now)
    """
)
_OPINIONS_OF = query("select count(*) from consultation_opinions where consultation_id = :id and author = :author")
_MODERATE = query(
    """
    update consultation_opinions set state = :state, reason = :reason, moderated_by = :by
    where id = :opinion_id and consultation_id = :id returning 1
    """
)


@dataclass(frozen=True, slots=True)
class Participant:
    """Who takes part: a signed-in resident, if any, and this device's own secret."""

    resident_id: str | None
    device: str
    ip: str


def voter_keys(res: Resources, consultation_id: str, who: Participant) -> dict[str, bytes]:
    """What stands for the participant in this consultation, by way: keyed hashes that lead to nobody without the key."""
    keys = {"device": res.secrets.caller_key("voter", f"{consultation_id}:device:{who.device}").encode()} if who.device else {}
    if who.resident_id is not None:
        keys["person"] = res.secrets.caller_key("voter", f"{consultation_id}:person:{who.resident_id}").encode()
    return keys


async def choices_of(session: AsyncSession, res: Resources, row: Any, who: Participant) -> list[str] | None:
    """What this participant has chosen; None without a vote."""
    key = voter_keys(res, row.id, who).get(row.vote_rule)
    found = (await session.execute(_CHOICES, {"id": row.id, "voters": [key]})).first() if key else None
    return list(found.choices) if found else None


async def vote(
    session: AsyncSession, res: Resources, consultation_id: str, body: Vote, who: Participant, key: str | None
) -> VoteStored:
    """Vote, or vote anew. AppError: NOT_FOUND, CONFLICT (not open, no vote here), UNAUTHENTICATED, INVALID, RATE_LIMITED."""
    now = res.clock.now()
    row = await _open_one(session, consultation_id, now)
    if row.vote_rule == "none":
        raise AppError(Kind.CONFLICT, "no-vote-here", "There is no vote here. Send an opinion instead.")
    if row.vote_rule == "person" and who.resident_id is None:
        detail = "One vote per person: sign in first, or vote on paper at the town office."
        raise AppError(Kind.UNAUTHENTICATED, "sign-in-needed", detail)
    chosen = rules.check_choices(body.choices, [option["code"] for option in row.options], row.most_choices)
    voter = voter_keys(res, consultation_id, who)[row.vote_rule]
    request = idempotency.fingerprint(voter, *chosen)
    stored = {"at": now.isoformat()}
    earlier = await idempotency.claim(session, f"vote:{consultation_id}", key, request, stored, now=now)
    if earlier:
        return VoteStored(choices=chosen, way=row.vote_rule, at=datetime.fromisoformat(earlier["at"]), replaced=False)
    await rates.spend(session, res.secrets.caller_key("votes-ip", who.ip), res.settings.votes_per_ip_hour, now=now)
    values = {"id": consultation_id, "voter": voter, "choices": chosen, "way": row.vote_rule, "now": now}
    replaced = (await session.execute(_VOTE, values)).scalar_one()
    return VoteStored(choices=chosen, way=row.vote_rule, at=now, replaced=replaced)


async def give_opinion(
    session: AsyncSession, res: Resources, consultation_id: str, body: OpinionGiven, who: Participant, key: str | None
) -> OpinionStored:
    """Take an opinion down. AppError: NOT_FOUND, CONFLICT (not open, none wanted), RATE_LIMITED."""
    now = res.clock.now()
    row = await _open_one(session, consultation_id, now)
    if row.opinions == "none":
        raise AppError(Kind.CONFLICT, "no-opinions-here", "Only votes are collected here.")
    keys = voter_keys(res, consultation_id, who)
    way = "person" if who.resident_id is not None else "device"
    opinion_id = new_id()
    state = _first_state(row.opinions)
    noted = {"id": opinion_id, "state": state, "at": now.isoformat()}
    request = idempotency.fingerprint(keys[way], body.text)
    earlier = await idempotency.claim(session, f"opinion:{consultation_id}", key, request, noted, now=now)
    if earlier:
        return OpinionStored.model_validate(earlier)
    await rates.spend(session, res.secrets.caller_key("opinions-ip", who.ip), res.settings.opinions_per_ip_hour, now=now)
    given = (await session.execute(_OPINIONS_OF, {"id": consultation_id, "author": keys[way]})).scalar_one()
    if given >= OPINIONS_EACH:
        detail = f"You have sent {OPINIONS_EACH} opinions here already; they all count. Leave room for others."
        raise AppError(Kind.CONFLICT, "opinions-given", detail)
    values = {"opinion_id": opinion_id, "id": consultation_id, "resident_id": who.resident_id, "author": keys[way]}
    await session.execute(_OPINION, values | {"text": body.text, "way": way, "state": state, "now": now})
    return OpinionStored.model_validate(noted)


async def enter_paper(
    session: AsyncSession, res: Resources, caller: Staff, consultation_id: str, body: PaperEntry, key: str | None
) -> PaperEntryStored:
    """Type in a form. AppError: NOT_FOUND, INVALID (empty, unknown option), CONFLICT (closed, form typed in before)."""
    now = res.clock.now()
    await session.execute(_HOLD, {"id": consultation_id})
    row = await store.find(session, consultation_id, drafts=True)
    if store.state(row, now) not in {"open", "counting"}:
        detail = "Forms can be typed in from the opening until the consultation is closed for good."
        raise AppError(Kind.CONFLICT, "consultation-not-open", detail)
    if not body.choices and not body.opinion:
        raise AppError(Kind.INVALID, "form-empty", "The form says nothing: type in a choice or an opinion.")
    if (body.choices and row.vote_rule == "none") or (body.opinion and row.opinions == "none"):
        raise AppError(Kind.INVALID, "not-asked-for", "This consultation does not ask for that.")
    chosen = rules.check_choices(body.choices, [option["code"] for option in row.options], row.most_choices)
    form = " ".join(body.form.split())
    opinion_id = new_id() if body.opinion else None
    noted = {"form": form, "choices": chosen, "opinion_id": opinion_id, "at": now.isoformat()}
    request = idempotency.fingerprint(form, body.opinion, *chosen)
    earlier = await idempotency.claim(session, f"paper:{consultation_id}:{caller.id}", key, request, noted, now=now)
    if earlier:
        return PaperEntryStored.model_validate(earlier)
    voter = res.secrets.caller_key("voter", f"{consultation_id}:paper:{form.casefold()}").encode()
    values: dict[str, Any] = {"id": consultation_id, "voter": voter, "choices": chosen, "form": form, "by": caller.id, "now": now}
    if (await session.execute(_PAPER, values)).first() is None:
        raise AppError(Kind.CONFLICT, "form-entered", f"The form {form} has been typed in already. Check its number.")
    if opinion_id is not None:
        opinion = {"opinion_id": opinion_id, "id": consultation_id, "resident_id": None, "author": voter, "text": body.opinion}
        await session.execute(_OPINION, opinion | {"way": "paper", "state": _first_state(row.opinions), "now": now})
    await publish(session, act(caller, "consultation.paper-entered", consultation_id, now=now, reason=form), source=SERVICE)
    return PaperEntryStored.model_validate(noted)


async def moderate(
    session: AsyncSession, res: Resources, caller: Staff, consultation_id: str, opinion_id: str, body: OpinionModeration
) -> None:
    """Show or hide an opinion. AppError: NOT_FOUND, INVALID (hidden without a reason)."""
    if body.state == "hidden" and not body.reason:
        errors = [{"pointer": "/body/reason", "code": "reason-missing", "detail": "Say why."}]
        raise AppError(Kind.INVALID, "reason-missing", "Say why the opinion is hidden; it is on record.", errors=errors)
    values = {"id": consultation_id, "opinion_id": opinion_id, "state": body.state, "reason": body.reason, "by": caller.id}
    if (await session.execute(_MODERATE, values)).first() is None:
        raise AppError(Kind.NOT_FOUND, "not-found", "There is no such opinion.")
    entry = act(caller, f"opinion.{body.state}", opinion_id, now=res.clock.now(), reason=body.reason)
    await publish(session, entry, source=SERVICE)


async def _open_one(session: AsyncSession, consultation_id: str, now: datetime) -> Any:
    await session.execute(_HOLD, {"id": consultation_id})
    row = await store.find(session, consultation_id)
    rules.require_open(store.state(row, now))
    return row


def _first_state(rule: str) -> str:
    return "shown" if rule == "at_once" else "waiting"
