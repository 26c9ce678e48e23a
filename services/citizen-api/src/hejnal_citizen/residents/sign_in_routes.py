"""Public: sign in with a one-time code, sign out."""

from fastapi import APIRouter, Request, Response

from hejnal_citizen.access import MaybeSignedIn, Res, client_ip
from hejnal_citizen.residents import codes, profile, sessions
from hejnal_citizen.residents.schemas import CodeAnswer, CodeRequest, CodeSent, Me
from hejnal_citizen.schema import problems

router = APIRouter(tags=["sign-in"])


@router.post("/sign-in/codes", status_code=202, responses=problems(429))
async def request_code(res: Res, request: Request, body: CodeRequest) -> CodeSent:
    """Send a six-digit code to an e-mail address or phone. The answer is the same whether or not the contact is known."""
    return await codes.send(res, body.contact, body.language, ip=client_ip(request))


@router.post("/sign-in/sessions", responses=problems(401, 429))
async def sign_in(res: Res, request: Request, response: Response, body: CodeAnswer) -> Me:
    """Trade the code for a session cookie. A contact seen for the first time becomes a new resident."""
    proven = await codes.prove(res, body.challenge_id, body.code, ip=client_ip(request))
    token, me = await profile.sign_in(res, proven, body.consent, device=request.headers.get("user-agent", "")[:200])
    sessions.set_cookie(response, token, res.settings)
    return me


@router.delete("/sign-in/sessions/current", status_code=204, responses=problems())
async def sign_out(res: Res, response: Response, caller: MaybeSignedIn) -> None:
    """End the session; also fine without one."""
    if caller:
        async with res.database.transaction() as session:
            await sessions.end(session, caller.token_hash)
    sessions.clear_cookie(response, res.settings)
