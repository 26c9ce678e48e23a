"""Residents: their contacts, consents, subscription, export and erasure."""

from fastapi import APIRouter, Request, Response

from hejnal_citizen.access import CurrentResident, Res, client_ip
from hejnal_citizen.preconditions import IfMatch, tag
from hejnal_citizen.residents import codes, erasure, export, profile, sessions, subscription, trials
from hejnal_citizen.residents.schemas import (
    CodeAnswer,
    CodeRequest,
    CodeSent,
    ConsentGiven,
    Export,
    Me,
    Pause,
    PushContactInput,
    Subscription,
    SubscriptionChange,
    TestMessages,
    TestMessagesSent,
)
from hejnal_citizen.schema import IdempotencyKey, problems

router = APIRouter(tags=["me"])


@router.get("/me", responses=problems(401))
async def get_me(res: Res, caller: CurrentResident) -> Me:
    """The signed-in resident with contacts and subscription."""
    async with res.database.read() as session:
        return await profile.describe(session, caller.resident_id)


@router.delete("/me", status_code=204, responses=problems(401))
async def erase_me(res: Res, caller: CurrentResident, response: Response) -> None:
    """Erase everything that leads to this person, here and in every other service. Reports stay without their author."""
    async with res.database.transaction() as session:
        await erasure.erase(session, caller.resident_id)
    sessions.clear_cookie(response, res.settings)


@router.get("/me/export", responses=problems(401))
async def export_me(res: Res, caller: CurrentResident, response: Response) -> Export:
    """Everything kept about this person, as a file."""
    async with res.database.read() as session:
        document = await export.collect(session, caller.resident_id, now=res.clock.now())
    response.headers["Content-Disposition"] = 'attachment; filename="hejnal-moje-dane.json"'
    return document


@router.get("/me/subscription", responses=problems(401))
async def get_subscription(res: Res, caller: CurrentResident, response: Response) -> Subscription:
    """What this resident wants to be told."""
    async with res.database.read() as session:
        found = await subscription.describe(session, caller.resident_id)
    tag(response, found.version)
    return found


@router.put("/me/subscription", responses=problems(401, 409, 412))
async def put_subscription(
    res: Res, caller: CurrentResident, body: SubscriptionChange, response: Response, if_match: IfMatch = None
) -> Subscription:
    """Replace filters, quiet hours, language and pause as a whole."""
    async with res.database.transaction() as session:
        found = await subscription.replace(session, res, caller.resident_id, body, if_match=if_match)
    tag(response, found.version)
    return found


@router.put("/me/pause", responses=problems(401, 412))
async def put_pause(res: Res, caller: CurrentResident, body: Pause, response: Response, if_match: IfMatch = None) -> Subscription:
    """Pause everything but emergencies until an instant, or end the pause."""
    async with res.database.transaction() as session:
        await subscription.pause(session, res, caller.resident_id, body.until, if_match=if_match)
        found = await subscription.describe(session, caller.resident_id)
    tag(response, found.version)
    return found


@router.post("/me/test-messages", status_code=202, responses=problems(401, 409, 429))
async def send_test_messages(
    res: Res, caller: CurrentResident, body: TestMessages, idempotency_key: IdempotencyKey = None
) -> TestMessagesSent:
    """Send a test message to one contact, or to every one that is written to."""
    return await trials.send(res, caller.resident_id, body.contact_id, idempotency_key)


@router.post("/me/contacts/codes", status_code=202, responses=problems(401, 429))
async def request_contact_code(res: Res, caller: CurrentResident, request: Request, body: CodeRequest) -> CodeSent:
    """Send a code to a further e-mail address or phone."""
    return await codes.send(res, body.contact, body.language, ip=client_ip(request), resident_id=caller.resident_id)


@router.post("/me/contacts", status_code=201, responses=problems(401, 409, 429))
async def add_contact(res: Res, caller: CurrentResident, request: Request, body: CodeAnswer) -> Me:
    """Add the contact the code was sent to."""
    proven = await codes.prove(res, body.challenge_id, body.code, ip=client_ip(request), resident_id=caller.resident_id)
    return await profile.add_contact(res, caller.resident_id, proven, body.consent)


@router.post("/me/contacts/push", status_code=201, responses=problems(401))
async def add_push_contact(res: Res, caller: CurrentResident, body: PushContactInput) -> Me:
    """Let announcements come to this browser; its permission prompt is the consent."""
    return await profile.add_push(res, caller.resident_id, body)


@router.delete("/me/contacts/{contact_id}", responses=problems(401, 404, 409))
async def remove_contact(res: Res, caller: CurrentResident, contact_id: str) -> Me:
    """Forget a contact. The last e-mail or phone stays, for it is how the resident signs in."""
    return await profile.remove_contact(res, caller.resident_id, contact_id)


@router.put("/me/contacts/{contact_id}/consent", responses=problems(401, 404, 409))
async def give_consent(res: Res, caller: CurrentResident, contact_id: str, body: ConsentGiven) -> Me:
    """Agree that announcements come to this contact; noted in the consent ledger."""
    return await profile.give_consent(res, caller.resident_id, contact_id, body)


@router.delete("/me/contacts/{contact_id}/consent", responses=problems(401, 404))
async def withdraw_consent(res: Res, caller: CurrentResident, contact_id: str) -> Me:
    """Withdraw the consent for this contact; it works at once."""
    return await profile.withdraw_consent(res, caller.resident_id, contact_id)
